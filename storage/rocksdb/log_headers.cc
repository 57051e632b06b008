#include "storage/rocksdb/log_headers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace quota::storage {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlockBytes = 32 * 1024;
constexpr size_t kHeaderBytes = 4 + 2 + 1;

// The types of records: whole ones, and the first, middle and last piece of those that cross
// blocks.
constexpr uint32_t kWhole = 1;
constexpr uint32_t kFirstPiece = 2;
constexpr uint32_t kLastPiece = 4;

uint32_t ByteAt(std::string_view bytes, size_t position) {
  return static_cast<unsigned char>(bytes[position]);
}

// One step of CRC-32C (polynomial 0x1EDC6F41, reflected), bit by bit: at most one record a file.
uint32_t ExtendCrc(uint32_t crc, uint32_t byte) {
  crc ^= byte;
  for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
  return crc;
}

// RocksDB stores checksums rotated and shifted, so that they survive being checksummed themselves.
uint32_t Mask(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }

// Whether the checksum matches a payload that is shorter than the record's length says.
bool MatchesShorter(std::string_view record) {
  const uint32_t stored = ByteAt(record, 0) | ByteAt(record, 1) << 8 | ByteAt(record, 2) << 16 |
                          ByteAt(record, 3) << 24;
  uint32_t crc = ~0u;
  for (size_t i = kHeaderBytes - 1; i < record.size(); ++i) {
    crc = ExtendCrc(crc, ByteAt(record, i));
    if (Mask(~crc) == stored) return true;
  }
  return false;
}

absl::Status CheckLog(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string block(kBlockBytes, '\0');
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    const size_t read = static_cast<size_t>(file.gcount());
    if (HasDamagedHeader(std::string_view(block).substr(0, read))) {
      return absl::DataLossError(absl::StrCat("the header of a record in ", path.string(),
                                              " is damaged: restore a backup"));
    }
  }
  if (file.eof()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("can't read ", path.string()));
}

}  // namespace

bool HasDamagedHeader(std::string_view block) {
  while (block.size() >= kHeaderBytes) {
    const size_t length = ByteAt(block, 4) | ByteAt(block, 5) << 8;
    const uint32_t type = ByteAt(block, 6);
    // Zeros: the file had grown when power failed, its bytes had not reached the device.
    if (type == 0 && length == 0) return false;
    if (type < kWhole || type > kLastPiece) return true;
    if (kHeaderBytes + length > block.size()) return MatchesShorter(block);
    block.remove_prefix(kHeaderBytes + length);
  }
  return false;
}

std::vector<std::string> RecordsOfLog(std::string_view log) {
  std::vector<std::string> records;
  std::string record;
  for (; !log.empty(); log.remove_prefix(std::min(log.size(), kBlockBytes))) {
    std::string_view block = log.substr(0, kBlockBytes);
    // Too few bytes for a header are padding.
    while (block.size() >= kHeaderBytes) {
      const size_t length = ByteAt(block, 4) | ByteAt(block, 5) << 8;
      const uint32_t type = ByteAt(block, 6);
      if (type < kWhole || type > kLastPiece || kHeaderBytes + length > block.size()) {
        return records;
      }
      if (type == kWhole || type == kFirstPiece) record.clear();
      record.append(block.substr(kHeaderBytes, length));
      if (type == kWhole || type == kLastPiece) records.push_back(std::exchange(record, {}));
      block.remove_prefix(kHeaderBytes + length);
    }
  }
  return records;
}

absl::Status CheckLogHeaders(const std::string& folder) {
  std::error_code error;
  fs::directory_iterator files(folder, error);
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const fs::path& path = files->path();
    if (path.extension() == ".log" || path.filename().string().starts_with("MANIFEST-")) {
      QUOTA_RETURN_IF_ERROR(CheckLog(path));
    }
  }
  if (error) return absl::UnavailableError(absl::StrCat("can't list folder ", folder));
  return absl::OkStatus();
}

}  // namespace quota::storage
