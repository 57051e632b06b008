#include "storage/rocksdb/table_checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace quota::storage {
namespace {

std::string ChecksumOf(rocksdb::FileChecksumGenFactory& factory, std::string_view bytes,
                       size_t piece) {
  const auto generator = factory.CreateFileChecksumGenerator({});
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const std::string_view part = bytes.substr(at, piece);
    generator->Update(part.data(), part.size());
  }
  generator->Finalize();
  return generator->GetChecksum();
}

TEST(TableChecksum, IsTheOneThatStandardsGive) {
  // The check value by which CRC-32C is known.
  EXPECT_EQ(ChecksumOf(*TableChecksums(), "123456789", 9), "\xe3\x06\x92\x83");
  EXPECT_EQ(ChecksumOf(*TableChecksums(), "", 1), std::string(4, '\0'));
}

// Stores go from a machine with the instruction to one without, and back.
TEST(TableChecksum, IsRocksDbs) {
  const auto rocksdbs = rocksdb::GetFileChecksumGenCrc32cFactory();
  const auto ours = TableChecksums();
  EXPECT_STREQ(ours->Name(), rocksdbs->Name());
  EXPECT_STREQ(ours->CreateFileChecksumGenerator({})->Name(),
               rocksdbs->CreateFileChecksumGenerator({})->Name());
  rocksdb::FileChecksumGenContext other;
  other.requested_checksum_func_name = "another";
  EXPECT_EQ(ours->CreateFileChecksumGenerator(other), nullptr);

  std::mt19937_64 random(1);
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    bytes.push_back(static_cast<char>(random()));
    const std::string expected = ChecksumOf(*rocksdbs, bytes, bytes.size());
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{8}, size_t{64}, bytes.size()}) {
      EXPECT_EQ(ChecksumOf(*ours, bytes, piece), expected) << bytes.size() << " by " << piece;
    }
  }
}

}  // namespace
}  // namespace quota::storage
