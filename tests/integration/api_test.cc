// A thin path through every RPC, over sockets, on each store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/test_server.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

using Admin = v1::QuotaAdmin::Stub;

class ApiTest : public testing::TestWithParam<std::string> {
 protected:
  ApiTest() { Restart(); }

  void Restart() {
    server_.reset();
    TestServer::Options options;
    if (GetParam() == "RocksDb") options.open_store = TestServer::InFolder(folder_ / "data");
    server_ = std::make_unique<TestServer>(options);
  }

  QuotaCalls& calls() { return server_->calls(); }

  storage::TempFolder folder_;
  std::unique_ptr<TestServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Stores, ApiTest, testing::Values("Memory", "RocksDb"),
                         [](const auto& store) { return store.param; });

TEST_P(ApiTest, AReservationIsHeldExtendedAndCommitted) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  const auto reserve = calls().Reserve(MakeReserve("acme", "r1", 10));
  ASSERT_TRUE(reserve.ok()) << reserve.message();
  EXPECT_EQ(reserve->decision(), v1::DECISION_GRANTED);
  EXPECT_EQ(reserve->usage().held(), 10);
  EXPECT_EQ(reserve->usage().pools(0).in_flight(), 1);

  const auto extend = calls().Extend(MakeExtend("acme", "r1", std::chrono::seconds(600)));
  ASSERT_TRUE(extend.ok()) << extend.message();
  EXPECT_EQ(extend->expires_at().seconds() - reserve->expires_at().seconds(), 600 - 60);

  const auto commit = calls().Commit(MakeCommit("acme", "r1", 7));
  ASSERT_TRUE(commit.ok()) << commit.message();
  EXPECT_EQ(commit->charged(), 7);
  EXPECT_EQ(commit->usage().used(), 7);
  EXPECT_EQ(commit->usage().held(), 0);
  EXPECT_EQ(commit->usage().pools(0).in_flight(), 0);
}

TEST_P(ApiTest, AReleaseGivesBackAndAChargeTakesAtOnce) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  ASSERT_TRUE(calls().Reserve(MakeReserve("acme", "r1", 10)).ok());
  const auto release = calls().Release(MakeRelease("acme", "r1"));
  ASSERT_TRUE(release.ok()) << release.message();
  EXPECT_EQ(release->state(), v1::HOLD_STATE_RELEASED);
  const auto charge = calls().Charge(MakeCharge("acme", "c1", 3));
  ASSERT_TRUE(charge.ok()) << charge.message();
  EXPECT_EQ(charge->charged(), 3);
  const auto usage = calls().GetUsage("acme");
  ASSERT_TRUE(usage.ok()) << usage.message();
  EXPECT_EQ(usage->usage().used(), 3);
  EXPECT_EQ(usage->usage().remaining(), 5'000 - 3);
  EXPECT_EQ(usage->used_by_source().base(), 3);
}

TEST_P(ApiTest, TheCatalogPricesAMethod) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  v1::ChargeRequest request = MakeCharge("acme", "c1", 0);
  request.mutable_method()->set_name("tickets.list");
  (*request.mutable_method()->mutable_attributes())["from"] = 2'001;
  const auto charge = calls().Charge(request);
  ASSERT_TRUE(charge.ok()) << charge.message();
  EXPECT_EQ(charge->charged(), 5);
}

TEST_P(ApiTest, ARepeatGetsTheSameOutcomeAndChangesNothing) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  for (const bool repeated : {false, true}) {
    EXPECT_EQ(calls().Reserve(MakeReserve("acme", "r1", 10))->repeated(), repeated);
  }
  for (const bool repeated : {false, true}) {
    const auto commit = calls().Commit(MakeCommit("acme", "r1", 7));
    EXPECT_EQ(commit->repeated(), repeated);
    EXPECT_EQ(commit->charged(), 7);
  }
  for (const bool repeated : {false, true}) {
    const auto charge = calls().Charge(MakeCharge("acme", "c1", 3));
    EXPECT_EQ(charge->repeated(), repeated);
    EXPECT_EQ(charge->charged(), 3);
  }
  const auto again = calls().Reserve(MakeReserve("acme", "r1", 10));
  EXPECT_EQ(again->state(), v1::HOLD_STATE_COMMITTED);
  EXPECT_EQ(again->usage().used(), 10);
}

