// The store contract: a small ordered key-value interface that an embedded engine and a
// distributed one can both keep. Start here; journal.h and snapshots.h say what is kept in it.
//
// Keys order as unsigned bytes. Writes are batches (batch.h): whole or not at all, asynchronous,
// several in flight. Engines: memory_store.h for tests, rocksdb/rocksdb_store.h. Every engine
// passes tests/conformance/store_conformance_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/batch.h"

namespace quota::storage {

enum class WriteResult {
  kDone,     // applied and durable
  kRefused,  // not applied, and never will be
  kUnknown,  // either of the two: reopen and read before going on
};

// How a batch ended. `status` is OK exactly when the result is kDone; otherwise
//   kRefused  FAILED_PRECONDITION  a precondition was false; names its key
//             INVALID_ARGUMENT     Validate refused the batch
//             DATA_LOSS            a precondition's key is damaged; the store has stopped
//             UNAVAILABLE          the store had stopped or was closed before it tried (the reason
//                                  of common/status.h is STORE_STOPPED), or stops at an I/O error
//                                  while it reads a precondition's key
//   kUnknown  the engine's error; the store has stopped
struct WriteOutcome {
  WriteResult result;
  absl::Status status;
};

using Completion = absl::AnyInvocable<void(WriteOutcome)>;

// One page of a scan, in key order.
struct Page {
  std::vector<std::pair<std::string, std::string>> entries;
  std::string next;  // where the next page begins; empty: there is none
};

// Counters since the store was opened, for metrics.
struct StoreStats {
  uint64_t syncs = 0;              // times that the device was asked to make writes durable
  uint64_t batches = 0;            // batches that ended kDone
  uint64_t bytes_written = 0;      // keys and values in those batches
  uint64_t refused = 0;            // batches that ended kRefused
  uint64_t background_errors = 0;  // failures of the engine's own upkeep, such as compaction
};

// A file that was copied or measured.
struct CopiedFile {
  std::string name;  // without its folder
  uint64_t bytes = 0;
  uint32_t crc = 0;  // CRC-32 (zlib) of its bytes
  friend bool operator==(const CopiedFile&, const CopiedFile&) = default;
};

// Asked now and then, from the thread that copies: true to stop.
using StopCopying = std::function<bool()>;

// Thread-safe, except that Close and the destructor may not overlap other calls.
//
// Fail-stop: once a batch ended kUnknown the store has stopped. Batches that had not been tried yet
// are kRefused, and every other call returns UNAVAILABLE (STORE_STOPPED), until the store is closed
// and reopened: what is in memory above may be ahead of the disk.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  // Closes the store if that has not been done.
  virtual ~Store() = default;

  // Constant over the store's life, each at least as in kLeastLimits.
  virtual const Limits& limits() const = 0;

  // The value of `key`, or nullopt when it is absent. Sees every batch whose completion has been
  // called, and may see later ones once they are durable. May wait for the device.
  // DATA_LOSS: what is stored is damaged. UNAVAILABLE: stopped, closed, or an I/O error.
  [[nodiscard]] virtual absl::StatusOr<std::optional<std::string>> Get(std::string_view key) = 0;

  // Entries with begin <= key < end in key order; an empty `end` is no bound, and a range whose
  // begin is not below its end is empty. The page ends after
  // `max_entries` entries, or before the one that would bring its keys and values above
  // `max_bytes`, but holds at least one entry if there is any. A page is one consistent view; two
  // pages are not. Errors as Get; INVALID_ARGUMENT when `max_entries` is 0.
  [[nodiscard]] virtual absl::StatusOr<Page> Scan(std::string_view begin, std::string_view end,
                                                  size_t max_entries, size_t max_bytes) = 0;

  // Hands over a batch and returns at once. `done` is called exactly once, with no lock held: on a
  // thread of the store, from MemoryStore::Step, or from Apply, in an immediate MemoryStore and in
  // a RocksDbStore whose callers write (there, Apply takes as long as its write). It may call
  // Apply, but not Drain, Sync or Close.
  //
  // Batches of one `shard` are tried, become durable and complete in the order in which they were
  // handed over; a batch's preconditions see those before it. A refused batch does not hold up the
  // next: whoever keeps several in flight makes each of them depend on the one before, or stops at
  // the first refusal. An empty batch completes in its turn and costs no write of its own.
  //
  // The store keeps all that it is handed: the caller bounds what it has in flight.
  virtual void Apply(uint32_t shard, Batch batch, Completion done) = 0;

  // Blocks until every batch handed over before the call has completed.
  virtual void Drain() = 0;

  // Drains, then blocks until everything that was read before the call is durable. For recovery:
  // what an unclean end left behind may be readable without having reached the device.
  // UNAVAILABLE, RESOURCE_EXHAUSTED or DATA_LOSS: it may not be durable; reopen.
  [[nodiscard]] virtual absl::Status Sync() = 0;

  // Copies the store, as it is at one instant of the call, to files in `folder`, which exists and
  // is empty, on this machine; checks the copy; syncs the files, not the folder. The copy has every
  // batch that completed before the call, of later ones some, each whole and none without those
  // before it; opened as a store it is this one. What it reads is files: batches go on meanwhile,
  // and others may copy too. Blocks for as long as reading and writing all of it takes.
  //   UNIMPLEMENTED       this engine keeps no files
  //   CANCELLED           `stop` said so
  //   DATA_LOSS           what is stored is damaged; names the file
  //   RESOURCE_EXHAUSTED  the folder's device is full, or would be
  //   PERMISSION_DENIED, NOT_FOUND, UNAVAILABLE  the folder can't be written; or the store has
  //                       stopped (STORE_STOPPED)
  // After an error the folder's contents are good for nothing; the store goes on.
  [[nodiscard]] virtual absl::StatusOr<std::vector<CopiedFile>> CopyTo(const std::string& folder,
                                                                       const StopCopying& stop);

  virtual StoreStats stats() const = 0;

  // Drains and gives the engine's resources back. Later calls return UNAVAILABLE; closing again
  // is OK. An error says that the engine could not end cleanly; what ended kDone is durable all
  // the same.
  [[nodiscard]] virtual absl::Status Close() = 0;
};

// Apply, then Drain: for start-up, tools and tests.
[[nodiscard]] WriteOutcome ApplyAndWait(Store& store, uint32_t shard, Batch batch);

}  // namespace quota::storage
