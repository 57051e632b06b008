// Aligned columns for people.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace quota::client {

// Columns are as wide as their widest cell, two blanks apart; no blanks at a line's end.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    // Empty in all columns: no heading is printed.
    std::string heading;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // A table of names and values without headings.
  static Table Card() { return Table({{}, {}}); }

  // As many cells as there are columns; missing ones are empty.
  void AddRow(std::vector<std::string> cells);
  void Print(std::ostream& out) const;
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace quota::client
