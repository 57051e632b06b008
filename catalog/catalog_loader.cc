#include "catalog/catalog_loader.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "catalog/default_catalog.h"
#include "catalog/field_positions.h"
#include "catalog/zone_loader.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "ledger/catalog_mistakes.h"
#include "quota/v1/catalog.pb.h"

namespace quota::catalog {
namespace {

// A thousand times the built-in one.
constexpr size_t kMaxBytes = 16 * 1024 * 1024;
// A catalog has 6; the parser calls itself for each.
constexpr int kMaxDepth = 50;
// Each costs one more reading of the text.
constexpr int kMostRepairs = 100;

// The parser's messages quote the text: shown like any name of it, but with plain quotation marks.
std::string Printable(const std::string& message) {
  std::string printable;
  for (const char c : message) {
    const std::string quoted = ledger::Quoted(std::string_view(&c, 1));
    printable += c == '"' || c == '\\' ? std::string(1, c) : quoted.substr(1, quoted.size() - 2);
  }
  return printable;
}

// What the parser says of one reading.
class ParserMessages final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!error_) {
      error_ = {line + 1, Printable(message)};
      error_at_ = {line, column};
    }
  }
  // Unknown fields are warnings where they don't end the parse.
  void AddWarning(int line, int column, const std::string& message) override {
    ++warnings_found_;
    if (warnings_.size() < ledger::CatalogMistakes::kMostKept) {
      warnings_.push_back({line + 1, Printable(message)});
    }
  }

  // The first; others are consequences of it.
  const std::optional<TextMistake>& error() const { return error_; }
  TextPosition error_at() const { return error_at_; }
  const std::vector<TextMistake>& warnings() const { return warnings_; }
  size_t warnings_found() const { return warnings_found_; }

 private:
  std::optional<TextMistake> error_;
  TextPosition error_at_;
  std::vector<TextMistake> warnings_;
  size_t warnings_found_ = 0;
};

// The first line that opens more messages and lists than a catalog has.
std::optional<TextMistake> NestedTooDeep(const std::string& text) {
  int depth = 0;
  int line = 1;
  char quote = '\0';
  bool comment = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      comment = false;
    } else if (comment) {
      continue;
    } else if (quote != '\0') {
      if (c == '\\') ++i;
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      comment = true;
    } else if (c == '{' || c == '<' || c == '[') {
      if (++depth > kMaxDepth) return TextMistake{line, "nested too deep"};
    } else if (c == '}' || c == '>' || c == ']') {
      --depth;
    }
  }
  return std::nullopt;
}

// The text, read with as little left out as its errors demand.
struct Reading {
  v1::Catalog source;
  std::string text;
  // Fields that were left out: their mistakes are known already.
  std::vector<FieldStatement> left_out;
  bool complete = false;
};

Reading Read(const std::string& text, CheckedCatalog& checked) {
  Reading reading{{}, text, {}, false};
  for (int repairs = 0; repairs <= kMostRepairs; ++repairs) {
    ParserMessages messages;
    google::protobuf::TextFormat::Parser parser;
    parser.RecordErrorsTo(&messages);
    parser.AllowUnknownField(true);
    parser.SetRecursionLimit(kMaxDepth);
    reading.source.Clear();
    reading.complete = parser.ParseFromString(reading.text, &reading.source);
    const auto statement = messages.error() ? StatementAt(reading.text, messages.error_at())
                                            : std::optional<FieldStatement>();
    if (messages.error()) {
      checked.mistakes.push_back(*messages.error());
      ++checked.found;
    }
    if (!statement || repairs == kMostRepairs) {
      checked.mistakes.insert(checked.mistakes.end(), messages.warnings().begin(),
                              messages.warnings().end());
      checked.found += messages.warnings_found();
      break;
    }
    reading.text = WithoutStatement(std::move(reading.text), *statement);
    reading.left_out.push_back(*statement);
  }
  return reading;
}

bool IsLeftOut(const std::string& path, const std::vector<FieldStatement>& left_out) {
  return std::any_of(left_out.begin(), left_out.end(),
                     [&path](const FieldStatement& statement) { return Affects(statement, path); });
}

void AddMistakes(const Reading& reading, const ledger::CatalogMistakes& mistakes,
                 CheckedCatalog& checked) {
  std::set<std::string> paths;
  for (const ledger::CatalogMistake& mistake : mistakes.kept()) {
    paths.insert(mistake.path);
    if (!mistake.other_path.empty()) paths.insert(mistake.other_path);
  }
  const auto lines = LinesOf(reading.text, paths);
  checked.found += mistakes.found();
  for (const ledger::CatalogMistake& mistake : mistakes.kept()) {
    if (IsLeftOut(mistake.path, reading.left_out)) {
      --checked.found;
      continue;
    }
    std::string message = absl::StrCat(mistake.path, ": ", mistake.message);
    if (!mistake.other_path.empty()) {
      absl::StrAppend(&message, " (see line ", lines.at(mistake.other_path), ")");
    }
    checked.mistakes.push_back({lines.at(mistake.path), std::move(message)});
  }
}

}  // namespace

absl::Status CheckedCatalog::ToStatus(std::string_view source) const {
  if (catalog != nullptr) return absl::OkStatus();
  const std::string name(source);
  std::string text;
  for (const TextMistake& mistake : mistakes) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", name, ":", mistake.line, ": ",
                    mistake.message);
  }
  if (found > mistakes.size()) {
    absl::StrAppend(&text, "\n", name, ": and ", found - mistakes.size(), " more");
  }
  return absl::InvalidArgumentError(text);
}

CheckedCatalog CheckCatalog(const std::string& text) {
  CheckedCatalog checked;
  if (const auto deep = NestedTooDeep(text)) {
    checked.mistakes.push_back(*deep);
    checked.found = 1;
    return checked;
  }
  const Reading reading = Read(text, checked);
  if (reading.complete) {
    ledger::CatalogMistakes mistakes;
    checked.catalog = ledger::Catalog::Build(reading.source, LoadZone, mistakes);
    AddMistakes(reading, mistakes, checked);
  }
  if (checked.found > 0) checked.catalog = nullptr;
  std::stable_sort(checked.mistakes.begin(), checked.mistakes.end(),
                   [](const TextMistake& a, const TextMistake& b) { return a.line < b.line; });
  return checked;
}

absl::StatusOr<std::string> ReadCatalog(std::istream& in, std::string_view source) {
  std::string text(kMaxBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A folder opens, but does not read.
  if (in.bad() || (!in && !in.eof())) {
    return absl::NotFoundError(absl::StrCat(std::string(source), ": can't be read"));
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(source), ": a catalog may have at most ", kMaxBytes, " bytes"));
  }
  return text;
}

absl::StatusOr<std::string> ReadCatalogFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return ReadCatalog(file, path);
}

absl::StatusOr<std::shared_ptr<const ledger::Catalog>> ParseCatalog(std::string_view source,
                                                                    const std::string& text) {
  const CheckedCatalog checked = CheckCatalog(text);
  if (checked.catalog == nullptr) return checked.ToStatus(source);
  return checked.catalog;
}

absl::StatusOr<std::shared_ptr<const ledger::Catalog>> LoadCatalogFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadCatalogFile(path);
  if (!text.ok()) return text.status();
  return ParseCatalog(path, *text);
}

absl::StatusOr<std::shared_ptr<const ledger::Catalog>> LoadDefaultCatalog() {
  return ParseCatalog("the built-in catalog", std::string(DefaultCatalogText()));
}

}  // namespace quota::catalog
