// What storage/ reads, byte by byte.
#include <zlib.h>

#include <string>

#include "absl/strings/str_format.h"
#include "common/check.h"
#include "storage/backup/manifest.h"
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

// Its last line, the checksum of those before, is added: nobody guesses it.
FUZZ_TARGET(backup_manifest) {
  static_cast<void>(ParseManifest(input));
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(input.data()), input.size());
  const std::string text = std::string(input) + absl::StrFormat("end %08x\n", crc);
  const auto manifest = ParseManifest(text);
  if (!manifest.ok()) {
    QUOTA_CHECK(manifest.status().code() == absl::StatusCode::kDataLoss ||
                manifest.status().code() == absl::StatusCode::kFailedPrecondition);
    return;
  }
  const std::string encoded = EncodeManifest(*manifest);
  const auto again = ParseManifest(encoded);
  QUOTA_CHECK(again.ok() && EncodeManifest(*again) == encoded);
  for (const CopiedFile& file : manifest->files) {
    QUOTA_CHECK(file.name.find('/') == std::string::npos);
  }
}

FUZZ_TARGET(log_header) { static_cast<void>(HasDamagedHeader(input)); }

}  // namespace quota::storage
