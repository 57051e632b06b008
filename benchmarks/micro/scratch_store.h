// A store on the machine's disk that is gone with its object: /tmp is memory on many machines,
// where a sync costs nothing.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "storage/store.h"

namespace quota::benchmarks {

// Not thread-safe; the store is. Aborts on any error.
class ScratchStore {
 public:
  // In a new folder under /var/tmp.
  ScratchStore();
  ~ScratchStore();
  ScratchStore(const ScratchStore&) = delete;
  ScratchStore& operator=(const ScratchStore&) = delete;

  storage::Store& store() { return *store_; }
  // Applies the batch, durably.
  void Apply(storage::Batch batch);

 private:
  std::filesystem::path folder_;
  std::unique_ptr<storage::Store> store_;
};

}  // namespace quota::benchmarks
