#include "client/quotactl/table.h"

#include <algorithm>
#include <utility>

namespace quota::client {
namespace {

// Columns of a terminal that UTF-8 text takes: its bytes that begin a character.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

void Table::Print(std::ostream& out) const {
  std::vector<size_t> widths;
  std::vector<std::string> headings;
  bool any_heading = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = Width(columns_[i].heading);
    for (const auto& row : rows_) width = std::max(width, Width(row[i]));
    widths.push_back(width);
    headings.push_back(columns_[i].heading);
    any_heading = any_heading || !columns_[i].heading.empty();
  }
  const auto print = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - Width(cells[i]), ' ');
      line += columns_[i].align == Align::kRight ? padding + cells[i] : cells[i] + padding;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  if (any_heading) print(headings);
  for (const auto& row : rows_) print(row);
}

}  // namespace quota::client
