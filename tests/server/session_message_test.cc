#include "server/session_message.h"

#include <google/protobuf/arena.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "server/request_reader.h"
#include "tests/fakes/command_words.h"
#include "tests/fakes/dice.h"
#include "tests/server/message_text.h"

namespace quota::server {
namespace {

using Kind = SessionMessage::Kind;

template <typename Message>
std::string Bytes(const std::string& text) {
  return FromText<Message>(text).SerializeAsString();
}

// A field of bytes, as it is on the wire.
std::string Field(int number, const std::string& bytes) {
  EXPECT_LT(bytes.size(), 0x80U);
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

constexpr int kOpen = v1::SessionRequest::kOpenFieldNumber;
constexpr int kBatch = v1::SessionRequest::kBatchFieldNumber;
constexpr int kOperations = v1::Batch::kOperationsFieldNumber;

// ---- Messages ----

TEST(SessionMessage, AnOpenIsRead) {
  SessionMessage message;
  message.bytes() = Bytes<v1::SessionRequest>("open { session_id: 'api-1' epoch: 7 }");
  ASSERT_TRUE(message.Read().ok());
  EXPECT_EQ(message.kind(), Kind::kOpen);
  EXPECT_EQ(message.open().session_id(), "api-1");
  EXPECT_EQ(message.open().epoch(), 7U);
}

TEST(SessionMessage, OperationsOfABatchAreFoundInTheirBytes) {
  SessionMessage message;
  const std::string first = Bytes<v1::Operation>("get_usage { org_id: 'acme' }");
  message.bytes() = Bytes<v1::SessionRequest>(
      "batch { sequence: 9 operations { get_usage { org_id: 'acme' } } operations { } }");
  ASSERT_TRUE(message.Read().ok());
  EXPECT_EQ(message.kind(), Kind::kBatch);
  EXPECT_EQ(message.sequence(), 9U);
  EXPECT_EQ(message.operations(), (std::vector<std::string_view>{first, ""}));
}

TEST(SessionMessage, AMessageOfNoKindIsNone) {
  SessionMessage message;
  ASSERT_TRUE(message.Read().ok());
  EXPECT_EQ(message.kind(), Kind::kNone);
}

// As protobuf merges them: a client in another language may write a message so.
TEST(SessionMessage, ABatchInPartsIsOne) {
  SessionMessage message;
  message.bytes() = Field(kBatch, Field(kOperations, "")) +
                    Bytes<v1::SessionRequest>("batch { sequence: 3 operations { } }");
  ASSERT_TRUE(message.Read().ok());
  EXPECT_EQ(message.sequence(), 3U);
  EXPECT_EQ(message.operations().size(), 2U);
}

TEST(SessionMessage, OfSeveralKindsTheLastCounts) {
  SessionMessage message;
  message.bytes() = Field(kBatch, Field(kOperations, "")) +
                    Field(kOpen, Bytes<v1::SessionOpen>("session_id: 'api-1'"));
  ASSERT_TRUE(message.Read().ok());
  EXPECT_EQ(message.kind(), Kind::kOpen);

  message.Clear();
  message.bytes() = Field(kOpen, "") + Field(kBatch, Field(kOperations, ""));
  ASSERT_TRUE(message.Read().ok());
  EXPECT_EQ(message.kind(), Kind::kBatch);
}

TEST(SessionMessage, UnknownFieldsArePassedOver) {
  SessionMessage message;
  message.bytes() =
      Field(9, "new") + Field(kBatch, Field(kOperations, "") + Field(9, "newer")) + Field(9, "");
  ASSERT_TRUE(message.Read().ok());
  EXPECT_EQ(message.operations().size(), 1U);
}

TEST(SessionMessage, TheNumberOfOperationsHasBounds) {
  v1::SessionRequest request = FromText<v1::SessionRequest>("batch { sequence: 5 }");
  SessionMessage message;
  message.bytes() = request.SerializeAsString();
  EXPECT_EQ(message.Read().message(),
            "batch.operations: 0 operations in batch 5; there must be 1 to 1024");
  for (int i = 0; i < 5'000; ++i) request.mutable_batch()->add_operations();
  message.Clear();
  message.bytes() = request.SerializeAsString();
  EXPECT_EQ(message.Read().message(),
            "batch.operations: 5000 operations in batch 5; there must be 1 to 1024");
}

TEST(SessionMessage, WhatIsNoMessageIsRefused) {
  const std::string broken[] = {
      "\x12",                                          // a field without its value
      "\x12\x05\x12",                                  // shorter than it says
      Field(kBatch, "\x12\x05\x12"),                   // the same within
      Field(kBatch, "\x0b"),                           // a group that does not end
      Field(kOpen, Field(1, "\xff")),                  // no UTF-8
      std::string("\x12\x00\x00", 3),                  // no field
      "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",  // a length beyond 64 bits
  };
  for (const std::string& bytes : broken) {
    SessionMessage message;
    message.bytes() = bytes;
    EXPECT_EQ(message.Read().message(), "message: no SessionRequest; it must be one");
  }
}

TEST(SessionMessage, AClearedOneIsAsNew) {
  SessionMessage message;
  message.bytes() = Bytes<v1::SessionRequest>("batch { sequence: 9 operations { } }");
  ASSERT_TRUE(message.Read().ok());
  message.Clear();
  EXPECT_EQ(message.size(), 0U);
  EXPECT_EQ(message.operations().size(), 0U);
  message.bytes() = Bytes<v1::SessionRequest>("batch { operations { } }");
  ASSERT_TRUE(message.Read().ok());
  EXPECT_EQ(message.sequence(), 0U);
  EXPECT_EQ(message.operations().size(), 1U);
}

// ---- Operations ----

// What came of reading one: the error, or the command in words.
std::string Outcome(const absl::Status& status, const ledger::Command& command) {
  return status.ok() ? test::WordsOf(command) : std::string(status.message());
}

// Reads `bytes` in place, and as a message: the same must come of it. Returns it.
std::string ReadBothWays(const std::string& bytes) {
  google::protobuf::Arena arena;
  ledger::Command in_place;
  const std::string read =
      Outcome(ReadOperation(std::string_view(bytes), "session-1", arena, in_place), in_place);
  v1::Operation operation;
  ledger::Command command;
  if (operation.ParseFromString(bytes)) {
    EXPECT_EQ(read, Outcome(ReadOperation(operation, "session-1", command), command))
        << operation.ShortDebugString();
  } else {
    EXPECT_EQ(read, "operation: no Operation; it must be one");
  }
  return read;
}

const char* const kOperationTexts[] = {
    "reserve { org_id: 'acme' reservation_id: 'r1' credits: 0 }",
    R"(reserve { org_id: 'acme' reservation_id: '0f8fad5b-d9cb-469f-a165-70867728950e' credits: 20
         slots: 2 ttl { seconds: 60 nanos: 5000 } mode: RESERVE_MODE_BEST_EFFORT
         on_expiry: EXPIRY_ACTION_COMMIT bind_to_session: true })",
    "reserve { org_id: 'acme' credits: 1 mode: RESERVE_MODE_CHECK_ONLY slots: 0 }",
    R"(reserve { org_id: 'acme' reservation_id: 'r1'
         method { name: 'tickets.list' attributes { key: 'from' value: 3000 } } })",
    "reserve { org_id: 'acme' reservation_id: 'r1' credits: -1 }",
    "reserve { org_id: 'acme' reservation_id: 'r1' credits: 1 mode: 77 }",
    "reserve { org_id: 'acme' reservation_id: 'r1' credits: 1 on_expiry: -1 }",
    "reserve { org_id: 'acme' reservation_id: 'r1' credits: 1 slots: 1001 }",
    "reserve { org_id: 'acme' reservation_id: 'r1' credits: 1 ttl { seconds: 1 nanos: -1 } }",
    "reserve { org_id: 'acme' reservation_id: 'r1' }",
    "reserve { org_id: 'M\303\274ller' reservation_id: 'r1' credits: 1 }",
    "reserve { org_id: 'a\\tb' reservation_id: 'r1' credits: 1 }",
    "reserve { }",
    "commit { org_id: 'acme' reservation_id: 'r1' }",
    "commit { org_id: 'acme' reservation_id: 'r1' credits: 0 }",
    "commit { org_id: 'acme' reservation_id: 'r1' credits: 9223372036854775807 }",
    "release { org_id: 'acme' reservation_id: 'r1' }",
    "release { org_id: 'acme' }",
    "extend { org_id: 'acme' reservation_id: 'r1' ttl { seconds: 600 } }",
    "charge { org_id: 'acme' reservation_id: 'r1' credits: 7 mode: RESERVE_MODE_BEST_EFFORT }",
    "charge { org_id: 'acme' reservation_id: 'r1' method { name: 'tickets.list' } }",
    "get_usage { org_id: 'acme' }",
    "",
};

