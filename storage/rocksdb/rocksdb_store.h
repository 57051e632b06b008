// The embedded engine: a store in a local folder, kept by RocksDB.
//
//   absl::StatusOr<std::unique_ptr<Store>> store =
//       RocksDbStore::Open({.path = folder, .create_if_missing = true});
//
// One thread writes. It takes all batches that are waiting, checks them in order, and writes those
// that it accepts as one synced write: while a sync runs, the next batches gather.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace quota::storage {

struct RocksDbOptions {
  std::string path;
  // Whether a folder that is missing or empty becomes a new store. Its parent must exist.
  bool create_if_missing = false;
  Limits limits{
      100'000,           // operations: a batch is one allocation each, tens of megabytes in all
      16 * 1024 * 1024,  // batch bytes: a fraction of the memtable
      4 * 1024 * 1024,   // value bytes: what RocksDB copies a few times a write
  };
  // Reads every file once at open and compares checksums, so that damage shows before the first
  // answer. Costs about what recovery costs, which reads nearly all of it anyway.
  bool verify_at_open = true;
  // Whether Apply writes, and completes, what it is handed while nobody else writes, instead of
  // handing it to the writer thread: spares two changes of threads where there are few cores, but
  // keeps its caller from deciding the next group meanwhile (adr/0032).
  bool callers_write = false;
  // For tests: a disk that fails. Outlives the store. Null: the real one.
  rocksdb::Env* env = nullptr;
};

class RocksDbStore {
 public:
  // Opens the store and recovers what was durable. Blocks. Errors name the folder, and what to do:
  //   NOT_FOUND            there is no store, and create_if_missing is false
  //   FAILED_PRECONDITION  another process (or this one) has it open; or the path is no folder, or
  //                        one of something else
  //   PERMISSION_DENIED    the folder, or a file in it, can't be written
  //   DATA_LOSS            a file is damaged or missing; names it
  //   INVALID_ARGUMENT     limits below kLeastLimits
  //   RESOURCE_EXHAUSTED   the device is full
  //   UNAVAILABLE          any other I/O error
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Store>> Open(const RocksDbOptions& options);

  // Opens the store in `folder` to be read, and writes nothing there; what the logs have is
  // replayed in memory. While it is open no quotad can open the folder. A batch handed to it ends
  // kUnknown. Every table is read once and its checksums compared. Errors name the folder:
  //   NOT_FOUND            there is no store
  //   FAILED_PRECONDITION  a process has it open; or the path is no folder
  //   PERMISSION_DENIED    the folder can't be read
  //   DATA_LOSS            files are damaged or missing; a line for each that was found
  //   UNAVAILABLE          any other I/O error
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Store>> OpenReadOnly(
      const std::string& folder);
};

}  // namespace quota::storage
