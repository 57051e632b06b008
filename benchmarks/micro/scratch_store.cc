#include "benchmarks/micro/scratch_store.h"

#include <cstdlib>
#include <utility>

#include "common/check.h"
#include "storage/rocksdb/rocksdb_store.h"

namespace quota::benchmarks {

ScratchStore::ScratchStore() {
  std::string folder = "/var/tmp/quota_micro.XXXXXX";
  QUOTA_CHECK(mkdtemp(folder.data()) != nullptr);
  folder_ = folder;
  auto store = storage::RocksDbStore::Open({.path = folder_ / "store", .create_if_missing = true});
  QUOTA_CHECK(store.ok());
  store_ = *std::move(store);
}

ScratchStore::~ScratchStore() {
  store_.reset();
  std::filesystem::remove_all(folder_);
}

void ScratchStore::Apply(storage::Batch batch) {
  const storage::WriteOutcome outcome = storage::ApplyAndWait(*store_, 0, std::move(batch));
  QUOTA_CHECK(outcome.result == storage::WriteResult::kDone);
}

}  // namespace quota::benchmarks
