#include "storage/rocksdb/highest_keys.h"

#include <gtest/gtest.h>

#include <string>

#include "storage/batch.h"
#include "storage/keys.h"

namespace quota::storage {
namespace {

class HighestKeysTest : public testing::Test {
 protected:
  static std::string Sequence(uint32_t shard) {
    return std::string(HighestKeys::SequenceOf(JournalKey(shard, 1)));
  }
  void Put(const std::string& key) {
    Batch batch;
    batch.Put(key, "value");
    keys_.Add(batch);
  }

  HighestKeys keys_;
};

TEST_F(HighestKeysTest, AJournalIsASequence) {
  EXPECT_EQ(HighestKeys::SequenceOf(JournalKey(1, 1)), HighestKeys::SequenceOf(JournalKey(1, 900)));
  EXPECT_NE(HighestKeys::SequenceOf(JournalKey(1, 1)), HighestKeys::SequenceOf(JournalKey(2, 1)));
  EXPECT_EQ(HighestKeys::SequenceOf("12345678"), "");
}

TEST_F(HighestKeysTest, NothingIsAbsentOfWhatIsNotKnown) {
  EXPECT_FALSE(keys_.Knows(Sequence(1)));
  EXPECT_FALSE(keys_.Absent(JournalKey(1, 5)));
  Put(JournalKey(1, 4));
  EXPECT_FALSE(keys_.Absent(JournalKey(1, 5)));
}

TEST_F(HighestKeysTest, WhatIsBehindTheHighestIsAbsent) {
  keys_.Learn(Sequence(1), JournalKey(1, 4));
  EXPECT_TRUE(keys_.Knows(Sequence(1)));
  EXPECT_FALSE(keys_.Absent(JournalKey(1, 4)));
  EXPECT_TRUE(keys_.Absent(JournalKey(1, 5)));
  EXPECT_FALSE(keys_.Absent(JournalKey(2, 5)));
}

TEST_F(HighestKeysTest, WithoutAKeyAllOfThemAreAbsent) {
  keys_.Learn(Sequence(1), Sequence(1));
  EXPECT_TRUE(keys_.Absent(JournalKey(1, 0)));
}

TEST_F(HighestKeysTest, APutMovesTheHighestUpAlone) {
  keys_.Learn(Sequence(1), JournalKey(1, 4));
  Put(JournalKey(1, 9));
  Put(JournalKey(1, 7));
  Put(JournalKey(2, 20));
  EXPECT_FALSE(keys_.Absent(JournalKey(1, 9)));
  EXPECT_TRUE(keys_.Absent(JournalKey(1, 10)));
}

TEST_F(HighestKeysTest, ADeletedKeyIsLookedUp) {
  keys_.Learn(Sequence(1), JournalKey(1, 4));
  Batch batch;
  batch.Delete(JournalKey(1, 4));
  keys_.Add(batch);
  EXPECT_FALSE(keys_.Absent(JournalKey(1, 4)));
}

TEST_F(HighestKeysTest, ForgetsAllBeforeItGrowsWithoutBound) {
  for (uint32_t shard = 0; shard < 5'000; ++shard) keys_.Learn(Sequence(shard), Sequence(shard));
  EXPECT_FALSE(keys_.Knows(Sequence(0)));
  EXPECT_TRUE(keys_.Knows(Sequence(4'999)));
}

}  // namespace
}  // namespace quota::storage
