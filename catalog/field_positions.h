// Where the fields of a protobuf text stand. TextFormat's own ParseInfoTree knows a list such as
// `methods: [ "a", "b" ]` by its first line alone; this knows each entry.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

namespace quota::catalog {

// Lines and columns as the tokenizer counts them: from 0, a tab to the next multiple of 8.
struct TextPosition {
  int line = 0;
  int column = 0;

  friend auto operator<=>(const TextPosition&, const TextPosition&) = default;
};

// A field with its value.
struct FieldStatement {
  // As in "revisions[0].editions[2].name[0]": each field with an index.
  std::string path;
  TextPosition begin;
  TextPosition end;
};

// The lines, from 1, on which the fields at `paths` begin. A field that is not in the text has the
// line of the message that it belongs to, or 1. Pure.
std::map<std::string, int> LinesOf(const std::string& text, const std::set<std::string>& paths);

// The plain field (no message, but maybe a list) that contains `position`. Pure.
std::optional<FieldStatement> StatementAt(const std::string& text, TextPosition position);

// Whether leaving out the statement may be seen at `path`: the statement's own field, what is in
// it, and the message that lacks it then. Pure.
bool Affects(const FieldStatement& statement, const std::string& path);

// `text` with blanks in the place of the statement: all else keeps its line and column.
std::string WithoutStatement(std::string text, const FieldStatement& statement);

}  // namespace quota::catalog
