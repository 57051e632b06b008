// A disk under RocksDB that fails on demand, and that can lose its power.
//
//   FaultyDevice disk(folder / "shadow");
//   auto store = RocksDbStore::Open({.path = folder / "store", .env = disk.env()});
//   disk.Fail({.calls = kSyncFile, .file = ".log", .error = DiskError::kInputOutput});
//   disk.Heal();
//   disk.CutPower();
//   store.reset();
//   disk.RestorePower(random);    // what was not synced may be gone
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace quota::test {

// Kinds of calls to the disk; they can be added up.
inline constexpr uint32_t kCreateFile = 1;
inline constexpr uint32_t kAppend = 2;
inline constexpr uint32_t kSyncFile = 4;
inline constexpr uint32_t kSyncFolder = 8;
inline constexpr uint32_t kRename = 16;
inline constexpr uint32_t kDelete = 32;
inline constexpr uint32_t kReadFile = 64;  // and opening a file for reading
inline constexpr uint32_t kAnyChange = 63;
inline constexpr uint32_t kAnyCall = 127;

enum class DiskError {
  kInputOutput,  // EIO
  kFull,         // ENOSPC; of an append, the first half may be written
  kReadOnly,     // EROFS
  kHang,         // no error: the call waits until the disk is healed
};

struct DiskFault {
  uint32_t calls = kAnyCall;
  std::string file = {};        // only files with this in their path; a folder's ends with "/."
  uint64_t after = 0;           // so many such calls succeed first
  uint64_t times = UINT64_MAX;  // then so many fail
  DiskError error = DiskError::kInputOutput;
};

// Thread-safe, except for RestorePower. Outlives the stores that use it. Files are real ones;
// RocksDB's own messages (LOG) and its lock file are not part of it.
class FaultyDevice {
 public:
  // `shadow`: see PageCache. In the folder beside the store's, not in it.
  explicit FaultyDevice(const std::string& shadow);
  ~FaultyDevice();

  rocksdb::Env* env();

  // Takes the place of the fault before.
  void Fail(DiskFault fault);
  void Heal();

  // Says that syncs of files (and folders) with this in their path succeeded, and does
  // nothing. For tests of tests.
  void LieAboutSyncs(const std::string& file);

  // From the nth change on, counted from now, every call fails until the power is back.
  void CutPower(uint64_t after_changes = 0);
  // Once no store uses the disk: see PageCache::LosePower. Heals, too.
  void RestorePower(std::mt19937_64& random);
  bool powered() const;

  // Changes that were asked for so far.
  uint64_t changes() const;
  // Calls that failed because of a fault.
  uint64_t failed() const;

 private:
  class Files;

  const std::shared_ptr<Files> files_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace quota::test
