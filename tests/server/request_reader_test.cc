#include "server/request_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <variant>

#include "tests/server/message_text.h"

namespace quota::server {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// Reads `text` as a Request and returns the error's message, after its code.
template <typename Request>
std::string ErrorOf(const std::string& text) {
  const auto request = FromText<Request>(text);
  ledger::Command command;
  const absl::Status status = ReadRequest(request, command);
  return status.ok()
             ? "OK"
             : absl::StatusCodeToString(status.code()) + " " + std::string(status.message());
}

std::string Repeat(size_t times, char c) { return std::string(times, c); }

// One row: a request that makes no sense, and what it is told, without the code.
struct BadRequest {
  const char* name;
  std::string (*error_of)(const std::string&);
  std::string request;
  std::string message;
};

void PrintTo(const BadRequest& row, std::ostream* out) { *out << row.name; }

const std::string kOk = R"(org_id: "acme" reservation_id: "r1" credits: 1 )";

std::vector<BadRequest> DataPlaneRows() {
  const auto reserve = ErrorOf<v1::ReserveRequest>;
  std::string many;
  for (int i = 0; i < 17; ++i)
    many += "attributes { key: \"a" + std::to_string(i) + "\" value: 1 }";
  return {
      {"EmptyOrg", reserve, R"(reservation_id: "r1" credits: 1)",
       "org_id: 0 bytes; it must be 1 to 64"},
      {"LongOrg", reserve, "org_id: \"" + Repeat(65, 'o') + R"(" reservation_id: "r1" credits: 1)",
       "org_id: 65 bytes; it must be 1 to 64"},
      {"ControlCharacterInOrg", reserve, R"(org_id: "ac\nme" reservation_id: "r1" credits: 1)",
       "org_id: a control character (0x0a) at byte 3; it must have none"},
      {"DeleteInOrg", reserve, R"(org_id: "\x7f" reservation_id: "r1" credits: 1)",
       "org_id: a control character (0x7f) at byte 1; it must have none"},
      {"C1ControlCharacterInOrg", reserve, R"(org_id: "a\xc2\x85" reservation_id: "r" credits: 1)",
       "org_id: a control character (0xc2) at byte 2; it must have none"},
      {"EmptyId", reserve, R"(org_id: "acme" credits: 1)",
       "reservation_id: 0 bytes; it must be 1 to 64"},
      {"LongId", reserve, "org_id: \"acme\" credits: 1 reservation_id: \"" + Repeat(65, 'r') + "\"",
       "reservation_id: 65 bytes; it must be 1 to 64"},
      {"LongIdToCheckOnly", reserve,
       "org_id: \"acme\" credits: 1 mode: RESERVE_MODE_CHECK_ONLY reservation_id: \"" +
           Repeat(65, 'r') + "\"",
       "reservation_id: 65 bytes; it must be 1 to 64"},
      {"NoCost", reserve, R"(org_id: "acme" reservation_id: "r1")",
       "cost: missing; credits or method must be given"},
      {"NegativeCredits", reserve, R"(org_id: "acme" reservation_id: "r1" credits: -1)",
       "credits: -1; it must be 0 to 1000000000000"},
      {"HugeCredits", reserve, R"(org_id: "acme" reservation_id: "r1" credits: 1000000000001)",
       "credits: 1000000000001; it must be 0 to 1000000000000"},
      {"NoMethodName", reserve, R"(org_id: "acme" reservation_id: "r1" method { })",
       "method.name: 0 bytes; it must be 1 to 128"},
      {"LongMethodName", reserve,
       "org_id: \"acme\" reservation_id: \"r1\" method { name: \"" + Repeat(129, 'm') + "\" }",
       "method.name: 129 bytes; it must be 1 to 128"},
      {"ManyAttributes", reserve,
       "org_id: \"acme\" reservation_id: \"r1\" method { name: \"m\" " + many + " }",
       "method.attributes: 17 entries; at most 16 may be given"},
      {"UnnamedAttribute", reserve,
       R"(org_id: "acme" reservation_id: "r1"
          method { name: "m" attributes { key: "" value: 1 } })",
       "method.attributes: a name: 0 bytes; it must be 1 to 64"},
      {"LongAttributeName", reserve,
       "org_id: \"acme\" reservation_id: \"r1\" method { name: \"m\" attributes { key: \"" +
           Repeat(65, 'k') + "\" value: 1 } }",
       "method.attributes: a name: 65 bytes; it must be 1 to 64"},
      {"NegativeAttribute", reserve,
       R"(org_id: "acme" reservation_id: "r1"
          method { name: "m" attributes { key: "from\t" value: -5 } })",
       "method.attributes[\"from\\t\"]: -5; it must be 0 to 1000000000000"},
      {"ManySlots", reserve, kOk + "slots: 1001", "slots: 1001; it must be 0 to 1000"},
      {"MostSlots", reserve, kOk + "slots: 4294967295", "slots: 4294967295; it must be 0 to 1000"},
      {"MixedTtl", reserve, kOk + "ttl { seconds: 1 nanos: -1 }",
       "ttl: seconds 1, nanos -1; it must be a valid google.protobuf.Duration"},
      {"HugeTtl", reserve, kOk + "ttl { seconds: 9223372036854775807 }",
       "ttl: seconds 9223372036854775807, nanos 0; it must be a valid google.protobuf.Duration"},
      {"UnknownMode", reserve, kOk + "mode: 4", "mode: 4; it must be a value of ReserveMode"},
      {"UnknownExpiryAction", reserve, kOk + "on_expiry: -1",
       "on_expiry: -1; it must be a value of ExpiryAction"},
      {"BoundOutsideASession", reserve, kOk + "bind_to_session: true",
       "bind_to_session: true; it must be false outside a Session stream"},
      {"CommitWithoutOrg", ErrorOf<v1::CommitRequest>, R"(reservation_id: "r1")",
       "org_id: 0 bytes; it must be 1 to 64"},
      {"CommitWithoutId", ErrorOf<v1::CommitRequest>, R"(org_id: "acme")",
       "reservation_id: 0 bytes; it must be 1 to 64"},
      {"CommitOfNegativeCredits", ErrorOf<v1::CommitRequest>,
       R"(org_id: "acme" reservation_id: "r1" credits: -1)",
       "credits: -1; it must be 0 to 1000000000000"},
      {"ReleaseWithoutId", ErrorOf<v1::ReleaseRequest>, R"(org_id: "acme")",
       "reservation_id: 0 bytes; it must be 1 to 64"},
      {"ExtendWithoutTtl", ErrorOf<v1::ExtendRequest>, R"(org_id: "acme" reservation_id: "r1")",
       "ttl: missing; it must be given"},
      {"ChargeWithoutCost", ErrorOf<v1::ChargeRequest>, R"(org_id: "acme" reservation_id: "r1")",
       "cost: missing; credits or method must be given"},
      {"ChargeInUnknownMode", ErrorOf<v1::ChargeRequest>, kOk + "mode: 9",
       "mode: 9; it must be a value of ReserveMode"},
      {"UsageWithoutOrg", ErrorOf<v1::GetUsageRequest>, "", "org_id: 0 bytes; it must be 1 to 64"},
  };
}

