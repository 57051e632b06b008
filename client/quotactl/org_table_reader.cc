// OrgTable::Read: a CSV file with all of its mistakes.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/access_log.h"
#include "client/line_reader.h"
#include "client/quotactl/org_facts.h"
#include "common/status.h"

namespace quota::client {
namespace {

// More help nobody.
constexpr size_t kMostMistakes = 100;
// What spreadsheets put at the begin of a file.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The cell at the begin of `rest`, which is cut off with its comma. INVALID_ARGUMENT for a quote
// that does not end, or that does not end the cell.
absl::StatusOr<std::string> TakeCell(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string cell(rest.substr(0, comma));
    rest.remove_prefix(comma);
    return cell;
  }
  std::string cell;
  for (rest.remove_prefix(1); !rest.empty(); rest.remove_prefix(1)) {
    if (rest[0] == '"') {
      rest.remove_prefix(1);
      if (rest.empty() || rest[0] == ',') return cell;
      if (rest[0] != '"') break;
    }
    cell += rest[0];
  }
  return absl::InvalidArgumentError("a quote does not end before the comma or the line's end");
}

absl::StatusOr<std::vector<std::string>> SplitCells(std::string_view line) {
  std::vector<std::string> cells;
  for (;;) {
    QUOTA_ASSIGN_OR_RETURN(std::string cell, TakeCell(line));
    cells.push_back(std::move(cell));
    if (line.empty()) return cells;
    line.remove_prefix(1);
  }
}

std::string ColumnNames() {
  return absl::StrCat(
      "org, ", absl::StrJoin(FactFields(), ", ", [](std::string* out, const FactField& field) {
        absl::StrAppend(out, field.name);
      }));
}

}  // namespace

class OrgTableReader {
 public:
  OrgTableReader(std::istream& in, std::string_view name, const ledger::CatalogRevision& revision,
                 OrgFacts defaults)
      : lines_(in), name_(name), revision_(revision), table_(std::move(defaults)) {}

  absl::StatusOr<OrgTable> Read() {
    bool header = true;
    while (lines_.Next() && mistakes_.size() < kMostMistakes) {
      std::string_view line = lines_.line();
      if (lines_.line_number() == 1 && line.starts_with(kByteOrderMark)) {
        line.remove_prefix(kByteOrderMark.size());
      }
      if (line.empty()) continue;
      const auto cells = SplitCells(line);
      if (!cells.ok()) {
        Mistake(cells.status().message());
      } else if (header) {
        ReadHeader(*cells);
        // Without its columns no row makes sense.
        if (!mistakes_.empty()) break;
      } else {
        ReadRow(*cells);
      }
      header = false;
      if (table_.size() > OrgTable::kMostOrgs) {
        Mistake(absl::StrCat("more than ", OrgTable::kMostOrgs, " organisations"));
        break;
      }
    }
    if (header && mistakes_.empty()) Mistake("no header: its columns are " + ColumnNames());
    if (!mistakes_.empty()) return absl::InvalidArgumentError(absl::StrJoin(mistakes_, "\n"));
    return std::move(table_);
  }

 private:
  template <class Message>
  void Mistake(const Message& message) {
    const int64_t line = std::max<int64_t>(lines_.line_number(), 1);
    mistakes_.push_back(absl::StrCat(name_, ":", line, ": ", message));
  }

  void ReadHeader(const std::vector<std::string>& cells) {
    for (const std::string& cell : cells) {
      if (std::find(header_.begin(), header_.end(), cell) != header_.end()) {
        Mistake(absl::StrCat("the column '", cell, "' is there twice"));
      }
      header_.push_back(cell);
      const FactField* field = nullptr;
      for (const FactField& known : FactFields()) {
        if (cell == known.name) field = &known;
      }
      if (field == nullptr && cell != "org") {
        Mistake(absl::StrCat("unknown column '", cell, "'; the columns are ", ColumnNames()));
      }
      columns_.push_back(field);
    }
    if (std::find(header_.begin(), header_.end(), "org") == header_.end()) {
      Mistake("the column 'org' is missing");
    }
  }

  void ReadRow(const std::vector<std::string>& cells) {
    if (cells.size() != columns_.size()) {
      Mistake(absl::StrCat(cells.size(), " cells; the header has ", columns_.size()));
      return;
    }
    OrgFacts facts = table_.defaults_;
    std::string org_id;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (columns_[i] == nullptr) {
        org_id = cells[i];
      } else if (!cells[i].empty()) {
        const absl::Status set = columns_[i]->set(cells[i], revision_, facts);
        if (!set.ok()) Mistake(absl::StrCat(columns_[i]->name, ": ", set.message()));
      }
    }
    if (org_id.empty() || org_id.size() > AccessLogParser::kLongestOrg) {
      Mistake(absl::StrCat("org: ", org_id.size(), " bytes; it must have 1 to ",
                           AccessLogParser::kLongestOrg));
    } else if (!table_.facts_.emplace(org_id, std::move(facts)).second) {
      Mistake(absl::StrCat("org: '", org_id, "' is there twice"));
    }
  }

  LineReader lines_;
  const std::string name_;
  const ledger::CatalogRevision& revision_;
  OrgTable table_;
  // Of the header; null for the organisation's id.
  std::vector<const FactField*> columns_;
  std::vector<std::string> header_;
  std::vector<std::string> mistakes_;
};

absl::StatusOr<OrgTable> OrgTable::Read(std::istream& in, std::string_view name,
                                        const ledger::CatalogRevision& revision,
                                        OrgFacts defaults) {
  return OrgTableReader(in, name, revision, std::move(defaults)).Read();
}

}  // namespace quota::client
