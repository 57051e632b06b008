#include "storage/rocksdb/table_checksum.h"

#ifdef __x86_64__

#include <nmmintrin.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "storage/keys.h"

namespace quota::storage {
namespace {

__attribute__((target("sse4.2"))) uint32_t Extend(uint32_t crc, const char* data, size_t bytes) {
  uint64_t wide = crc;
  for (; bytes >= sizeof(uint64_t); data += sizeof(uint64_t), bytes -= sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, data, sizeof(word));
    wide = _mm_crc32_u64(wide, word);
  }
  auto narrow = static_cast<uint32_t>(wide);
  for (; bytes > 0; ++data, --bytes) {
    narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*data));
  }
  return narrow;
}

// RocksDB's names: they are in the manifest.
constexpr char kName[] = "FileChecksumCrc32c";
constexpr char kFactoryName[] = "FileChecksumGenCrc32cFactory";

// The instruction works on the complement of the value.
class Generator final : public rocksdb::FileChecksumGenerator {
 public:
  void Update(const char* data, size_t bytes) override { crc_ = Extend(crc_, data, bytes); }
  void Finalize() override { AppendBigEndian32(checksum_, ~crc_); }
  std::string GetChecksum() const override { return checksum_; }
  const char* Name() const override { return kName; }

 private:
  uint32_t crc_ = ~uint32_t{0};
  std::string checksum_;
};

class Factory final : public rocksdb::FileChecksumGenFactory {
 public:
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext& context) override {
    const std::string& asked = context.requested_checksum_func_name;
    if (!asked.empty() && asked != kName) return nullptr;
    return std::make_unique<Generator>();
  }
  const char* Name() const override { return kFactoryName; }
};

}  // namespace

std::shared_ptr<rocksdb::FileChecksumGenFactory> TableChecksums() {
  if (__builtin_cpu_supports("sse4.2") == 0) return rocksdb::GetFileChecksumGenCrc32cFactory();
  return std::make_shared<Factory>();
}

}  // namespace quota::storage

#else

namespace quota::storage {

std::shared_ptr<rocksdb::FileChecksumGenFactory> TableChecksums() {
  return rocksdb::GetFileChecksumGenCrc32cFactory();
}

}  // namespace quota::storage

#endif
