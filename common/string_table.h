// Strings that are kept once in the process, for ever: what ledger/name.h points to.
//
// Only for sets that something else bounds. Thread-safe.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "common/mutex.h"

namespace quota {

class StringTable {
 public:
  // The one table of the process.
  static StringTable& Global();

  // The table's copy of `text`: the same address for the same text, valid for ever.
  const std::string* Intern(std::string_view text);

  // How many different strings it has.
  size_t size() const;

 private:
  mutable Mutex mutex_;
  // Its nodes stay where they are.
  std::set<std::string, std::less<>> strings_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota
