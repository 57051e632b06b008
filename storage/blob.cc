#include "storage/blob.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/record.h"

namespace quota::storage {
namespace {

// What comes with a chunk or a head in its batch, at most: the guard, three keys and ends of
// ranges, and the record's envelope; each well below 64 bytes.
constexpr size_t kGroupOverheadBytes = 512;

// The head of a blob whose bytes are in chunks.
struct Split {
  uint32_t chunk_bytes = 0;
  uint64_t total_bytes = 0;
  uint32_t crc = 0;
};
constexpr size_t kHeadBytes = 8 + 4 + 8 + 4;

uint32_t Crc(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string NumberedKey(const BlobRange& range, KeyTag tag, uint64_t number) {
  std::string key = ShardPrefix(tag, range.shard);
  if (range.number_bytes == 4) {
    AppendBigEndian32(key, static_cast<uint32_t>(number));
  } else {
    AppendBigEndian64(key, number);
  }
  return key;
}

// The number in a head's or a chunk's key; false if the key is not of such a form.
bool ParseNumber(const BlobRange& range, std::string_view key, uint64_t& number) {
  key.remove_prefix(std::min<size_t>(key.size(), 1 + 4));
  if (range.number_bytes == 8) return ConsumeBigEndian64(key, number);
  uint32_t narrow = 0;
  if (!ConsumeBigEndian32(key, narrow)) return false;
  number = narrow;
  return true;
}

std::string VersionPrefix(const BlobRange& range, uint64_t number, uint64_t sequence,
                          const Split& split) {
  std::string key = NumberedKey(range, range.chunk, number);
  AppendBigEndian64(key, sequence);
  AppendBigEndian32(key, split.crc);
  AppendBigEndian32(key, split.chunk_bytes);
  return key;
}

std::string ChunkKey(std::string_view version_prefix, uint32_t index) {
  std::string key(version_prefix);
  AppendBigEndian32(key, index);
  return key;
}

// Fills batches in order, none above the limits. Every group stays in one batch.
class Packer {
 public:
  Packer(const Batch& guard, const Limits& limits)
      : guard_(guard), limits_(limits), current_(guard) {}

  void Add(Batch group) {
    const bool fits = current_.operations() + group.operations() <= limits_.max_operations &&
                      current_.bytes() + group.bytes() <= limits_.max_batch_bytes;
    if (!fits) batches_.push_back(std::exchange(current_, guard_));
    current_.Append(std::move(group));
  }

  std::vector<Batch> Finish() && {
    if (!current_.writes().empty()) batches_.push_back(std::move(current_));
    return std::move(batches_);
  }

 private:
  const Batch& guard_;
  const Limits limits_;
  std::vector<Batch> batches_;
  Batch current_;
};

void PackWhole(const BlobRange& range, const BlobView& blob, bool had_chunks, Packer& packer) {
  std::string payload;
  payload.reserve(kHeadBytes + blob.bytes.size());
  AppendBigEndian64(payload, blob.sequence);
  AppendBigEndian32(payload, 0);
  payload.append(blob.bytes);
  Batch group;
  std::string key = NumberedKey(range, range.head, blob.number);
  std::string value = SealRecord(key, payload);
  group.Put(std::move(key), std::move(value));
  if (had_chunks) {
    std::string chunks = NumberedKey(range, range.chunk, blob.number);
    std::string end = PrefixEnd(chunks);
    group.DeleteRange(std::move(chunks), std::move(end));
  }
  packer.Add(std::move(group));
}

void PackSplit(const BlobRange& range, const BlobView& blob, uint32_t chunk_bytes, bool had_chunks,
               Packer& packer) {
  const Split split{chunk_bytes, blob.bytes.size(), Crc(blob.bytes)};
  const std::string version = VersionPrefix(range, blob.number, blob.sequence, split);
  uint32_t index = 0;
  for (std::string_view rest = blob.bytes; !rest.empty(); ++index) {
    const std::string_view chunk = rest.substr(0, chunk_bytes);
    rest.remove_prefix(chunk.size());
    Batch group;
    const std::string key = ChunkKey(version, index);
    group.Put(key, SealRecord(key, chunk));
    packer.Add(std::move(group));
  }

  std::string payload;
  AppendBigEndian64(payload, blob.sequence);
  AppendBigEndian32(payload, split.chunk_bytes);
  AppendBigEndian64(payload, split.total_bytes);
  AppendBigEndian32(payload, split.crc);
  Batch group;
  const std::string key = NumberedKey(range, range.head, blob.number);
  group.Put(key, SealRecord(key, payload));
  if (had_chunks) {
    // All but this version's, which lies between the two ranges.
    std::string chunks = NumberedKey(range, range.chunk, blob.number);
    std::string end = PrefixEnd(chunks);
    group.DeleteRange(std::move(chunks), version);
    group.DeleteRange(ChunkKey(version, index), std::move(end));
  }
  packer.Add(std::move(group));
}

absl::Status CheckEncodable(std::span<const BlobView> blobs) {
  std::vector<uint64_t> numbers;
  numbers.reserve(blobs.size());
  for (const BlobView& blob : blobs) {
    if (blob.bytes.size() > kMaxBlobBytes) {
      return absl::InvalidArgumentError(absl::StrCat("record ", blob.number, " has ",
                                                     blob.bytes.size(), " bytes, at most ",
                                                     kMaxBlobBytes, " are allowed"));
    }
    numbers.push_back(blob.number);
  }
  std::sort(numbers.begin(), numbers.end());
  const auto twice = std::adjacent_find(numbers.begin(), numbers.end());
  if (twice == numbers.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("record ", *twice, " is given twice"));
}

absl::Status Malformed(std::string_view key) {
  return absl::DataLossError(absl::StrCat("record ", PrintableKey(key), " is malformed"));
}

absl::StatusOr<std::string> ReadChunks(Store& store, const std::string& version,
                                       const Split& split) {
  // Grows with the chunks that are there: the size is not to be believed yet.
  std::string bytes;
  RangeReader chunks(store, version, PrefixEnd(version));
  for (uint32_t index = 0; bytes.size() < split.total_bytes; ++index) {
    const std::string key = ChunkKey(version, index);
    QUOTA_ASSIGN_OR_RETURN(std::optional<RangeReader::Entry> entry, chunks.Next());
    if (!entry.has_value() || entry->first != key) {
      return absl::DataLossError(absl::StrCat("chunk ", PrintableKey(key), " is missing"));
    }
    QUOTA_ASSIGN_OR_RETURN(std::string_view chunk, OpenRecord(key, entry->second));
    if (chunk.size() != std::min<uint64_t>(split.chunk_bytes, split.total_bytes - bytes.size())) {
      return Malformed(key);
    }
    bytes.append(chunk);
  }
  if (Crc(bytes) != split.crc) return Malformed(version);
  return bytes;
}

}  // namespace

absl::StatusOr<BlobWriter> BlobWriter::Open(Store& store, const BlobRange& range) {
  BlobWriter writer(range, store.limits());
  std::string begin = ShardPrefix(range.chunk, range.shard);
  const std::string end = ShardEnd(range.chunk, range.shard);
  for (;;) {
    // One chunk a blob is enough: the next page begins behind all of them.
    QUOTA_ASSIGN_OR_RETURN(Page page, store.Scan(begin, end, 1, 1));
    if (page.entries.empty()) return writer;
    uint64_t number = 0;
    const std::string& key = page.entries[0].first;
    if (!ParseNumber(range, key, number)) return Malformed(key);
    writer.chunked_.insert(number);
    begin = PrefixEnd(NumberedKey(range, range.chunk, number));
  }
}

absl::StatusOr<std::vector<Batch>> BlobWriter::Encode(std::span<const BlobView> blobs,
                                                      const Batch& guard) {
  QUOTA_RETURN_IF_ERROR(CheckEncodable(blobs));
  const size_t largest_value =
      std::min({limits_.max_value_bytes - kRecordOverheadBytes - kHeadBytes,
                limits_.max_batch_bytes - kGroupOverheadBytes, kMaxBlobBytes});
  Packer packer(guard, limits_);
  for (const BlobView& blob : blobs) {
    const bool had_chunks = chunked_.contains(blob.number);
    if (blob.bytes.size() <= largest_value) {
      PackWhole(range_, blob, had_chunks, packer);
      chunked_.erase(blob.number);
    } else {
      PackSplit(range_, blob, static_cast<uint32_t>(largest_value), had_chunks, packer);
      chunked_.insert(blob.number);
    }
  }
  return std::move(packer).Finish();
}

void BlobWriter::DropBelow(Batch& batch, uint64_t first_kept) {
  batch.DeleteRange(ShardPrefix(range_.head, range_.shard),
                    NumberedKey(range_, range_.head, first_kept));
  batch.DeleteRange(ShardPrefix(range_.chunk, range_.shard),
                    NumberedKey(range_, range_.chunk, first_kept));
  chunked_.erase(chunked_.begin(), chunked_.lower_bound(first_kept));
}

BlobReader::BlobReader(Store& store, const BlobRange& range)
    : store_(&store),
      range_(range),
      heads_(store, ShardPrefix(range.head, range.shard), ShardEnd(range.head, range.shard)) {}

absl::StatusOr<std::optional<Blob>> BlobReader::Next() {
  QUOTA_ASSIGN_OR_RETURN(std::optional<RangeReader::Entry> entry, heads_.Next());
  if (!entry.has_value()) return std::nullopt;
  QUOTA_ASSIGN_OR_RETURN(Blob blob,
                         ReadBlob(*store_, range_, entry->first, entry->second, nullptr));
  return blob;
}

absl::StatusOr<Blob> ReadBlob(Store& store, const BlobRange& range, std::string_view key,
                              std::string_view value, size_t* chunks) {
  QUOTA_ASSIGN_OR_RETURN(std::string_view payload, OpenRecord(key, value));
  Blob blob;
  Split split;
  std::string_view rest = payload;
  if (!ParseNumber(range, key, blob.number) || !ConsumeBigEndian64(rest, blob.sequence) ||
      !ConsumeBigEndian32(rest, split.chunk_bytes)) {
    return Malformed(key);
  }
  if (split.chunk_bytes == 0) {
    blob.bytes = std::string(rest);
    return blob;
  }
  if (!ConsumeBigEndian64(rest, split.total_bytes) || !ConsumeBigEndian32(rest, split.crc) ||
      !rest.empty() || split.total_bytes > kMaxBlobBytes) {
    return Malformed(key);
  }
  if (chunks != nullptr) {
    *chunks += static_cast<size_t>((split.total_bytes + split.chunk_bytes - 1) / split.chunk_bytes);
  }
  QUOTA_ASSIGN_OR_RETURN(
      std::string bytes,
      ReadChunks(store, VersionPrefix(range, blob.number, blob.sequence, split), split));
  blob.bytes = std::move(bytes);
  return blob;
}

}  // namespace quota::storage
