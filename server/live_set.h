// Objects that others own, for as long as they live.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace quota::server {

// Not thread-safe.
template <typename T>
class LiveSet {
 public:
  void Add(const std::shared_ptr<T>& object) { objects_.emplace(object.get(), object); }
  // Nothing where it was not added.
  void Remove(const T* object) { objects_.erase(object); }
  size_t size() const { return objects_.size(); }
  bool empty() const { return objects_.empty(); }

  // Kept alive by the result, so that they can be called without the lock that guards this.
  std::vector<std::shared_ptr<T>> All() const {
    std::vector<std::shared_ptr<T>> all;
    all.reserve(objects_.size());
    for (const auto& [key, weak] : objects_) {
      if (auto object = weak.lock()) all.push_back(std::move(object));
    }
    return all;
  }

 private:
  absl::flat_hash_map<const T*, std::weak_ptr<T>> objects_;
};

}  // namespace quota::server
