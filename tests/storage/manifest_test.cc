// What is read from a manifest, and from edits that are not as they should be.
#include "storage/rocksdb/manifest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "storage/rocksdb/rocksdb_store.h"
#include "tests/storage/store_matchers.h"
#include "tests/storage/temp_folder.h"

namespace quota::storage {
namespace {

namespace fs = std::filesystem;

TEST(ManifestTest, NamesTheTablesAndTheLogOfAStore) {
  const TempFolder folder;
  for (int life = 0; life < 3; ++life) {
    auto store = RocksDbStore::Open({.path = folder.path(), .create_if_missing = true});
    ASSERT_TRUE(store.ok()) << store.status();
    MustPut(**store, "key" + std::to_string(life), "value");
  }
  const auto contents = ReadTableManifest(folder.path());
  ASSERT_TRUE(contents.ok()) << contents.status();
  ASSERT_TRUE(contents->has_value()) << "a field that is not known";
  EXPECT_GT((*contents)->log_number, 0u);
  EXPECT_EQ((*contents)->tables.size(), 2u);
  for (const auto& [number, table] : (*contents)->tables) {
    const std::string digits = std::to_string(number);
    const std::string path = folder / (std::string(6 - digits.size(), '0') + digits + ".sst");
    EXPECT_EQ(table.bytes, fs::file_size(path));
    EXPECT_EQ(table.checksum.size(), 4u);
  }
  EXPECT_TRUE(CheckFilesOfManifest(folder.path(), true).ok());
}

TEST(ManifestTest, AFieldThatIsCutShortOrUnknownIsNotUnderstood) {
  ManifestContents contents;
  EXPECT_TRUE(ApplyEdit("", contents));
  EXPECT_TRUE(ApplyEdit({"\x02\x07", 2}, contents));  // the log's number
  EXPECT_EQ(contents.log_number, 7u);
  // A field of a later version that may be ignored: tag 8193 + 100, two bytes.
  EXPECT_TRUE(ApplyEdit({"\xe5\x40\x02xy", 5}, contents));
  for (const std::string& edit : {
           std::string("\x02", 1),                  // no number
           std::string("\x02\x80", 2),              // half a number
           std::string("\xe5\x40\x03xy", 5),        // fewer bytes than it says
           std::string("\x67\x00\x05\x10\x01", 5),  // a table without its end
           std::string("\x4d\x01", 2),              // tag 77
       }) {
    EXPECT_FALSE(ApplyEdit(edit, contents)) << testing::PrintToString(edit);
  }
}

TEST(ManifestTest, NothingIsSaidOfAFolderThatRocksDbWillRefuse) {
  const TempFolder folder;
  for (const char* current : {"", "MANIFEST-000001", "MANIFEST-000001\n", "x\n"}) {
    folder.Write("CURRENT", current);
    EXPECT_TRUE(CheckFilesOfManifest(folder.path(), true).ok()) << current;
  }
}

}  // namespace
}  // namespace quota::storage