TEST(SessionOperation, IsReadInPlaceAsAMessageIs) {
  for (const char* text : kOperationTexts) ReadBothWays(Bytes<v1::Operation>(text));
  EXPECT_EQ(ReadBothWays(Bytes<v1::Operation>(kOperationTexts[4])),
            "credits: -1; it must be 0 to 1000000000000");
}

TEST(SessionOperation, UnusualFormsAreReadAsProtobufDoes) {
  const std::string hold = Bytes<v1::CommitRequest>("org_id: 'acme' reservation_id: 'r1'");
  const int reserve = v1::Operation::kReserveFieldNumber;
  const int commit = v1::Operation::kCommitFieldNumber;
  // Fields that come twice, a kind in two parts, two kinds, a field that a later release adds.
  EXPECT_EQ(ReadBothWays(Field(commit, hold + Field(2, "r2"))), "acme: commit r2 what was held");
  EXPECT_EQ(ReadBothWays(Field(commit, hold) + Field(commit, Field(2, "r2"))),
            "acme: commit r2 what was held");
  EXPECT_EQ(ReadBothWays(Field(reserve, hold) + Field(commit, hold)),
            "acme: commit r1 what was held");
  EXPECT_EQ(ReadBothWays(Field(commit, hold + Field(14, "new"))), "acme: commit r1 what was held");
  // The other cost takes the first one's place; two durations are merged.
  ReadBothWays(Field(reserve, hold + "\x18\x05" + Field(4, Field(1, "m"))));
  ReadBothWays(Field(reserve, hold + Field(4, Field(1, "m")) + "\x18\x05"));
  ReadBothWays(Field(reserve, hold + "\x18\x05" + Field(6, "\x08\x05") + Field(6, "\x10\x07")));
  // Numbers that are longer than they need be, or than their fields.
  EXPECT_EQ(ReadBothWays(Field(commit, hold + std::string("\x18\x85\x80\x00", 4))),
            "acme: commit r1 credits 5");
  ReadBothWays(Field(reserve, hold + "\x18\x05\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
  ReadBothWays(Field(reserve, hold + "\x18\x05\x38\x81\x80\x80\x80\x10"));
  EXPECT_EQ(ReadBothWays(Field(commit, Field(1, "\xff"))),
            "operation: no Operation; it must be one");
}

TEST(SessionOperation, RandomBytesAreReadInPlaceAsAMessageIs) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  test::Dice dice(seed);
  std::vector<std::string> samples;
  for (const char* text : kOperationTexts) samples.push_back(Bytes<v1::Operation>(text));
  for (int i = 0; i < 50'000 && !testing::Test::HasFailure(); ++i) {
    std::string bytes = dice.AnyOf(samples);
    for (int64_t edits = dice.Pick(0, 3); edits > 0 && !bytes.empty(); --edits) {
      const auto at = static_cast<size_t>(dice.Pick(0, std::ssize(bytes) - 1));
      const auto value = static_cast<char>(dice.Pick(0, 255));
      switch (dice.Pick(0, 2)) {
        case 0:
          bytes[at] = value;
          break;
        case 1:
          bytes.insert(at, 1, value);
          break;
        default:
          bytes.erase(at, 1);
      }
    }
    ReadBothWays(bytes);
  }
}

}  // namespace
}  // namespace quota::server