const std::string kChange = R"(request_id: "q1" org_id: "acme" )";

std::vector<BadRequest> AdminRows() {
  const auto create = ErrorOf<v1::CreateOrgRequest>;
  const auto purchase = ErrorOf<v1::PurchaseCreditsRequest>;
  const std::string kPurchase = kChange + R"(purchase_id: "p1" )";
  const std::string not_a_day = "; it must be a calendar day from 1970-01-01 to 9999-12-31";
  return {
      {"CreateWithoutRequestId", create, R"(org_id: "acme" edition: "free")",
       "request_id: 0 bytes; it must be 1 to 64"},
      {"CreateWithoutOrg", create, R"(request_id: "q1" edition: "free")",
       "org_id: 0 bytes; it must be 1 to 64"},
      {"CreateWithoutEdition", create, kChange, "edition: 0 bytes; it must be 1 to 64"},
      {"NegativeAgents", create, kChange + R"(edition: "free" agents: -1)",
       "agents: -1; it must be 0 to 10000000"},
      {"ManyLightAgents", create, kChange + R"(edition: "free" light_agents: 10000001)",
       "light_agents: 10000001; it must be 0 to 10000000"},
      {"LongDataCenter", create,
       kChange + "edition: \"free\" data_center: \"" + Repeat(65, 'd') + "\"",
       "data_center: 65 bytes; it must be 0 to 64"},
      {"LongZone", create, kChange + "edition: \"free\" time_zone: \"" + Repeat(65, 'z') + "\"",
       "time_zone: 65 bytes; it must be 0 to 64"},
      {"NoSuchDay", create,
       kChange + R"(edition: "free" signup_day { year: 2025 month: 2 day: 29 })",
       "signup_day: year 2025, month 2, day 29" + not_a_day},
      {"DayBeforeTime", create,
       kChange + R"(edition: "free" signup_day { year: 1969 month: 12 day: 31 })",
       "signup_day: year 1969, month 12, day 31" + not_a_day},
      {"EmptyDay", create, kChange + R"(edition: "free" signup_day { })",
       "signup_day: year 0, month 0, day 0" + not_a_day},
      {"GetWithoutOrg", ErrorOf<v1::GetOrgRequest>, "", "org_id: 0 bytes; it must be 1 to 64"},
      {"SetNoEdition", ErrorOf<v1::SetEditionRequest>, kChange,
       "edition: 0 bytes; it must be 1 to 64"},
      {"SetNoAgents", ErrorOf<v1::SetAgentsRequest>, kChange, "agents: missing; it must be given"},
      {"SetNegativeLightAgents", ErrorOf<v1::SetAgentsRequest>,
       kChange + "agents: 1 light_agents: -7", "light_agents: -7; it must be 0 to 10000000"},
      {"PurchaseWithoutId", purchase, kChange + "pack_credits: 1",
       "purchase_id: 0 bytes; it must be 1 to 64"},
      {"PurchaseOfNothing", purchase, kPurchase,
       "kind: missing; credits_per_day or pack_credits must be given"},
      {"PurchaseOfZeroADay", purchase, kPurchase + "credits_per_day: 0",
       "credits_per_day: 0; it must be 1 to 1000000000000"},
      {"PurchaseOfAHugePack", purchase, kPurchase + "pack_credits: 1000000000001",
       "pack_credits: 1000000000001; it must be 1 to 1000000000000"},
      {"PurchaseThatEndsBeforeItBegins", purchase,
       kPurchase + "pack_credits: 1 first_day { year: 2025 month: 3 day: 2 } "
                   "last_day { year: 2025 month: 3 day: 1 }",
       "last_day: 2025-03-01; it must not be before first_day, 2025-03-02"},
      {"LongPool", ErrorOf<v1::SetConcurrencyLimitRequest>,
       kChange + "pool: \"" + Repeat(65, 'p') + "\"", "pool: 65 bytes; it must be 0 to 64"},
      {"HugeLimit", ErrorOf<v1::SetConcurrencyLimitRequest>, kChange + "limit: 1000001",
       "limit: 1000001; it must be 0 to 1000000"},
  };
}

