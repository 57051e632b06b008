#include "storage/backup/manifest.h"

#include <gtest/gtest.h>

#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

BackupManifest Example() {
  BackupManifest manifest;
  manifest.name = "monday";
  manifest.request_id = "a request of ours";
  manifest.taken_at = Instant(Duration(1'762'171'200'000'001));
  manifest.duration = Duration(1'234'567);
  manifest.format = {1, 16, "00112233445566778899aabbccddeeff"};
  manifest.files = {{"000012.sst", 1'234'567'890'123, 0xdeadbeef}, {"CURRENT", 16, 7}};
  return manifest;
}

constexpr char kText[] =
    "quotad-backup 1\n"
    "name monday\n"
    "request-id a request of ours\n"
    "taken-at 1762171200000001\n"
    "duration 1234567\n"
    "creation-id 00112233445566778899aabbccddeeff\n"
    "format 1\n"
    "shards 16\n"
    "file deadbeef 1234567890123 000012.sst\n"
    "file 00000007 16 CURRENT\n";

TEST(Manifest, IsTextThatPeopleCanRead) {
  const std::string text = EncodeManifest(Example());
  EXPECT_EQ(text.substr(0, text.rfind("end ")), kText);
  EXPECT_EQ(Example().bytes(), 1'234'567'890'139u);
}

TEST(Manifest, ReadsBackWhatItWrote) {
  const auto read = ParseManifest(EncodeManifest(Example()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(EncodeManifest(*read), EncodeManifest(Example()));
  EXPECT_EQ(read->files, Example().files);
}

TEST(Manifest, AnyCutIsFound) {
  const std::string text = EncodeManifest(Example());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(ParseManifest(text.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(ParseManifest(text + "\n").ok());
}

TEST(Manifest, AnyFlippedBitIsFound) {
  const std::string text = EncodeManifest(Example());
  for (size_t at = 0; at < text.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
      EXPECT_FALSE(ParseManifest(flipped).ok()) << "byte " << at << ", bit " << bit;
    }
  }
}

TEST(Manifest, OfAnotherVersionSaysSo) {
  EXPECT_THAT(ParseManifest("quotad-backup 2\nanything at all\n"),
              IsError(absl::StatusCode::kFailedPrecondition, "is of version 2"));
}

TEST(Manifest, NamesFilesOfItsFolderAlone) {
  for (const char* name : {"../CURRENT", "/etc/passwd", "a/b", "..", "."}) {
    BackupManifest manifest = Example();
    manifest.files[0].name = name;
    EXPECT_THAT(ParseManifest(EncodeManifest(manifest)),
                IsError(absl::StatusCode::kDataLoss, "a line of a file"))
        << name;
  }
}

}  // namespace
}  // namespace quota::storage
