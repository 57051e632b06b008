#include "common/stable_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace quota {
namespace {

// Stored: these place organisations on shards and recognise requests. A change loses both.
TEST(StableHashTest, ValuesNeverChange) {
  struct Case {
    std::string_view text;
    uint64_t hash;
  };
  const Case cases[] = {{"", 0xe8762870b5f4a9a7},
                        {"a", 0x04af0423fa81758e},
                        {"acme", 0xd93893261c277df4},
                        {"12345678", 0xda52824b18167a36},
                        {"123456789", 0x250678c10d4588bf},
                        {"0f8fad5b-d9cb-469f-a165-70867728950e", 0xacf173a862381852}};
  for (const Case& c : cases) {
    EXPECT_EQ(StableHash().Add(c.text).Value(), c.hash)
        << c.text << " 0x" << std::hex << StableHash().Add(c.text).Value();
  }
  EXPECT_EQ(StableHash().Value(), 0xf52a15e9a9b5e89b);
  EXPECT_EQ(StableHash().Add(uint64_t{0}).Value(), 0xe8762870b5f4a9a7);
  EXPECT_EQ(StableHash().Add(uint64_t{1}).Add(UINT64_MAX).Value(), 0x1b1e9fc6ac44a0d8);
  EXPECT_EQ(StableHash().Add("acme").Add(uint64_t{7}).Value(), 0xa0e692d0379e5056);
}

TEST(StableHashTest, WhereOneTextEndsAndTheNextBeginsCounts) {
  EXPECT_NE(StableHash().Add("ab").Add("c").Value(), StableHash().Add("a").Add("bc").Value());
  EXPECT_NE(StableHash().Add("").Add("a").Value(), StableHash().Add("a").Add("").Value());
  EXPECT_NE(StableHash().Add("a").Value(), StableHash().Add(std::string_view("a\0", 2)).Value());
}

TEST(StableHashTest, SimilarTextsSpreadOverShards) {
  constexpr size_t kShards = 16;
  size_t counts[kShards] = {};
  std::set<uint64_t> hashes;
  for (int i = 0; i < 16'000; ++i) {
    const uint64_t hash = StableHash().Add("org-" + std::to_string(i)).Value();
    hashes.insert(hash);
    ++counts[hash % kShards];
  }
  EXPECT_EQ(hashes.size(), 16'000u);
  for (const size_t count : counts) {
    EXPECT_GT(count, 850u);
    EXPECT_LT(count, 1'150u);
  }
}

}  // namespace
}  // namespace quota
