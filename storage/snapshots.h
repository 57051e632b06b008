// Snapshots of a shard: one record an account and one a page of remembered ids, each with the
// journal sequence at which it is true.
//
// A record is rewritten whole, whenever its owner likes. One too large for a value of the engine is
// split: its chunks are written first, under keys that no other version of the record uses, and its
// head last, in the batch that also deletes the chunks of earlier versions. So at every instant the
// head that is stored has all its chunks. Chunks that a crash left without a head are ignored by
// the reader and deleted when the record is next written.
//
//   absl::StatusOr<SnapshotWriter> writer = SnapshotWriter::Open(store, shard);
//   absl::StatusOr<std::vector<Batch>> batches = writer->EncodeAccounts(changed, mark);
//   // apply them in their order; the trim that counts on them after the last is kDone
//
// Every batch depends on the low-water mark being `mark`, so that a record can't be put back to a
// sequence from which the journal is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/blob.h"
#include "storage/store.h"

namespace quota::storage {

// The largest record: an account with all its holds stays far below.
inline constexpr size_t kMaxRecordBytes = kMaxBlobBytes;

// Where a shard's snapshots are.
BlobRange AccountBlobs(uint32_t shard);
BlobRange IdPageBlobs(uint32_t shard);

struct AccountSnapshot {
  uint32_t account = 0;   // its number in the shard
  uint64_t sequence = 0;  // the last journal sequence whose events it contains
  std::string record;
};

struct IdPageSnapshot {
  uint64_t page = 0;
  uint64_t sequence = 0;
  std::string record;
};

// Writes the snapshots of one shard. For one thread; holds no reference to the store.
class SnapshotWriter {
 public:
  // Learns which records have chunks in the store, so that only those pay for deleting them.
  // The errors of Store::Scan; DATA_LOSS if there is a key that is none of ours.
  [[nodiscard]] static absl::StatusOr<SnapshotWriter> Open(Store& store, uint32_t shard);

  // As few batches as the engine's limits allow, to be applied in their order. No account (page)
  // may occur twice in one call. If a batch is not done, open a new writer before going on.
  // INVALID_ARGUMENT: a record is above kMaxRecordBytes, or an account (page) occurs twice.
  [[nodiscard]] absl::StatusOr<std::vector<Batch>> EncodeAccounts(
      std::span<const AccountSnapshot> accounts, uint64_t mark);
  [[nodiscard]] absl::StatusOr<std::vector<Batch>> EncodeIdPages(
      std::span<const IdPageSnapshot> pages, uint64_t mark);

  // Makes `batch` delete the pages before `first_kept`, which is above 0: two operations.
  void DropIdPages(Batch& batch, uint64_t first_kept);

 private:
  SnapshotWriter(uint32_t shard, BlobWriter accounts, BlobWriter pages);

  uint32_t shard_;
  BlobWriter accounts_;
  BlobWriter pages_;
};

// Reads all accounts of a shard, by number. For one thread; the store outlives it, and nothing
// writes the shard's snapshots meanwhile.
class AccountReader {
 public:
  AccountReader(Store& store, uint32_t shard);

  // The next account, or nullopt after the last. DATA_LOSS, naming the key: a record is damaged,
  // or a chunk of it is missing or damaged. After an error the reader is done with.
  [[nodiscard]] absl::StatusOr<std::optional<AccountSnapshot>> Next();

 private:
  BlobReader blobs_;
};

// The same for the pages of remembered ids.
class IdPageReader {
 public:
  IdPageReader(Store& store, uint32_t shard);
  [[nodiscard]] absl::StatusOr<std::optional<IdPageSnapshot>> Next();

 private:
  BlobReader blobs_;
};

}  // namespace quota::storage
