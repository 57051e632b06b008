// Class Server in the process of a test, on a free port, with a connection to it.
//
//   TestServer server;                             // a store in memory
//   server.FailWrite(1, storage::WriteFault::kUnknownApplied);
//   TestServer server({.open_store = TestServer::InFolder(folder / "data")});
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "catalog/catalog_loader.h"
#include "common/mutex.h"
#include "server/server.h"
#include "storage/memory_store.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {

// Belongs to one thread, except for calls() and clock().
class TestServer {
 public:
  struct Options {
    // Absent: a store in memory.
    server::StoreOpener open_store;
    uint32_t executors = 1;
    // Absent: the default one, which can't be reloaded.
    server::CatalogSource catalog = {};
    // Empty: no backups are taken.
    std::string backup_folder = {};
  };

  static server::StoreOpener InFolder(const std::string& path) {
    return
        [path] { return storage::RocksDbStore::Open({.path = path, .create_if_missing = true}); };
  }

  TestServer() : TestServer(Options()) {}
  explicit TestServer(Options options) {
    server::ServerOptions server_options;
    server_options.grpc = {"127.0.0.1", 0};
    server_options.http.reset();
    server_options.engine.executors = options.executors;
    if (!options.open_store) options.open_store = [this] { return OpenMemory(); };
    server_options.engine.catalog_source = options.catalog;
    server_options.engine.backup_folder = options.backup_folder;
    server_ = std::make_unique<server::Server>(
        server_options, options.catalog ? *options.catalog() : *catalog::LoadDefaultCatalog(),
        clock_, std::move(options.open_store));
    const absl::Status started = server_->Start();
    EXPECT_TRUE(started.ok()) << started;
    calls_ = std::make_unique<QuotaCalls>(target());
  }

  std::string target() const { return "127.0.0.1:" + std::to_string(server_->grpc_port()); }
  QuotaCalls& calls() { return *calls_; }
  SimulatedClock& clock() { return clock_; }
  server::Server& server() { return *server_; }

  // While set, a store in memory that failed can't be opened again.
  void BreakDisk(bool broken) {
    MutexLock lock(mutex_);
    broken_ = broken;
  }

  // The nth write to the store in memory from now on fails.
  void FailWrite(uint64_t nth, storage::WriteFault fault) {
    MutexLock lock(mutex_);
    store_->FailWrite(nth, fault);
  }

 private:
  absl::StatusOr<std::unique_ptr<storage::Store>> OpenMemory() {
    MutexLock lock(mutex_);
    if (broken_) return absl::UnavailableError("the disk is gone");
    auto store = std::make_unique<storage::MemoryStore>(
        disk_, storage::MemoryStoreOptions{.immediate = true});
    store_ = store.get();
    return store;
  }

  SimulatedClock clock_;
  const std::shared_ptr<storage::MemoryDisk> disk_ = std::make_shared<storage::MemoryDisk>();
  Mutex mutex_;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  // The engine's, valid while it is open.
  storage::MemoryStore* store_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<QuotaCalls> calls_;
};

}  // namespace quota::test
