// Reads a key range in order, fetching a page at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace quota::storage {

// For one thread; the store outlives it. Pages are not one view: nothing writes the range
// meanwhile, or the reader sees some of it.
class RangeReader {
 public:
  using Entry = std::pair<std::string, std::string>;

  // Reads [begin, end); an empty `end` is no bound.
  RangeReader(Store& store, std::string begin, std::string end);

  // The next entry, or nullopt after the last. The errors of Store::Scan.
  [[nodiscard]] absl::StatusOr<std::optional<Entry>> Next();

 private:
  Store* store_;
  std::string end_;
  Page page_;
  size_t position_ = 0;
  // Before the first page an empty `next` is the begin of all keys, after it the end.
  bool started_ = false;
};

}  // namespace quota::storage
