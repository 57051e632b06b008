#include "storage/format.h"

#include <gtest/gtest.h>

#include <memory>

#include "storage/keys.h"
#include "storage/memory_store.h"
#include "storage/record.h"
#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

using absl::StatusCode;

class FormatTest : public ::testing::Test {
 protected:
  void PutFormat(uint32_t version, uint32_t shards, const std::string& rest) {
    std::string payload;
    AppendBigEndian32(payload, version);
    AppendBigEndian32(payload, shards);
    MustPut(store_, FormatKey(), SealRecord(FormatKey(), payload + rest));
  }

  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  MemoryStore store_{disk_, {}};
};

TEST_F(FormatTest, AnEmptyStoreGetsARecordThatLaterStartsRead) {
  absl::StatusOr<FormatInfo> created = EnsureFormat(store_, 8);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->version, kFormatVersion);
  EXPECT_EQ(created->shards, 8u);
  EXPECT_EQ(created->creation_id.size(), 32u);
  MustPut(store_, "other", "data");
  absl::StatusOr<FormatInfo> read = EnsureFormat(store_, 99);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->shards, 8u);
  EXPECT_EQ(read->creation_id, created->creation_id);
}

TEST_F(FormatTest, TwoStoresHaveTwoCreationIds) {
  MemoryStore other(std::make_shared<MemoryDisk>(), {});
  EXPECT_NE(EnsureFormat(store_, 8)->creation_id, EnsureFormat(other, 8)->creation_id);
}

TEST_F(FormatTest, ANumberOfShardsOutOfRangeIsRefused) {
  EXPECT_THAT(EnsureFormat(store_, 0), IsError(StatusCode::kInvalidArgument, "0 shards"));
  EXPECT_THAT(EnsureFormat(store_, 4097), IsError(StatusCode::kInvalidArgument, "4097 shards"));
  EXPECT_TRUE(Contents(store_).empty());
}

TEST_F(FormatTest, AnotherVersionIsRefusedNamingBothAndWhatToDo) {
  // What follows the version is another version's business.
  PutFormat(2, 16, "fields of version two");
  EXPECT_THAT(EnsureFormat(store_, 16),
              IsError(StatusCode::kFailedPrecondition,
                      "format version 2, and this quotad reads version 1: run the newer quotad"));
}

TEST_F(FormatTest, ForeignDataIsRefusedNamingAKey) {
  MustPut(store_, "users/1", "somebody's");
  EXPECT_THAT(EnsureFormat(store_, 16), IsError(StatusCode::kFailedPrecondition, "\"users/1\""));
  EXPECT_EQ(Contents(store_).size(), 1u);
}

TEST_F(FormatTest, AnyDamagedByteIsFound) {
  ASSERT_TRUE(EnsureFormat(store_, 16).ok());
  const size_t size = (*store_.Get(FormatKey()))->size();
  for (size_t byte = 0; byte < size; ++byte) {
    ASSERT_TRUE(disk_->Damage(FormatKey(), byte));
    EXPECT_THAT(EnsureFormat(store_, 16), IsError(StatusCode::kDataLoss, "record F")) << byte;
    ASSERT_TRUE(disk_->Damage(FormatKey(), byte));  // flips it back
  }
  EXPECT_TRUE(EnsureFormat(store_, 16).ok());
}

TEST_F(FormatTest, ARecordThatMakesNoSenseIsDataLoss) {
  PutFormat(1, 0, std::string(16, 'i'));
  EXPECT_THAT(EnsureFormat(store_, 16), IsError(StatusCode::kDataLoss, "0 shards"));
  PutFormat(1, 16, "short");
  EXPECT_THAT(EnsureFormat(store_, 16), IsError(StatusCode::kDataLoss, "length"));
}

TEST_F(FormatTest, AFailedWriteIsReported) {
  store_.FailWrite(1, WriteFault::kUnknownUnapplied);
  EXPECT_THAT(EnsureFormat(store_, 16), IsError(StatusCode::kUnavailable, "on demand"));
}

}  // namespace
}  // namespace quota::storage
