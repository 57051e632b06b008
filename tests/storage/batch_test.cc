#include "storage/batch.h"

#include <gtest/gtest.h>

#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

constexpr Limits kLimits{8, 1000, 500};

void ExpectInvalid(const Batch& batch, const std::string& part) {
  EXPECT_THAT(Validate(batch, kLimits), IsError(absl::StatusCode::kInvalidArgument, part));
}

TEST(BatchTest, CountsOperationsAndBytesOfWritesAndPreconditions) {
  Batch batch;
  batch.Put("ab", "cde");
  batch.Delete("f");
  batch.DeleteRange("g", "hi");
  batch.RequireAbsent("jk");
  batch.RequireValue("l", "mno");
  EXPECT_EQ(batch.operations(), 5u);
  EXPECT_EQ(batch.bytes(), 5u + 1 + 3 + 2 + 4);
  Batch twice = batch;
  twice.Append(batch);
  EXPECT_EQ(twice.operations(), 10u);
  EXPECT_EQ(twice.bytes(), 2 * batch.bytes());
}

TEST(BatchTest, AnEmptyBatchAndNeighbouringKeysAreValid) {
  EXPECT_TRUE(Validate(Batch(), kLimits).ok());
  Batch batch;
  batch.DeleteRange("b", "d");
  batch.Put("d", "after the range");
  batch.Put("a\xff", "before it");
  batch.DeleteRange("f", "g");
  batch.DeleteRange("e", "f");
  batch.RequireAbsent("d");
  EXPECT_TRUE(Validate(batch, kLimits).ok()) << Validate(batch, kLimits);
}

TEST(BatchTest, KeysHaveBounds) {
  Batch empty;
  empty.Put("", "v");
  ExpectInvalid(empty, "empty");
  Batch required;
  required.RequireAbsent("");
  ExpectInvalid(required, "empty");
  Batch longest;
  longest.Put(std::string(kMaxKeyBytes, 'k'), "");
  EXPECT_TRUE(Validate(longest, {8, 10'000, 500}).ok());
  Batch longer;
  longer.Put(std::string(kMaxKeyBytes + 1, 'k'), "");
  ExpectInvalid(longer, "513 bytes");
}

TEST(BatchTest, EveryLimitIsChecked) {
  Batch operations;
  for (char key = 'a'; key < 'a' + 9; ++key) operations.Delete(std::string(1, key));
  ExpectInvalid(operations, "9 operations, at most 8");
  Batch bytes;
  bytes.Put("a", std::string(499, 'x'));
  bytes.Put("b", std::string(500, 'x'));
  ExpectInvalid(bytes, "1001 bytes, at most 1000");
  Batch value;
  value.Put("a", std::string(501, 'x'));
  ExpectInvalid(value, "501 bytes, at most 500");
  Batch required;
  required.RequireValue("a", std::string(501, 'x'));
  ExpectInvalid(required, "\"a\"");
}

TEST(BatchTest, RangesAreNotEmpty) {
  Batch equal;
  equal.DeleteRange("a", "a");
  ExpectInvalid(equal, "range is empty");
  Batch inverted;
  inverted.DeleteRange("b", "a");
  ExpectInvalid(inverted, "range is empty");
}

TEST(BatchTest, NoKeyIsWrittenTwice) {
  Batch put_twice;
  put_twice.Put("k", "1");
  put_twice.Put("k", "1");
  ExpectInvalid(put_twice, "written twice: \"k\"");
  Batch at_begin;
  at_begin.Put("k", "1");
  at_begin.DeleteRange("k", "l");
  ExpectInvalid(at_begin, "written twice: \"k\"");
  Batch inside;
  inside.Delete("b");
  inside.DeleteRange("a", "z");
  inside.Put("y", "1");
  ExpectInvalid(inside, "written twice");
  Batch overlap;
  overlap.DeleteRange("a", "m");
  overlap.DeleteRange("l", "z");
  ExpectInvalid(overlap, "written twice: \"l\"");
}

TEST(BatchTest, NoKeyIsRequiredTwice) {
  Batch batch;
  batch.RequireAbsent("k");
  batch.RequireValue("k", "v");
  ExpectInvalid(batch, "required twice: \"k\"");
}

}  // namespace
}  // namespace quota::storage
