#include "storage/record.h"

#include <gtest/gtest.h>

#include "storage/keys.h"
#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

using absl::StatusCode;

TEST(RecordTest, APayloadComesBackFromItsKey) {
  for (const std::string& payload : {std::string(), std::string("p"), std::string(70'000, '\0')}) {
    const std::string value = SealRecord("key", payload);
    EXPECT_EQ(value.size(), payload.size() + kRecordOverheadBytes);
    absl::StatusOr<std::string_view> opened = OpenRecord("key", value);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, payload);
  }
}

TEST(RecordTest, AnyFlippedBitIsFound) {
  const std::string key = JournalKey(1, 2);
  const std::string value = SealRecord(key, "what was written");
  for (size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string damaged = value;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_THAT(OpenRecord(key, damaged), IsError(StatusCode::kDataLoss, "J/1/2")) << bit;
  }
}

TEST(RecordTest, ACutOrLengthenedValueIsFound) {
  const std::string value = SealRecord("key", "payload");
  for (size_t size = 0; size < value.size(); ++size) {
    EXPECT_THAT(OpenRecord("key", std::string_view(value).substr(0, size)),
                IsError(StatusCode::kDataLoss, "\"key\""));
  }
  EXPECT_THAT(OpenRecord("key", value + '\0'), IsError(StatusCode::kDataLoss, "checksum"));
}

TEST(RecordTest, AValueUnderAnotherKeyIsFound) {
  EXPECT_THAT(OpenRecord("other", SealRecord("key", "payload")),
              IsError(StatusCode::kDataLoss, "\"other\""));
  EXPECT_THAT(OpenRecord("keyp", SealRecord("key", "payload")),
              IsError(StatusCode::kDataLoss, "\"keyp\""));
}

// What is stored outlives the code that wrote it: these bytes never change.
TEST(RecordTest, TheEnvelopeIsTheOneOfFormatOne) {
  EXPECT_EQ(SealRecord("k", "v"), std::string("\x01\x05\xb6\xd8\x98v", 6));
}

}  // namespace
}  // namespace quota::storage
