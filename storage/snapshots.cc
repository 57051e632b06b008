#include "storage/snapshots.h"

#include <utility>

#include "common/status.h"
#include "storage/journal.h"

namespace quota::storage {
namespace {

Batch Guard(uint32_t shard, uint64_t mark) {
  Batch guard;
  Journal::RequireLowWater(guard, shard, mark);
  return guard;
}

}  // namespace

BlobRange AccountBlobs(uint32_t shard) {
  return {KeyTag::kAccount, KeyTag::kAccountChunk, sizeof(uint32_t), shard};
}

BlobRange IdPageBlobs(uint32_t shard) {
  return {KeyTag::kIdPage, KeyTag::kIdPageChunk, sizeof(uint64_t), shard};
}

SnapshotWriter::SnapshotWriter(uint32_t shard, BlobWriter accounts, BlobWriter pages)
    : shard_(shard), accounts_(std::move(accounts)), pages_(std::move(pages)) {}

absl::StatusOr<SnapshotWriter> SnapshotWriter::Open(Store& store, uint32_t shard) {
  QUOTA_ASSIGN_OR_RETURN(BlobWriter accounts, BlobWriter::Open(store, AccountBlobs(shard)));
  QUOTA_ASSIGN_OR_RETURN(BlobWriter pages, BlobWriter::Open(store, IdPageBlobs(shard)));
  return SnapshotWriter(shard, std::move(accounts), std::move(pages));
}

absl::StatusOr<std::vector<Batch>> SnapshotWriter::EncodeAccounts(
    std::span<const AccountSnapshot> accounts, uint64_t mark) {
  std::vector<BlobView> blobs;
  blobs.reserve(accounts.size());
  for (const AccountSnapshot& snapshot : accounts) {
    blobs.push_back({snapshot.account, snapshot.sequence, snapshot.record});
  }
  return accounts_.Encode(blobs, Guard(shard_, mark));
}

absl::StatusOr<std::vector<Batch>> SnapshotWriter::EncodeIdPages(
    std::span<const IdPageSnapshot> pages, uint64_t mark) {
  std::vector<BlobView> blobs;
  blobs.reserve(pages.size());
  for (const IdPageSnapshot& snapshot : pages) {
    blobs.push_back({snapshot.page, snapshot.sequence, snapshot.record});
  }
  return pages_.Encode(blobs, Guard(shard_, mark));
}

void SnapshotWriter::DropIdPages(Batch& batch, uint64_t first_kept) {
  pages_.DropBelow(batch, first_kept);
}

AccountReader::AccountReader(Store& store, uint32_t shard) : blobs_(store, AccountBlobs(shard)) {}

absl::StatusOr<std::optional<AccountSnapshot>> AccountReader::Next() {
  QUOTA_ASSIGN_OR_RETURN(std::optional<Blob> blob, blobs_.Next());
  if (!blob.has_value()) return std::nullopt;
  return AccountSnapshot{static_cast<uint32_t>(blob->number), blob->sequence,
                         std::move(blob->bytes)};
}

IdPageReader::IdPageReader(Store& store, uint32_t shard) : blobs_(store, IdPageBlobs(shard)) {}

absl::StatusOr<std::optional<IdPageSnapshot>> IdPageReader::Next() {
  QUOTA_ASSIGN_OR_RETURN(std::optional<Blob> blob, blobs_.Next());
  if (!blob.has_value()) return std::nullopt;
  return IdPageSnapshot{blob->number, blob->sequence, std::move(blob->bytes)};
}

}  // namespace quota::storage
