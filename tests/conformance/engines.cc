#include "tests/conformance/engines.h"

#include <utility>

#include "storage/memory_store.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "tests/fakes/faulty_store.h"
#include "tests/storage/temp_folder.h"

namespace quota::storage {
namespace {

// Close to what a distributed engine allows in one transaction.
constexpr Limits kTight{100, 1024 * 1024, 512 * 1024};

class MemoryPlace final : public Place {
 public:
  explicit MemoryPlace(const MemoryStoreOptions& options) : options_(options) {}

  absl::StatusOr<std::unique_ptr<Store>> Open() override {
    return std::make_unique<MemoryStore>(disk_, options_);
  }

 private:
  const MemoryStoreOptions options_;
  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

class FaultyPlace final : public Place {
 public:
  explicit FaultyPlace(const test::FaultyStoreOptions& options) : options_(options) {}

  absl::StatusOr<std::unique_ptr<Store>> Open() override {
    return std::make_unique<test::FaultyStore>(disk_, options_);
  }

 private:
  const test::FaultyStoreOptions options_;
  const std::shared_ptr<test::FaultyDisk> disk_ = std::make_shared<test::FaultyDisk>();
};

class RocksDbPlace final : public Place {
 public:
  RocksDbPlace(const Limits& limits, bool callers_write)
      : limits_(limits), callers_write_(callers_write) {}

  absl::StatusOr<std::unique_ptr<Store>> Open() override {
    return RocksDbStore::Open({.path = folder_ / "store",
                               .create_if_missing = true,
                               .limits = limits_,
                               .callers_write = callers_write_});
  }
  bool HasFiles() const override { return true; }
  absl::StatusOr<std::unique_ptr<Store>> OpenCopy(const std::string& folder) override {
    return RocksDbStore::OpenReadOnly(folder);
  }

 private:
  const Limits limits_;
  const bool callers_write_;
  const TempFolder folder_;
};

Engine Memory(std::string name, const MemoryStoreOptions& options) {
  return {std::move(name), [options] { return std::make_unique<MemoryPlace>(options); }};
}

Engine Faulty(std::string name, const test::FaultyStoreOptions& options) {
  return {std::move(name), [options] { return std::make_unique<FaultyPlace>(options); }};
}

[[maybe_unused]] Engine RocksDb(std::string name, const Limits& limits,
                                bool callers_write = false) {
  return {std::move(name), [limits, callers_write] {
            return std::make_unique<RocksDbPlace>(limits, callers_write);
          }};
}

}  // namespace

std::vector<Engine> AllEngines() {
  return {
      Memory("MemoryStepped", {}),
      Memory("MemoryImmediate", {.immediate = true}),
      Memory("MemoryTight", {.limits = kTight}),
      Faulty("FaultyStepped", {}),
      Faulty("FaultyImmediate", {.immediate = true}),
#ifndef __SANITIZE_THREAD__
      // Debian builds RocksDB without ThreadSanitizer, which therefore misses how its threads order
      // their reads and writes, and takes the end of a store for a race.
      RocksDb("RocksDb", RocksDbOptions().limits),
      RocksDb("RocksDbByCallers", RocksDbOptions().limits, /*callers_write=*/true),
      RocksDb("RocksDbTight", kTight),
#endif
  };
}

}  // namespace quota::storage
