// Requests that make no sense, or come too late: the exact status and message that a client gets.
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "tests/integration/test_server.h"

namespace quota::test {
namespace {

using Admin = v1::QuotaAdmin::Stub;

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kNotFound = grpc::StatusCode::NOT_FOUND;
constexpr auto kExists = grpc::StatusCode::ALREADY_EXISTS;
constexpr auto kPrecondition = grpc::StatusCode::FAILED_PRECONDITION;

// acme has reservations open (10 credits), committed (7 of 10), released and charged (3).
class BadInputTest : public testing::Test {
 protected:
  BadInputTest() {
    EXPECT_TRUE(calls().CreateOrg("acme", "free").ok());
    EXPECT_TRUE(calls().CreateOrg("globex", "free").ok());
    for (const char* id : {"open", "committed", "released"}) {
      EXPECT_TRUE(calls().Reserve(MakeReserve("acme", id, 10)).ok());
    }
    EXPECT_TRUE(calls().Commit(MakeCommit("acme", "committed", 7)).ok());
    EXPECT_TRUE(calls().Release(MakeRelease("acme", "released")).ok());
    EXPECT_TRUE(calls().Charge(MakeCharge("acme", "charged", 3)).ok());
    before_ = UsageOfAcme();
  }

  // Nothing of all that changes anything.
  ~BadInputTest() override { EXPECT_EQ(UsageOfAcme(), before_); }

  std::string UsageOfAcme() { return calls().GetUsage("acme")->ShortDebugString(); }

  QuotaCalls& calls() { return server_.calls(); }

  template <typename Response>
  static void Expect(const Reply<Response>& reply, grpc::StatusCode code,
                     const std::string& message) {
    EXPECT_EQ(reply.code(), code) << reply->ShortDebugString();
    EXPECT_EQ(reply.message(), message);
  }

  // The same reservation, with one thing wrong.
  void ExpectReserve(const std::function<void(v1::ReserveRequest&)>& spoil,
                     const std::string& message) {
    v1::ReserveRequest request = MakeReserve("acme", "new", 1);
    spoil(request);
    Expect(calls().Reserve(request), kInvalid, message);
  }

  void ExpectCreate(const std::function<void(v1::CreateOrgRequest&)>& spoil, grpc::StatusCode code,
                    const std::string& message) {
    v1::CreateOrgRequest request;
    request.set_request_id("new");
    request.set_org_id("initech");
    request.set_edition("free");
    spoil(request);
    Expect(calls().CreateOrg(request), code, message);
  }