class BadRequestTest : public ::testing::TestWithParam<BadRequest> {};

TEST_P(BadRequestTest, IsToldFieldAndBound) {
  EXPECT_EQ(GetParam().error_of(GetParam().request), "INVALID_ARGUMENT " + GetParam().message);
}

std::string NameOfRow(const ::testing::TestParamInfo<BadRequest>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(DataPlane, BadRequestTest, ::testing::ValuesIn(DataPlaneRows()),
                         NameOfRow);
INSTANTIATE_TEST_SUITE_P(Admin, BadRequestTest, ::testing::ValuesIn(AdminRows()), NameOfRow);

TEST(RequestReader, AcceptsEveryBound) {
  const std::string id = Repeat(64, 'i');
  EXPECT_EQ(ErrorOf<v1::ReserveRequest>("org_id: \"" + id + "\" reservation_id: \"" + id +
                                        "\" credits: 1000000000000 slots: 1000"),
            "OK");
  EXPECT_EQ(ErrorOf<v1::ReserveRequest>(
                R"(org_id: "a" mode: RESERVE_MODE_CHECK_ONLY credits: 0 slots: 0)"),
            "OK");
  EXPECT_EQ(ErrorOf<v1::ChargeRequest>(R"(org_id: "a" mode: RESERVE_MODE_CHECK_ONLY credits: 0)"),
            "OK");
  EXPECT_EQ(ErrorOf<v1::CreateOrgRequest>(
                kChange + R"(edition: "free" agents: 10000000 signup_day { year: 2024 month: 2
                             day: 29 })"),
            "OK");
  EXPECT_EQ(ErrorOf<v1::SetConcurrencyLimitRequest>(kChange + "limit: 0"), "OK");
}

// Text beyond ASCII is no control character.
TEST(RequestReader, AcceptsIdsInAnyScript) {
  EXPECT_EQ(ErrorOf<v1::GetUsageRequest>(R"(org_id: "Ærøskøbing 東京 \xc2\xa0")"), "OK");
}

