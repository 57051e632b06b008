// What is wrong with a catalog: each mistake with the path of its field. Pure; not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace quota::ledger {

// `text` in quotation marks, as a message may show what a file holds: bytes that are not printable
// ASCII are escaped, so that they can't steer a terminal, and what is longer than 100 bytes is cut.
std::string Quoted(std::string_view text);

struct CatalogMistake {
  // The field as in "revisions[0].editions[2].aliases[1]"; empty: the catalog as a whole.
  std::string path;
  std::string message;
  // Where the message speaks of another place, such as the first use of a name: its path.
  std::string other_path;
};

class CatalogMistakes {
 public:
  // Enough for a person to mend; a file of 16 MiB may have a million.
  static constexpr size_t kMostKept = 1'000;

  void Add(std::string path, std::string message, std::string other_path = "");

  bool empty() const { return found_ == 0; }
  // The first kMostKept, in the order in which they were found.
  const std::vector<CatalogMistake>& kept() const { return kept_; }
  // How many there are in all.
  size_t found() const { return found_; }

  // INVALID_ARGUMENT with a line for each, "PATH: MESSAGE"; OK where there is none.
  absl::Status ToStatus() const;

 private:
  std::vector<CatalogMistake> kept_;
  size_t found_ = 0;
};

}  // namespace quota::ledger
