// The highest key of each sequence: what comes after it is absent, which a look into the store
// would cost 15,000 instructions to find out. A sequence is all keys that differ in their last 8
// bytes alone, as those of a journal do.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "storage/batch.h"

namespace quota::storage {

// Not thread-safe. Knows only what it is told: every put has to be.
class HighestKeys {
 public:
  // The part of `key` that its sequence shares; empty for a key too short to be in one.
  static std::string_view SequenceOf(std::string_view key);

  // Whether anything is known of this sequence.
  bool Knows(std::string_view sequence) const { return highest_.contains(sequence); }
  // No key of it is above `highest`: it may be the sequence itself, if there is none.
  void Learn(std::string_view sequence, std::string_view highest);

  // Whether `key` is certain not to be there. False where that is not known.
  bool Absent(std::string_view key) const;

  // What `batch` puts is there from now on.
  void Add(const Batch& batch);

 private:
  // As many shards as a store may have.
  static constexpr size_t kMostSequences = 4'096;

  std::map<std::string, std::string, std::less<>> highest_;
};

}  // namespace quota::storage