TEST(RequestReader, ReadsAReserve) {
  const auto request = FromText<v1::ReserveRequest>(R"(
      org_id: "acme" reservation_id: "r1" slots: 3 ttl { seconds: 5 nanos: 1999 }
      mode: RESERVE_MODE_BEST_EFFORT on_expiry: EXPIRY_ACTION_COMMIT bind_to_session: true
      method { name: "tickets.list" attributes { key: "limit" value: 2 }
               attributes { key: "from" value: 1 } })");
  ledger::Command command;
  ASSERT_TRUE(ReadRequest(request, command, "session-1").ok());
  EXPECT_EQ(command.org, "acme");
  const auto& reserve = std::get<ledger::Reserve>(command.operation);
  EXPECT_EQ(reserve.id.Text(), "r1");
  EXPECT_EQ(reserve.slots, 3U);
  // Parts of a microsecond are dropped.
  EXPECT_EQ(reserve.ttl, Duration(5'000'001));
  EXPECT_EQ(reserve.mode, ledger::Mode::kBestEffort);
  EXPECT_TRUE(reserve.commit_on_expiry);
  EXPECT_EQ(reserve.session, "session-1");
  const auto& method = std::get<ledger::MethodCall>(reserve.cost);
  EXPECT_EQ(method.name, "tickets.list");
  EXPECT_THAT(method.attributes, ElementsAre(Pair("from", 1), Pair("limit", 2)));
}

TEST(RequestReader, LeavesDefaultsToTheLedger) {
  const auto request = FromText<v1::ReserveRequest>(kOk);
  ledger::Command command;
  ASSERT_TRUE(ReadRequest(request, command, "session-1").ok());
  const auto& reserve = std::get<ledger::Reserve>(command.operation);
  EXPECT_EQ(reserve.slots, 1U);
  EXPECT_EQ(reserve.ttl, std::nullopt);
  EXPECT_EQ(reserve.mode, ledger::Mode::kNormal);
  EXPECT_FALSE(reserve.commit_on_expiry);
  // Only where the request asks for it.
  EXPECT_EQ(reserve.session, "");
  EXPECT_EQ(std::get<Credits>(reserve.cost), Credits(1));
}

TEST(RequestReader, AnAbsentAmountIsNotZero) {
  ledger::Command command;
  const auto all = FromText<v1::CommitRequest>(R"(org_id: "acme" reservation_id: "r1")");
  ASSERT_TRUE(ReadRequest(all, command).ok());
  EXPECT_EQ(std::get<ledger::Commit>(command.operation).credits, std::nullopt);
  const auto none =
      FromText<v1::CommitRequest>(R"(org_id: "acme" reservation_id: "r1" credits: 0)");
  ASSERT_TRUE(ReadRequest(none, command).ok());
  EXPECT_EQ(std::get<ledger::Commit>(command.operation).credits, kZeroCredits);
}

TEST(RequestReader, ReadsAPurchase) {
  const auto request = FromText<v1::PurchaseCreditsRequest>(
      kChange + R"(purchase_id: "p1" pack_credits: 500 expected_revision: 7
                   first_day { year: 2025 month: 3 day: 1 } last_day { year: 2025 month: 3 day: 1 })");
  ledger::Command command;
  ASSERT_TRUE(ReadRequest(request, command).ok());
  const auto& purchase = std::get<ledger::PurchaseCredits>(command.operation);
  EXPECT_EQ(purchase.request.request_id, "q1");
  EXPECT_EQ(purchase.request.expected_revision, 7);
  EXPECT_NE(purchase.request.fingerprint, 0U);
  EXPECT_TRUE(purchase.is_pack);
  EXPECT_EQ(purchase.credits, Credits(500));
  EXPECT_EQ(purchase.first_day, absl::CivilDay(2025, 3, 1));
  EXPECT_EQ(purchase.last_day, absl::CivilDay(2025, 3, 1));
}

TEST(RequestReader, AnUnnamedPoolIsMain) {
  const auto request = FromText<v1::SetConcurrencyLimitRequest>(kChange);
  ledger::Command command;
  ASSERT_TRUE(ReadRequest(request, command).ok());
  const auto& set = std::get<ledger::SetConcurrencyLimit>(command.operation);
  EXPECT_EQ(set.pool, "main");
  EXPECT_EQ(set.limit, std::nullopt);
}

TEST(RequestReader, AnOperationNeedsAKind) {
  ledger::Command command;
  const absl::Status status = ReadOperation(v1::Operation(), "session-1", command);
  EXPECT_EQ(status.message(), "operation: missing; one of its kinds must be given");
}

}  // namespace
}  // namespace quota::server
