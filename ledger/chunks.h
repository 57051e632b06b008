// Objects side by side in chunks: they stay where they are, and the address of one follows from its
// index by a look at a small table.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace quota::ledger {

// `kChunk` is a power of two.
template <typename T, size_t kChunk>
class Chunks {
 public:
  T& operator[](size_t index) { return chunks_[index / kChunk][index % kChunk]; }
  const T& operator[](size_t index) const { return chunks_[index / kChunk][index % kChunk]; }
  size_t size() const { return size_; }

  T& Add() {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<T[]>(kChunk));
    return (*this)[size_++];
  }
  void Clear() {
    chunks_.clear();
    size_ = 0;
  }

 private:
  std::vector<std::unique_ptr<T[]>> chunks_;
  size_t size_ = 0;
};

}  // namespace quota::ledger
