// A store that tells of a write before it is durable: a bug to be caught. Its last writes are lost
// when it fails.
//
//   LaggingStore store(disk, /*lag=*/2);
//   store.FailWrite(10);    // the tenth from now ends kUnknown, and the two before it are gone
//
// With a lag of 0 it is honest: the same failure, and nothing that was told is lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "common/mutex.h"
#include "storage/memory_store.h"

namespace quota::test {

// Thread-safe as the contract says.
class LaggingStore final : public storage::Store {
 public:
  LaggingStore(std::shared_ptr<storage::MemoryDisk> disk, size_t lag)
      : disk_(disk), lag_(lag), inner_(std::move(disk), {.immediate = lag == 0}) {}

  // The nth write from now on fails, and the store stops.
  void FailWrite(uint64_t nth);

  const storage::Limits& limits() const override { return inner_.limits(); }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    return inner_.Get(key);
  }
  absl::StatusOr<storage::Page> Scan(std::string_view begin, std::string_view end,
                                     size_t max_entries, size_t max_bytes) override {
    return inner_.Scan(begin, end, max_entries, max_bytes);
  }
  void Apply(uint32_t shard, storage::Batch batch, storage::Completion done) override;
  void Drain() override { inner_.Drain(); }
  absl::Status Sync() override { return inner_.Sync(); }
  storage::StoreStats stats() const override { return inner_.stats(); }
  absl::Status Close() override { return inner_.Close(); }

 private:
  const std::shared_ptr<storage::MemoryDisk> disk_;
  const size_t lag_;
  storage::MemoryStore inner_;
  Mutex mutex_;
  uint64_t fail_in_ ABSL_GUARDED_BY(mutex_) = 0;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quota::test
