// That the cache takes away what was not synced, and nothing else.
#include "tests/fakes/page_cache.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

namespace fs = std::filesystem;

// A folder with real files. Each test cuts the power under many seeds.
class PageCacheTest : public testing::Test {
 protected:
  static constexpr uint64_t kSeeds = 64;

  struct Disk {
    storage::TempFolder temp;
    std::string folder = temp / "folder";
    PageCache cache{temp / "shadow"};

    Disk() { fs::create_directory(folder); }
    std::string Path(const std::string& name) const { return folder + "/" + name; }

    PageCache::Handle Create(const std::string& name) {
      std::ofstream(Path(name)).flush();
      return cache.Create(Path(name));
    }
    void Append(const PageCache::Handle& file, const std::string& name, const std::string& text) {
      std::ofstream(Path(name), std::ios::app) << text;
      cache.Grow(file, text.size());
    }
    void Rename(const std::string& from, const std::string& to) {
      cache.Rename(Path(from), Path(to));
      fs::rename(Path(from), Path(to));
    }
    void Delete(const std::string& name) {
      cache.Delete(Path(name));
      fs::remove(Path(name));
    }
    // What the file holds after a cut; "-" where it is gone.
    std::string AfterCut(const std::string& name, uint64_t seed) {
      std::mt19937_64 random(seed);
      cache.LosePower(random);
      return Read(name);
    }
    std::string Read(const std::string& name) const {
      std::ifstream file(Path(name), std::ios::binary);
      return file ? std::string(std::istreambuf_iterator<char>(file), {}) : "-";
    }
  };
};

TEST_F(PageCacheTest, WhatIsSyncedStays) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    Disk disk;
    const auto file = disk.Create("a");
    disk.Append(file, "a", "text");
    disk.cache.Sync(file);
    disk.cache.SyncFolder(disk.folder);
    EXPECT_EQ(disk.AfterCut("a", seed), "text");
    EXPECT_EQ(disk.AfterCut("a", seed + 1), "text");
  }
}

TEST_F(PageCacheTest, BytesAreThereFromTheFirstOnWithPerhapsZerosBehind) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    Disk disk;
    const auto file = disk.Create("a");
    disk.Append(file, "a", "12");
    disk.cache.Sync(file);
    disk.cache.SyncFolder(disk.folder);
    disk.Append(file, "a", "34");
    seen.insert(disk.AfterCut("a", seed));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"12", "123", "1234", std::string("12\0\0", 4)}));
}

TEST_F(PageCacheTest, AfterAFailedSyncALaterOneSavesNothing) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    Disk disk;
    const auto file = disk.Create("a");
    disk.cache.SyncFolder(disk.folder);
    disk.Append(file, "a", "x");
    disk.cache.FailSync(file);
    disk.cache.Sync(file);
    seen.insert(disk.AfterCut("a", seed));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"", "x", std::string("\0", 1)}));
}

TEST_F(PageCacheTest, NamesChangeInOrderAndOnlyTheFirstFewOfThem) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    Disk disk;
    for (const char* name : {"old", "new"}) {
      const auto file = disk.Create(name);
      disk.Append(file, name, name);
      disk.cache.Sync(file);
      if (name == std::string("old")) disk.cache.SyncFolder(disk.folder);
    }
    disk.Rename("new", "current");
    disk.Delete("old");
    const std::string old = disk.AfterCut("old", seed);
    seen.insert(old + " " + disk.Read("new") + " " + disk.Read("current"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"old - -", "old new -", "old - new", "- - new"}));
}

}  // namespace
}  // namespace quota::test
