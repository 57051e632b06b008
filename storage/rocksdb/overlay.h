// What the batches of a round have written so far, over what the database holds: preconditions of
// the later ones see it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/batch.h"

namespace quota::storage {

// For one thread. Keeps views into the batches that it was given, which outlive it unchanged.
class Overlay {
 public:
  struct Effect {
    std::optional<std::string_view> value;  // without: the key was deleted
  };

  void Add(const Batch& batch);

  // The last effect on `key`, or nullopt when no batch wrote it.
  std::optional<Effect> Find(std::string_view key) const;

 private:
  struct Point {
    size_t order;
    std::optional<std::string_view> value;
  };
  struct Range {
    size_t order;
    std::string_view begin;
    std::string_view end;
  };

  size_t order_ = 0;
  std::unordered_map<std::string_view, Point> points_;
  std::vector<Range> ranges_;  // few: one a trim
};

}  // namespace quota::storage