  TestServer server_;
  std::string before_;
};

TEST_F(BadInputTest, IdsThatAreEmptyTooLongOrUnprintable) {
  const std::string longest(64, 'x');
  ExpectReserve([](auto& r) { r.clear_org_id(); }, "org_id: 0 bytes; it must be 1 to 64");
  ExpectReserve([&](auto& r) { r.set_org_id(longest + "x"); },
                "org_id: 65 bytes; it must be 1 to 64");
  ExpectReserve([](auto& r) { r.clear_reservation_id(); },
                "reservation_id: 0 bytes; it must be 1 to 64");
  ExpectReserve([&](auto& r) { r.set_reservation_id(longest + "x"); },
                "reservation_id: 65 bytes; it must be 1 to 64");
  ExpectReserve([](auto& r) { r.set_reservation_id("a\nb"); },
                "reservation_id: a control character (0x0a) at byte 2; it must have none");
  Expect(calls().Commit(MakeCommit("", "open")), kInvalid, "org_id: 0 bytes; it must be 1 to 64");
  Expect(calls().Release(MakeRelease("acme", "")), kInvalid,
         "reservation_id: 0 bytes; it must be 1 to 64");
  Expect(calls().Charge(MakeCharge("acme", "", 1)), kInvalid,
         "reservation_id: 0 bytes; it must be 1 to 64");
  Expect(calls().GetUsage(""), kInvalid, "org_id: 0 bytes; it must be 1 to 64");
  // The longest are taken.
  EXPECT_TRUE(calls().Charge(MakeCharge("globex", longest, 1)).ok());
}

TEST_F(BadInputTest, CreditsOutOfRange) {
  const std::string bound = "; it must be 0 to 1000000000000";
  ExpectReserve([](auto& r) { r.set_credits(-1); }, "credits: -1" + bound);
  ExpectReserve([](auto& r) { r.set_credits(1'000'000'000'001); },
                "credits: 1000000000001" + bound);
  ExpectReserve([](auto& r) { r.clear_cost(); }, "cost: missing; credits or method must be given");
  const int64_t least = std::numeric_limits<int64_t>::min();
  Expect(calls().Charge(MakeCharge("acme", "new", least)), kInvalid,
         "credits: -9223372036854775808" + bound);
  Expect(calls().Commit(MakeCommit("acme", "open", -1)), kInvalid, "credits: -1" + bound);
  Expect(calls().Commit(MakeCommit("acme", "open", 1'000'000'000'001)), kInvalid,
         "credits: 1000000000001" + bound);
  // The most that makes sense is refused by a decision.
  EXPECT_EQ(calls().Charge(MakeCharge("acme", "new", 1'000'000'000'000))->decision(),
            v1::DECISION_CREDITS_EXHAUSTED);
}

TEST_F(BadInputTest, SlotsTtlAndEnumsOutOfRange) {
  ExpectReserve([](auto& r) { r.set_slots(1'001); }, "slots: 1001; it must be 0 to 1000");
  ExpectReserve([](auto& r) { r.mutable_ttl()->set_nanos(999'999'999); },
                "ttl: 999 ms; it must be 1000 ms to 86400000 ms");
  ExpectReserve([](auto& r) { r.mutable_ttl()->set_seconds(86'401); },
                "ttl: 86401000 ms; it must be 1000 ms to 86400000 ms");
  ExpectReserve([](auto& r) { r.mutable_ttl()->set_seconds(-1); },
                "ttl: -1000 ms; it must be 1000 ms to 86400000 ms");
  ExpectReserve([](auto& r) { r.set_mode(static_cast<v1::ReserveMode>(9)); },
                "mode: 9; it must be a value of ReserveMode");
  ExpectReserve([](auto& r) { r.set_bind_to_session(true); },
                "bind_to_session: true; it must be false outside a Session stream");
  Expect(calls().Extend(MakeExtend("acme", "open", std::chrono::seconds(0))), kInvalid,
         "ttl: 0 ms; it must be 1000 ms to 86400000 ms");
  Expect(calls().Extend(MakeExtend("acme", "open", std::chrono::seconds(86'401))), kInvalid,
         "ttl: 86401000 ms; it must be 1000 ms to 86400000 ms");
}

TEST_F(BadInputTest, AnOrganisationThatIsUnknown) {
  EXPECT_EQ(calls().Reserve(MakeReserve("nobody", "r", 1))->decision(), v1::DECISION_ORG_UNKNOWN);
  EXPECT_EQ(calls().Charge(MakeCharge("nobody", "r", 1))->decision(), v1::DECISION_ORG_UNKNOWN);
  const std::string message = "org_id: there is no organisation nobody";
  Expect(calls().Commit(MakeCommit("nobody", "r")), kNotFound, message);
  Expect(calls().Release(MakeRelease("nobody", "r")), kNotFound, message);
  Expect(calls().Extend(MakeExtend("nobody", "r", std::chrono::seconds(9))), kNotFound, message);
  Expect(calls().GetUsage("nobody"), kNotFound, message);
  v1::GetOrgRequest get;
  get.set_org_id("nobody");
  Expect(Once(calls().admin(), &Admin::GetOrg, get), kNotFound, message);
}

TEST_F(BadInputTest, AReservationOfAnotherOrganisationOrOfNobody) {
  const auto message = [](const std::string& org, const std::string& id) {
    return "reservation_id: " + org + " has no reservation " + id + ", or it ended too long ago";
  };
  Expect(calls().Commit(MakeCommit("globex", "open")), kNotFound, message("globex", "open"));
  Expect(calls().Release(MakeRelease("globex", "open")), kNotFound, message("globex", "open"));
  Expect(calls().Extend(MakeExtend("globex", "open", std::chrono::seconds(90))), kNotFound,
         message("globex", "open"));
  Expect(calls().Commit(MakeCommit("acme", "never")), kNotFound, message("acme", "never"));
  // Ids belong to their organisation: the same one of another is another's.
  EXPECT_FALSE(calls().Charge(MakeCharge("globex", "charged", 1))->repeated());
}

TEST_F(BadInputTest, AnIdUsedWithAnotherRequest) {
  const auto message = [](const std::string& id) {
    return "reservation_id: " + id + " was used with another request; make a new id for each call";
  };
  Expect(calls().Reserve(MakeReserve("acme", "open", 11)), kExists, message("open"));
  Expect(calls().Reserve(MakeReserve("acme", "committed", 11)), kExists, message("committed"));
  Expect(calls().Charge(MakeCharge("acme", "open", 10)), kExists, message("open"));
  Expect(calls().Charge(MakeCharge("acme", "charged", 4)), kExists, message("charged"));
  Expect(calls().Reserve(MakeReserve("acme", "charged", 3)), kExists, message("charged"));
  Expect(calls().Commit(MakeCommit("acme", "committed", 8)), kExists,
         "credits: 8; reservation_id committed was already committed with 7");
}

TEST_F(BadInputTest, ASettleAfterAnotherSettle) {
  Expect(calls().Commit(MakeCommit("acme", "released")), kPrecondition,
         "reservation_id: released is released; it cannot be committed");
  Expect(calls().Release(MakeRelease("acme", "committed")), kPrecondition,
         "reservation_id: committed is committed; it cannot be released");
  Expect(calls().Release(MakeRelease("acme", "charged")), kPrecondition,
         "reservation_id: charged is charged at once; it cannot be released");
  Expect(calls().Extend(MakeExtend("acme", "released", std::chrono::seconds(90))), kPrecondition,
         "reservation_id: released is released; it cannot be extended");
}

TEST_F(BadInputTest, APlanThatMakesNoSense) {
  const std::string editions =
      "it has bundle, crm-plus, enterprise, express, free, professional, service-plus, standard, "
      "trial, zoho-one";
  ExpectCreate([](auto& r) { r.set_edition("gold"); }, kInvalid,
               "edition: the catalog has no \"gold\"; " + editions);
  ExpectCreate([](auto& r) { r.clear_request_id(); }, kInvalid,
               "request_id: 0 bytes; it must be 1 to 64");
  ExpectCreate([](auto& r) { r.set_agents(-1); }, kInvalid, "agents: -1; it must be 0 to 10000000");
  ExpectCreate([](auto& r) { r.set_time_zone("Mars/Olympus"); }, kInvalid,
               "time_zone: there is no IANA zone \"Mars/Olympus\"");
  ExpectCreate([](auto& r) { r.set_org_id("acme"); }, kExists, "org_id: acme exists already");
  v1::SetEditionRequest set;
  set.set_request_id("new");
  set.set_org_id("acme");
  set.set_edition("gold");
  Expect(Once(calls().admin(), &Admin::SetEdition, set), kInvalid,
         "edition: the catalog has no \"gold\"; " + editions);
  set.set_edition("free");
  set.set_expected_revision(4);
  Expect(Once(calls().admin(), &Admin::SetEdition, set), grpc::StatusCode::ABORTED,
         "expected_revision: 4; acme is at revision 1: read it again and decide anew");
  set.set_request_id("create-acme");
  Expect(Once(calls().admin(), &Admin::SetEdition, set), kExists,
         "request_id: create-acme was used with another request; make a new id for each change");
}

}  // namespace
}  // namespace quota::test
