// What storage/ reads, byte by byte.
#include "common/check.h"
#include "storage/keys.h"
#include "storage/record.h"
#include "storage/rocksdb/log_headers.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/fuzz_target.h"

namespace quota::storage {

// The first byte is the key's length.
FUZZ_TARGET(record) {
  fuzz::ByteSource source(input);
  const std::string_view key = source.Bytes(source.Byte());
  const auto payload = OpenRecord(key, source.rest());
  if (payload.ok()) {
    QUOTA_CHECK(SealRecord(key, *payload) == source.rest());
  } else {
    QUOTA_CHECK(payload.status().code() == absl::StatusCode::kDataLoss);
  }
  const std::string sealed = SealRecord(key, source.rest());
  const auto opened = OpenRecord(key, sealed);
  QUOTA_CHECK(opened.ok() && *opened == source.rest());
}

FUZZ_TARGET(key) {
  QUOTA_CHECK(PrintableKey(input).size() <= 512);
  if (const auto position = ParseEventKey(input)) {
    std::string_view shard_bytes = input.substr(1);
    uint32_t shard = 0;
    QUOTA_CHECK(ConsumeBigEndian32(shard_bytes, shard) && EventKey(shard, *position) == input);
  }
  const std::string end = PrefixEnd(input);
  QUOTA_CHECK(end.empty() || end > input);
}

FUZZ_TARGET(log_header) { static_cast<void>(HasDamagedHeader(input)); }

}  // namespace quota::storage
