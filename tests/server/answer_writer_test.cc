#include "server/answer_writer.h"

#include <grpcpp/support/slice.h>
#include <gtest/gtest.h>

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/message_text.h"

namespace quota::server {
namespace {

// As text, so that a difference can be read.
template <typename Message>
std::string Normal(const std::string& text) {
  return FromText<Message>(text).DebugString();
}

template <typename Message>
std::string Written(ledger::Answer answer) {
  MessageWriter writer;
  WriteAnswer("acme", answer, writer);
  Message message;
  EXPECT_TRUE(message.ParseFromArray(writer.bytes().data(), std::ssize(writer.bytes())));
  // Byte for byte what protobuf would write.
  EXPECT_EQ(message.SerializeAsString(), writer.bytes());
  return message.DebugString();
}

ledger::Snapshot Usage() {
  ledger::Snapshot usage;
  usage.allotment = Credits(3'000);
  usage.used = Credits(1'000);
  usage.held = Credits(20);
  usage.remaining = Credits(1'980);
  usage.resets_at = Instant(Duration(1'762'214'400'000'001));
  usage.pools.push_back({"main", 10, 2});
  usage.pools.push_back({"heavy", 3, 0});
  usage.catalog_revision = 4;
  return usage;
}

constexpr char kUsage[] = R"(usage {
    allotment: 3000 used: 1000 held: 20 remaining: 1980
    resets_at { seconds: 1762214400 nanos: 1000 }
    pools { name: "main" limit: 10 in_flight: 2 } pools { name: "heavy" limit: 3 }
    catalog_revision: 4 } )";

TEST(AnswerWriter, Granted) {
  ledger::ReserveAnswer answer;
  answer.decision = ledger::Decision::kGranted;
  answer.credits = Credits(20);
  answer.expires_at = Instant(std::chrono::seconds(1'762'171'260));
  answer.state = ledger::HoldState::kOpen;
  answer.usage = Usage();
  EXPECT_EQ(Written<v1::ReserveResponse>(answer),
            Normal<v1::ReserveResponse>(std::string(kUsage) + R"(
                decision: DECISION_GRANTED credits: 20 expires_at { seconds: 1762171260 }
                state: HOLD_STATE_OPEN)"));
}

TEST(AnswerWriter, RefusedForWantOfSlots) {
  ledger::ReserveAnswer answer;
  answer.decision = ledger::Decision::kConcurrencyExhausted;
  answer.exhausted_pool = "heavy";
  answer.usage = Usage();
  EXPECT_EQ(Written<v1::ReserveResponse>(answer),
            Normal<v1::ReserveResponse>(std::string(kUsage) + R"(
                decision: DECISION_CONCURRENCY_EXHAUSTED exhausted_pool: "heavy")"));
}

// No organisation, no day: what has no value stays unset.
TEST(AnswerWriter, UnknownOrganisation) {
  EXPECT_EQ(Written<v1::ReserveResponse>(ledger::ReserveAnswer{}),
            Normal<v1::ReserveResponse>("decision: DECISION_ORG_UNKNOWN usage { }"));
}

TEST(AnswerWriter, Settled) {
  EXPECT_EQ(Written<v1::CommitResponse>(
                ledger::CommitAnswer{Credits(7), Credits(2), true, true, Usage()}),
            Normal<v1::CommitResponse>(std::string(kUsage) +
                                       "charged: 7 overage: 2 late: true repeated: true"));
  EXPECT_EQ(Written<v1::ReleaseResponse>(
                ledger::ReleaseAnswer{ledger::HoldState::kSessionLost, true, Usage()}),
            Normal<v1::ReleaseResponse>(std::string(kUsage) +
                                        "state: HOLD_STATE_SESSION_LOST repeated: true"));
  EXPECT_EQ(
      Written<v1::ExtendResponse>(ledger::ExtendAnswer{Instant(std::chrono::seconds(9)), Usage()}),
      Normal<v1::ExtendResponse>(std::string(kUsage) + "expires_at { seconds: 9 }"));
  EXPECT_EQ(
      Written<v1::ChargeResponse>(
          ledger::ChargeAnswer{ledger::Decision::kGranted, Credits(7), false, Usage()}),
      Normal<v1::ChargeResponse>(std::string(kUsage) + "decision: DECISION_GRANTED charged: 7"));
}

ledger::UsageAnswer FullUsage() {
  ledger::UsageAnswer answer;
  answer.edition = "enterprise";
  answer.model = ledger::Model::kApiLimits;
  answer.model_reason = "not live yet";
  answer.usage = Usage();
  answer.allotment_by_source = {Credits(1), Credits(2), Credits(3), Credits(4), Credits(5)};
  answer.used_by_source = {Credits(6), Credits(7), Credits(8), Credits(9), Credits(10)};
  answer.overage = Credits(11);
  answer.day_starts_at = Instant(std::chrono::seconds(12));
  answer.time_zone = "Europe/Paris";
  answer.suspended = true;
  answer.open_reservations = 13;
  return answer;
}

TEST(AnswerWriter, UsageInFull) {
  EXPECT_EQ(Written<v1::GetUsageResponse>(FullUsage()),
            Normal<v1::GetUsageResponse>(std::string(kUsage) + R"(
                org_id: "acme" edition: "enterprise" model: MODEL_API_LIMITS
                model_reason: "not live yet" used_percent: 33.33 overage: 11
                allotment_by_source { base: 1 variable: 2 grandfathered: 3 additional: 4 packs: 5 }
                used_by_source { base: 6 variable: 7 grandfathered: 8 additional: 9 packs: 10 }
                day_starts_at { seconds: 12 } time_zone: "Europe/Paris" suspended: true
                open_reservations: 13)"));
}

TEST(AnswerWriter, NothingAllottedIsNoPercentage) {
  ledger::UsageAnswer usage = FullUsage();
  usage.usage.allotment = kZeroCredits;
  EXPECT_EQ(Written<v1::GetUsageResponse>(usage).find("used_percent"), std::string::npos);
}

v1::OperationResult ResultOf(const Call& call) {
  MessageWriter writer;
  WriteResult(call, writer);
  v1::OperationResult result;
  EXPECT_TRUE(result.ParseFromArray(writer.bytes().data(), std::ssize(writer.bytes())));
  EXPECT_EQ(result.SerializeAsString(), writer.bytes());
  return result;
}

TEST(AnswerWriter, AResultIsOfItsOperationsKind) {
  class TestCall final : public Call {
    void OnAnswered() override {}
  };
  const std::pair<ledger::Answer, v1::OperationResult::KindCase> kinds[] = {
      {ledger::ReserveAnswer(), v1::OperationResult::kReserve},
      {ledger::CommitAnswer(), v1::OperationResult::kCommit},
      {ledger::ReleaseAnswer(), v1::OperationResult::kRelease},
      {ledger::ExtendAnswer(), v1::OperationResult::kExtend},
      {ledger::ChargeAnswer(), v1::OperationResult::kCharge},
      {ledger::UsageAnswer(), v1::OperationResult::kGetUsage},
  };
  for (const auto& [answer, kind] : kinds) {
    TestCall call;
    call.answer = answer;
    EXPECT_EQ(ResultOf(call).kind_case(), kind);
    call.status = absl::NotFoundError("gone");
    EXPECT_EQ(ResultOf(call).error().message(), "gone");
  }
}

// Lengths of two bytes and more, and a message beyond the writer's first memory.
TEST(AnswerWriter, ManyPools) {
  ledger::ReserveAnswer answer;
  for (int i = 0; i < 500; ++i) {
    answer.usage.pools.push_back(
        {std::string_view("a name of some length").substr(i % 20), i, -i - 1});
    const std::string written = Written<v1::ReserveResponse>(answer);
    EXPECT_NE(written.find("in_flight"), std::string::npos) << i;
  }
}

TEST(AnswerWriter, AResponseIsTheSameBytes) {
  grpc::ByteBuffer response;
  WriteAnswer("acme", FullUsage(), response);
  MessageWriter writer;
  WriteAnswer("acme", FullUsage(), writer);
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(response.Dump(&slices).ok());
  ASSERT_EQ(slices.size(), 1U);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(slices[0].begin()), slices[0].size()),
            writer.bytes());
}

TEST(MessageWriter, AClearedOneIsAsNew) {
  MessageWriter writer;
  for (int i = 0; i < 2; ++i) {
    writer.Message(1, [&] {
      for (int field = 0; field < 100'000; ++field) writer.Int(1, field);
    });
    writer.Clear();
    EXPECT_EQ(writer.bytes(), "");
    writer.Message(2, [&] { writer.Int(3, 300); });
    EXPECT_EQ(writer.bytes(), "\x12\x03\x18\xac\x02");
    writer.Clear();
  }
}

}  // namespace
}  // namespace quota::server