TEST_P(ApiTest, APlanIsChangedByAnAdministrator) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  v1::SetEditionRequest edition;
  edition.set_request_id("edition");
  edition.set_org_id("acme");
  edition.set_edition("zoho-one");
  EXPECT_EQ(Once(calls().admin(), &Admin::SetEdition, edition)->edition(), "bundle");
  v1::SetAgentsRequest agents;
  agents.set_request_id("agents");
  agents.set_org_id("acme");
  agents.set_agents(2);
  EXPECT_EQ(Once(calls().admin(), &Admin::SetAgents, agents)->agents(), 2);
  v1::PurchaseCreditsRequest purchase;
  purchase.set_request_id("purchase");
  purchase.set_org_id("acme");
  purchase.set_purchase_id("P1");
  purchase.set_credits_per_day(500);
  EXPECT_TRUE(Once(calls().admin(), &Admin::PurchaseCredits, purchase).ok());
  v1::SetConcurrencyLimitRequest limit;
  limit.set_request_id("limit");
  limit.set_org_id("acme");
  limit.set_limit(3);
  EXPECT_EQ(Once(calls().admin(), &Admin::SetConcurrencyLimit, limit)->pools(0).limit(), 3);

  v1::GetOrgRequest get;
  get.set_org_id("acme");
  const auto org = Once(calls().admin(), &Admin::GetOrg, get);
  ASSERT_TRUE(org.ok()) << org.message();
  EXPECT_EQ(org->revision(), 5);
  EXPECT_EQ(calls().GetUsage("acme")->usage().allotment(), 100'000 + 2 * 1'000 + 500);
}

TEST_P(ApiTest, OrganisationsAreListedOnceEachOverPages) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(calls().CreateOrg("org" + std::to_string(i), "free").ok());
  }
  std::vector<std::string> ids;
  v1::ListOrgsRequest request;
  request.set_page_size(3);
  do {
    const auto page = Once(calls().admin(), &Admin::ListOrgs, request);
    ASSERT_TRUE(page.ok()) << page.message();
    ASSERT_LE(page->orgs_size(), 3);
    for (const v1::Org& org : page->orgs()) ids.push_back(org.org_id());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ids, UnorderedElementsAre("org0", "org1", "org2", "org3", "org4", "org5", "org6",
                                        "org7", "org8", "org9"));
}

TEST_P(ApiTest, ASessionCarriesEveryOperation) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  grpc::ClientContext context;
  const auto stream = calls().quota().Session(&context);
  v1::SessionRequest message;
  message.mutable_open()->set_session_id("s1");
  ASSERT_TRUE(stream->Write(message));
  v1::Batch& batch = *message.mutable_batch();
  batch.set_sequence(7);
  *batch.add_operations()->mutable_reserve() = MakeReserve("acme", "r1", 10);
  *batch.add_operations()->mutable_extend() = MakeExtend("acme", "r1", std::chrono::seconds(90));
  *batch.add_operations()->mutable_commit() = MakeCommit("acme", "r1", 4);
  *batch.add_operations()->mutable_release() = MakeRelease("acme", "r2");
  *batch.add_operations()->mutable_charge() = MakeCharge("acme", "c1", 5);
  batch.add_operations()->mutable_get_usage()->set_org_id("acme");
  ASSERT_TRUE(stream->Write(message));
  ASSERT_TRUE(stream->WritesDone());
  v1::SessionResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.opened().grace().seconds(), 5);
  ASSERT_TRUE(stream->Read(&response));
  const v1::BatchResult& result = response.result();
  EXPECT_EQ(result.sequence(), 7U);
  ASSERT_EQ(result.results_size(), 6);
  EXPECT_EQ(result.results(0).reserve().credits(), 10);
  EXPECT_TRUE(result.results(1).has_extend());
  EXPECT_EQ(result.results(2).commit().charged(), 4);
  EXPECT_EQ(result.results(3).error().code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(result.results(4).charge().charged(), 5);
  EXPECT_EQ(result.results(5).get_usage().usage().used(), 9);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

class RestartTest : public ApiTest {};
INSTANTIATE_TEST_SUITE_P(Stores, RestartTest, testing::Values("RocksDb"),
                         [](const auto& store) { return store.param; });

TEST_P(RestartTest, HoldsIdsAndAdministratorsAnswersAreThereAfterwards) {
  const auto created = calls().CreateOrg("acme", "free");
  ASSERT_TRUE(calls().Reserve(MakeReserve("acme", "open", 10)).ok());
  ASSERT_TRUE(calls().Reserve(MakeReserve("acme", "settled", 20)).ok());
  ASSERT_TRUE(calls().Commit(MakeCommit("acme", "settled", 15)).ok());
  Restart();
  const auto recreated = calls().CreateOrg("acme", "free");
  ASSERT_TRUE(recreated.ok()) << recreated.message();
  EXPECT_EQ(recreated->SerializeAsString(), created->SerializeAsString());
  const auto open = calls().Reserve(MakeReserve("acme", "open", 10));
  EXPECT_TRUE(open->repeated());
  EXPECT_EQ(open->state(), v1::HOLD_STATE_OPEN);
  EXPECT_EQ(open->usage().used(), 15);
  EXPECT_EQ(open->usage().held(), 10);
  EXPECT_EQ(open->usage().pools(0).in_flight(), 1);
  const auto settled = calls().Commit(MakeCommit("acme", "settled", 15));
  EXPECT_TRUE(settled->repeated());
  EXPECT_EQ(settled->charged(), 15);
}

}  // namespace
}  // namespace quota::test
