// A numbered record of any size: a head, and chunks when it does not fit one value of the engine.
// snapshots.h gives these their meaning; docs/storage.md has the grammar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/keys.h"
#include "storage/range_reader.h"
#include "storage/store.h"

namespace quota::storage {

// The largest blob: a reader needs a bound before it believes a stored size.
inline constexpr size_t kMaxBlobBytes = 64 * 1024 * 1024;

// Where blobs of one kind are kept in a shard.
struct BlobRange {
  KeyTag head;
  KeyTag chunk;
  size_t number_bytes;  // 4 or 8
  uint32_t shard;
};

struct BlobView {
  uint64_t number = 0;
  uint64_t sequence = 0;
  std::string_view bytes;
};

struct Blob {
  uint64_t number = 0;
  uint64_t sequence = 0;
  std::string bytes;
};

// Encodes the blobs of one range into batches. For one thread; holds no reference to the store.
class BlobWriter {
 public:
  // Learns which blobs have chunks in the store. The errors of Store::Scan; DATA_LOSS if a chunk's
  // key is none of ours.
  [[nodiscard]] static absl::StatusOr<BlobWriter> Open(Store& store, const BlobRange& range);

  // Batches to be applied in their order, each of which starts with what is in `guard`.
  // INVALID_ARGUMENT: a blob is above kMaxBlobBytes, or a number occurs twice.
  [[nodiscard]] absl::StatusOr<std::vector<Batch>> Encode(std::span<const BlobView> blobs,
                                                          const Batch& guard);

  // Makes `batch` delete all blobs below `first_kept`, which is above 0: two operations.
  void DropBelow(Batch& batch, uint64_t first_kept);

 private:
  BlobWriter(const BlobRange& range, const Limits& limits) : range_(range), limits_(limits) {}

  BlobRange range_;
  Limits limits_;
  std::set<uint64_t> chunked_;  // numbers that have chunks in the store
};

// The blob whose head is stored as `value` under `key`, with its chunks, of which `chunks`, which
// may be null, is told how many there are. Errors as BlobReader::Next.
[[nodiscard]] absl::StatusOr<Blob> ReadBlob(Store& store, const BlobRange& range,
                                            std::string_view key, std::string_view value,
                                            size_t* chunks);

// Reads the blobs of one range by number. For one thread; the store outlives it.
class BlobReader {
 public:
  BlobReader(Store& store, const BlobRange& range);

  // The next blob, or nullopt after the last. DATA_LOSS, naming the key: a record is damaged, or a
  // chunk is missing.
  [[nodiscard]] absl::StatusOr<std::optional<Blob>> Next();

 private:
  Store* store_;
  BlobRange range_;
  RangeReader heads_;
};

}  // namespace quota::storage
