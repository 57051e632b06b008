#include "catalog/field_positions.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace quota::catalog {
namespace {

using google::protobuf::io::Tokenizer;

// The parser reports what is no token.
class NoErrors final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

// In paths of this file every field has an index, [0] where it is not repeated: the text alone does
// not tell which is.
std::string WithIndices(const std::string& path) {
  std::string indexed;
  for (const absl::string_view field : absl::StrSplit(path, '.')) {
    absl::StrAppend(&indexed, indexed.empty() ? "" : ".", field,
                    absl::EndsWith(field, "]") ? "" : "[0]");
  }
  return indexed;
}

std::string ParentOf(const std::string& path) {
  const size_t dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

// Walks a text by its tokens. What is not well formed is walked somehow: the parser reports it.
class FieldWalk {
 public:
  // Called at each field, and at each entry of a list.
  using OnField = std::function<void(const std::string& path, TextPosition begin)>;
  // Called at each plain field, a list as a whole, once its end is known.
  using OnPlainField = std::function<void(const FieldStatement& statement)>;

  explicit FieldWalk(const std::string& text)
      : input_(text.data(), static_cast<int>(text.size())), tokens_(&input_, &errors_) {
    // As TextFormat sets it.
    tokens_.set_allow_f_after_float(true);
    tokens_.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokens_.set_require_space_after_number(false);
    tokens_.set_allow_multiline_strings(true);
  }

  void Run(const OnField& on_field, const OnPlainField& on_plain_field) {
    frames_.emplace_back();
    tokens_.Next();
    while (tokens_.current().type != Tokenizer::TYPE_END) {
      if (Is("}") || Is(">") || Is("]")) {
        Close(on_plain_field);
      } else if (Is(",") || Is(";")) {
        tokens_.Next();
      } else if (frames_.back().list) {
        Value(frames_.back().list_field, Begin(), on_field, on_plain_field);
      } else if (tokens_.current().type == Tokenizer::TYPE_IDENTIFIER) {
        const TextPosition begin = Begin();
        const std::string name = tokens_.current().text;
        tokens_.Next();
        if (Is(":")) tokens_.Next();
        Value(name, begin, on_field, on_plain_field);
      } else {
        tokens_.Next();
      }
    }
  }

 private:
  // A message or a list that is open.
  struct Frame {
    std::string path;
    std::map<std::string, int> counts;
    bool list = false;
    std::string list_field;
    TextPosition list_begin;
  };
  // The deepest that a catalog has is 6; deeper texts are errors, and would only cost memory.
  static constexpr size_t kMostFrames = 100;

  bool Is(std::string_view text) {
    return tokens_.current().type == Tokenizer::TYPE_SYMBOL && tokens_.current().text == text;
  }
  TextPosition Begin() { return {tokens_.current().line, tokens_.current().column}; }
  // Of the token before the current one.
  TextPosition End() { return {tokens_.previous().line, tokens_.previous().end_column}; }

  void Close(const OnPlainField& on_plain_field) {
    tokens_.Next();
    if (frames_.size() == 1) return;
    const Frame closed = std::move(frames_.back());
    frames_.pop_back();
    if (closed.list) {
      on_plain_field(
          {absl::StrCat(closed.path, closed.path.empty() ? "" : ".", closed.list_field, "[0]"),
           closed.list_begin, End()});
    }
  }

  void Value(const std::string& name, TextPosition begin, const OnField& on_field,
             const OnPlainField& on_plain_field) {
    Frame& frame = frames_.back();
    const bool room = frames_.size() < kMostFrames;
    if (Is("[")) {
      if (room) {
        frames_.push_back({frame.path, {}, true, name, begin});
      }
      tokens_.Next();
      return;
    }
    // A list's entries count on from those of the same field before it.
    Frame& counting = frame.list && frames_.size() > 1 ? frames_[frames_.size() - 2] : frame;
    const std::string path = absl::StrCat(frame.path, frame.path.empty() ? "" : ".", name, "[",
                                          counting.counts[name]++, "]");
    on_field(path, begin);
    if (Is("{") || Is("<")) {
      if (room) frames_.push_back({path, {}, false, "", {}});
      tokens_.Next();
      return;
    }
    const bool in_list = frame.list;
    if (Is("-")) tokens_.Next();
    bool text = tokens_.current().type == Tokenizer::TYPE_STRING;
    if (!Is("}") && !Is(">") && !Is("]")) tokens_.Next();
    // Strings that follow one another are one.
    while (text && tokens_.current().type == Tokenizer::TYPE_STRING) tokens_.Next();
    if (!in_list) on_plain_field({path, begin, End()});
  }

  NoErrors errors_;
  google::protobuf::io::ArrayInputStream input_;
  Tokenizer tokens_;
  std::vector<Frame> frames_;
};

}  // namespace

std::map<std::string, int> LinesOf(const std::string& text, const std::set<std::string>& paths) {
  // Of the paths and of all that contain them.
  std::map<std::string, int> lines;
  for (const std::string& path : paths) {
    for (std::string p = WithIndices(path); !p.empty(); p = ParentOf(p)) lines.emplace(p, 0);
  }
  FieldWalk(text).Run(
      [&lines](const std::string& path, TextPosition begin) {
        const auto wanted = lines.find(path);
        if (wanted != lines.end() && wanted->second == 0) wanted->second = begin.line + 1;
      },
      [](const FieldStatement&) {});
  std::map<std::string, int> found;
  for (const std::string& path : paths) {
    int line = 0;
    for (std::string p = WithIndices(path); !p.empty() && line == 0; p = ParentOf(p)) {
      line = lines[p];
    }
    found[path] = std::max(line, 1);
  }
  return found;
}

std::optional<FieldStatement> StatementAt(const std::string& text, TextPosition position) {
  std::optional<FieldStatement> found;
  FieldWalk(text).Run([](const std::string&, TextPosition) {},
                      [&found, position](const FieldStatement& statement) {
                        if (!found && statement.begin <= position && position < statement.end) {
                          found = statement;
                        }
                      });
  return found;
}

bool Affects(const FieldStatement& statement, const std::string& path) {
  const std::string field = statement.path.substr(0, statement.path.rfind('[') + 1);
  const std::string indexed = WithIndices(path);
  return absl::StartsWith(indexed, field) || indexed == ParentOf(statement.path);
}

std::string WithoutStatement(std::string text, const FieldStatement& statement) {
  constexpr int kTab = 8;
  TextPosition position;
  for (char& c : text) {
    const bool inside = statement.begin <= position && position < statement.end;
    if (c == '\n') {
      position = {position.line + 1, 0};
      continue;
    }
    position.column += c == '\t' ? kTab - position.column % kTab : 1;
    if (inside && c != '\t') c = ' ';
  }
  return text;
}

}  // namespace quota::catalog
