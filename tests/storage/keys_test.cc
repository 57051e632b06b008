#include "storage/keys.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace quota::storage {
namespace {

constexpr uint32_t kMax32 = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kMax64 = std::numeric_limits<uint64_t>::max();

TEST(KeysTest, OrderIsThatOfTheNumbers) {
  const std::vector<uint64_t> numbers = {0, 1, 127, 128, 255, 256, 65'535, 1ull << 32, kMax64};
  for (size_t i = 1; i < numbers.size(); ++i) {
    EXPECT_LT(JournalKey(1, numbers[i - 1]), JournalKey(1, numbers[i]));
    EXPECT_LT(IdPageKey(1, numbers[i - 1]), IdPageKey(1, numbers[i]));
  }
  EXPECT_LT(JournalKey(1, kMax64), JournalKey(2, 0));
  EXPECT_LT(AccountKey(255, kMax32), AccountKey(256, 0));
}

TEST(KeysTest, AShardsRangeHoldsItsKeysAndNoOthers) {
  for (const uint32_t shard : {0u, 1u, 255u, 65'535u, kMax32}) {
    const std::string begin = ShardPrefix(KeyTag::kJournal, shard);
    const std::string end = ShardEnd(KeyTag::kJournal, shard);
    EXPECT_LE(begin, JournalKey(shard, 0));
    EXPECT_LT(JournalKey(shard, kMax64), end);
    EXPECT_TRUE(shard == kMax32 || end <= JournalKey(shard + 1, 0)) << shard;
    EXPECT_TRUE(shard == 0 || JournalKey(shard - 1, kMax64) < begin) << shard;
  }
}

TEST(KeysTest, AnEventsPositionIsReadBack) {
  const EventPosition position{.at = 1, .sequence = kMax64, .index = 3};
  const std::string key = EventKey(7, position);
  EXPECT_EQ(ParseEventKey(key), position);
  EXPECT_EQ(PrintableKey(key), "E/7/1/18446744073709551615/3");
  EXPECT_LT(key, EventKey(7, {.at = 2, .sequence = 0, .index = 0}));
  EXPECT_FALSE(ParseEventKey(key + "x").has_value());
  EXPECT_FALSE(ParseEventKey(key.substr(0, key.size() - 1)).has_value());
  EXPECT_FALSE(ParseEventKey(JournalKey(7, 1)).has_value());
}

TEST(KeysTest, PrefixEndIsTheFirstKeyBehindThePrefix) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd("a\xff\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff"), "");
  EXPECT_EQ(PrefixEnd(""), "");
}

TEST(KeysTest, NumbersAreReadBackAndShortOnesLeftAlone) {
  std::string bytes;
  AppendBigEndian32(bytes, 0x01020304);
  AppendBigEndian64(bytes, 0xf1f2f3f4f5f6f7f8);
  EXPECT_EQ(bytes, "\x01\x02\x03\x04\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8");
  std::string_view rest = bytes;
  uint32_t narrow = 0;
  uint64_t wide = 0;
  ASSERT_TRUE(ConsumeBigEndian32(rest, narrow));
  ASSERT_TRUE(ConsumeBigEndian64(rest, wide));
  EXPECT_EQ(narrow, 0x01020304u);
  EXPECT_EQ(wide, 0xf1f2f3f4f5f6f7f8u);
  rest = "abc";
  EXPECT_FALSE(ConsumeBigEndian32(rest, narrow));
  EXPECT_FALSE(ConsumeBigEndian64(rest, wide));
  EXPECT_EQ(rest, "abc");
}

TEST(KeysTest, KeysPrintAsPeopleReadThem) {
  EXPECT_EQ(PrintableKey(FormatKey()), "F");
  EXPECT_EQ(PrintableKey(LowWaterKey(3)), "W/3");
  EXPECT_EQ(PrintableKey(JournalKey(3, 1'234'567'890'123)), "J/3/1234567890123");
  EXPECT_EQ(PrintableKey(AccountKey(15, 42)), "A/15/42");
  EXPECT_EQ(PrintableKey(IdPageKey(15, 42)), "P/15/42");
}

TEST(KeysTest, KeysAreTakenApartIntoTheirNumbers) {
  const auto audit = ParseKey(AuditKey(3, 7, 11, 13, 17));
  ASSERT_TRUE(audit.has_value());
  EXPECT_EQ(audit->tag, KeyTag::kAudit);
  EXPECT_EQ(audit->numbers,
            (std::vector<uint64_t>{3, 7, UINT64_MAX - 11, UINT64_MAX - 13, UINT32_MAX - 17}));
  const auto format = ParseKey(FormatKey());
  ASSERT_TRUE(format.has_value());
  EXPECT_TRUE(format->numbers.empty());
  const std::string key = JournalKey(3, 1);
  for (size_t size = 0; size < key.size(); ++size) {
    EXPECT_FALSE(ParseKey(key.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(ParseKey(key + "x").has_value());
  EXPECT_FALSE(ParseKey("?").has_value());
}

TEST(KeysTest, OtherKeysPrintEscapedAndShortened) {
  EXPECT_EQ(PrintableKey(""), "\"\"");
  EXPECT_EQ(PrintableKey("hello\x01"), "\"hello\\x01\"");
  EXPECT_EQ(PrintableKey(JournalKey(3, 1) + "x"),
            "\"J\\x00\\x00\\x00\\x03\\x00\\x00\\x00\\x00"
            "\\x00\\x00\\x00\\x01x\"");
  EXPECT_EQ(PrintableKey(std::string(500, 'z')), "\"" + std::string(64, 'z') + "\"...");
}

}  // namespace
}  // namespace quota::storage
