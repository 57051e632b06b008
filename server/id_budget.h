// The common part of the memory for remembered ids: what shards use beyond their own part. The
// executors share it.
#pragma once

#include <atomic>
#include <cstdint>

namespace quota::server {

// Thread-safe. A figure is as old as the last step of each executor: shards may take a group's ids
// more than there is.
class IdBudget {
 public:
  explicit IdBudget(size_t bytes) : left_(static_cast<int64_t>(bytes)) {}

  int64_t left() const { return left_.load(std::memory_order_relaxed); }
  // An executor's shards use `change` bytes more than before; below zero: less.
  void Take(int64_t change) { left_.fetch_sub(change, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> left_;
};

}  // namespace quota::server
