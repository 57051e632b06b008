// A store with any records in it: opening it gives shards that serve, or an error that says what is
// wrong.
#include <memory>

#include "common/check.h"
#include "server/owned_shard.h"
#include "storage/format.h"
#include "storage/memory_store.h"
#include "storage/record.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/serving.h"

namespace quota::server {
namespace {

constexpr uint32_t kMostShards = 4;

void CheckStoreRefusal(const absl::Status& status) {
  QUOTA_CHECK(status.code() == absl::StatusCode::kDataLoss ||
              status.code() == absl::StatusCode::kFailedPrecondition);
  QUOTA_CHECK(!status.message().empty());
}

// Records one after the other: the key with its length, and the payload with its own, sealed
// under that key or, where the length's highest bit is set, as it is.
void Fill(std::string_view input, storage::Store& store) {
  fuzz::ByteSource source(input);
  while (!source.done()) {
    const std::string key(source.Bytes(1 + source.Below(64)));
    const uint64_t size = source.Number(2);
    const std::string_view payload = source.Bytes(size & 0x7fff);
    if (key.empty()) continue;
    storage::Batch batch;
    batch.Put(key, (size & 0x8000) != 0 ? std::string(payload) : storage::SealRecord(key, payload));
    QUOTA_CHECK(storage::ApplyAndWait(store, 0, std::move(batch)).result ==
                storage::WriteResult::kDone);
  }
}

}  // namespace

FUZZ_TARGET(store) {
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(), {.immediate = true});
  Fill(input, store);
  const auto format = storage::EnsureFormat(store, 1);
  if (!format.ok()) return CheckStoreRefusal(format.status());
  for (uint32_t number = 0; number < std::min(format->shards, kMostShards); ++number) {
    const auto shard = OwnedShard::Recover(store, number, {});
    if (!shard.ok()) return CheckStoreRefusal(shard.status());
    fuzz::ServeFrom((*shard)->mutable_shard(), (*shard)->next_sequence());
  }
}

}  // namespace quota::server
