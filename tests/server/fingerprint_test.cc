// Fingerprints are stored: the values here must stay what they are, in every release.
#include "server/fingerprint.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace quota::server {
namespace {

template <typename Request>
uint64_t Of(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return Fingerprint(request);
}

constexpr char kFullReserve[] = R"(
    org_id: "acme" reservation_id: "0f8fad5b-d9cb-469f-a165-70867728950e" slots: 2
    method { name: "tickets.list" attributes { key: "from" value: 2001 }
             attributes { key: "limit" value: 50 } }
    ttl { seconds: 30 nanos: 500000000 } mode: RESERVE_MODE_BEST_EFFORT
    on_expiry: EXPIRY_ACTION_COMMIT bind_to_session: true)";

TEST(Fingerprint, ValuesNeverChange) {
  EXPECT_EQ(Of<v1::ReserveRequest>(R"(org_id: "acme" reservation_id: "r1" credits: 5)"),
            13061937902433457271U);
  EXPECT_EQ(Of<v1::ReserveRequest>(kFullReserve), 2490143189594352151U);
  EXPECT_EQ(Of<v1::ChargeRequest>(R"(org_id: "acme" reservation_id: "r1" credits: 5)"),
            7151002217185479941U);
  EXPECT_EQ(Of<v1::CreateOrgRequest>(R"(
                request_id: "q1" org_id: "acme" edition: "standard" agents: 12 light_agents: 3
                data_center: "eu" time_zone: "Europe/Paris" paid: true
                signup_day { year: 2025 month: 11 day: 3 })"),
            5560520408708358114U);
  EXPECT_EQ(Of<v1::SetEditionRequest>(
                R"(request_id: "q1" org_id: "acme" edition: "free" expected_revision: 3)"),
            7002273485318791268U);
  EXPECT_EQ(
      Of<v1::SetAgentsRequest>(R"(request_id: "q1" org_id: "acme" agents: 0 light_agents: 0)"),
      14860361045101250543U);
  EXPECT_EQ(Of<v1::PurchaseCreditsRequest>(R"(
                request_id: "q1" org_id: "acme" purchase_id: "p1" pack_credits: 1000
                first_day { year: 2025 month: 11 day: 3 } last_day { year: 2026 month: 1 day: 2 })"),
            15875087191306726656U);
  EXPECT_EQ(Of<v1::SetConcurrencyLimitRequest>(
                R"(request_id: "q1" org_id: "acme" pool: "heavy" limit: 4)"),
            7969738795752504247U);
}

TEST(Fingerprint, EachFieldOfAChangeCounts) {
  const std::string base = R"(request_id: "q" org_id: "acme" )";
  const std::set<uint64_t> distinct = {
      Of<v1::SetDataCenterRequest>(base + R"(data_center: "eu")"),
      Of<v1::SetDataCenterRequest>(base + R"(data_center: "eu" time_zone: "")"),
      Of<v1::SetDataCenterRequest>(base + R"(data_center: "eu" time_zone: "UTC")"),
      Of<v1::SetLegacyLimitRequest>(base),
      Of<v1::SetLegacyLimitRequest>(base + "legacy_limit: 0"),
      Of<v1::SetLegacyLimitRequest>(base + "legacy_limit: 1"),
      Of<v1::SetLegacyLimitRequest>(base + "grandfathered_until { year: 2026 }"),
      Of<v1::SuspendOrgRequest>(base),
      Of<v1::SuspendOrgRequest>(base + R"(reason: "x")"),
      Of<v1::ResumeOrgRequest>(base),
      Of<v1::ResumeOrgRequest>(base + "expected_revision: 0"),
      Of<v1::RevokeCreditsRequest>(base),
      Of<v1::RevokeCreditsRequest>(base + R"(purchase_id: "p")"),
      Of<v1::SetEditionRequest>(base),
      Of<v1::SetEditionRequest>(base + "paid: false"),
      Of<v1::SetEditionRequest>(base + "paid: true"),
      Of<v1::CreateOrgRequest>(base),
      Of<v1::CreateOrgRequest>(base + "legacy_limit: 0"),
      Of<v1::CreateOrgRequest>(base + "grandfathered_until { year: 2026 }"),
  };
  EXPECT_EQ(distinct.size(), 19U);
}

TEST(Fingerprint, EachFieldOfAReserveCounts) {
  const std::string base = R"(org_id: "acme" reservation_id: "r1" )";
  const std::set<uint64_t> distinct = {
      Of<v1::ReserveRequest>(base),
      Of<v1::ReserveRequest>(R"(org_id: "acmer" reservation_id: "1")"),
      Of<v1::ReserveRequest>(base + "credits: 0"),
      Of<v1::ReserveRequest>(base + "credits: 5"),
      Of<v1::ReserveRequest>(base + "credits: 5 slots: 0"),
      Of<v1::ReserveRequest>(base + "credits: 5 slots: 1"),
      Of<v1::ReserveRequest>(base + "credits: 5 ttl { }"),
      Of<v1::ReserveRequest>(base + "credits: 5 ttl { seconds: 1 }"),
      Of<v1::ReserveRequest>(base + "credits: 5 ttl { nanos: 1 }"),
      Of<v1::ReserveRequest>(base + "credits: 5 mode: RESERVE_MODE_NORMAL"),
      Of<v1::ReserveRequest>(base + "credits: 5 on_expiry: EXPIRY_ACTION_RELEASE"),
      Of<v1::ReserveRequest>(base + "credits: 5 bind_to_session: true"),
      Of<v1::ReserveRequest>(base + R"(method { })"),
      Of<v1::ReserveRequest>(base + R"(method { name: "m" })"),
      Of<v1::ReserveRequest>(base + R"(method { name: "m" attributes { key: "a" value: 0 } })"),
      Of<v1::ReserveRequest>(base + R"(method { name: "m" attributes { key: "a" value: 1 } })"),
      Of<v1::ReserveRequest>(base + R"(method { name: "m" attributes { key: "b" value: 1 } })"),
  };
  EXPECT_EQ(distinct.size(), 17U);
}

TEST(Fingerprint, TheOrderOfAttributesDoesNotCount) {
  v1::ReserveRequest forward;
  v1::ReserveRequest backward;
  for (int i = 0; i < 16; ++i) {
    (*forward.mutable_method()->mutable_attributes())["a" + std::to_string(i)] = i;
    (*backward.mutable_method()->mutable_attributes())["a" + std::to_string(15 - i)] = 15 - i;
  }
  EXPECT_EQ(Fingerprint(forward), Fingerprint(backward));
}

TEST(Fingerprint, AChargeIsNoReserve) {
  const std::string text = R"(org_id: "acme" reservation_id: "r1" credits: 5)";
  EXPECT_NE(Of<v1::ReserveRequest>(text), Of<v1::ChargeRequest>(text));
}

// A field of a later release must change no fingerprint of a request that does not use it.
TEST(Fingerprint, UnknownFieldsDoNotCount) {
  v1::ChargeRequest request;
  request.set_org_id("acme");
  const uint64_t before = Fingerprint(request);
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(1'000, 1);
  EXPECT_EQ(Fingerprint(request), before);
}

}  // namespace
}  // namespace quota::server
