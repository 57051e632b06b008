// The audit log and the usage history, over sockets, on each store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/test_server.h"
#include "tests/integration/wait_until.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

using Admin = v1::QuotaAdmin::Stub;

class HistoryTest : public testing::TestWithParam<std::string> {
 protected:
  HistoryTest() { Restart(); }

  void Restart() {
    server_.reset();
    TestServer::Options options;
    if (GetParam() == "RocksDb") options.open_store = TestServer::InFolder(folder_ / "data");
    server_ = std::make_unique<TestServer>(options);
    calls().CreateOrg("acme", "free");
  }

  QuotaCalls& calls() { return server_->calls(); }

  void AdvanceDay() {
    server_->clock().Advance(hours(24));
    server_->server().engine().AcceptClock();
  }

  Reply<v1::ListUsageHistoryResponse> Days(int page_size = 0, const std::string& token = "") {
    v1::ListUsageHistoryRequest request;
    request.set_org_id("acme");
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Once(calls().admin(), &Admin::ListUsageHistory, request);
  }

  Reply<v1::ListAuditLogResponse> Audit(const std::string& org, int page_size = 0,
                                        const std::string& token = "") {
    v1::ListAuditLogRequest request;
    request.set_org_id(org);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Once(calls().admin(), &Admin::ListAuditLog, request);
  }

  grpc::Status SetEdition(const std::string& id, const std::string& edition,
                          const std::string& actor = "") {
    grpc::ClientContext context;
    if (!actor.empty()) context.AddMetadata("x-quota-actor", actor);
    v1::SetEditionRequest request;
    request.set_request_id(id);
    request.set_org_id("acme");
    request.set_edition(edition);
    v1::Org response;
    return calls().admin().SetEdition(&context, request, &response);
  }

  storage::TempFolder folder_;
  std::unique_ptr<TestServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Stores, HistoryTest, testing::Values("Memory", "RocksDb"),
                         [](const auto& store) { return store.param; });

TEST_P(HistoryTest, EachChangeIsOneEntryThatTellsWhoAndWhatBeforeAndAfter) {
  ASSERT_TRUE(SetEdition("q1", "express", "ann@example.org").ok());
  ASSERT_TRUE(SetEdition("q1", "express", "ann@example.org").ok()) << "a retry";
  EXPECT_FALSE(SetEdition("q2", "gold").ok());
  const auto log = Audit("acme");
  ASSERT_TRUE(log.ok()) << log.message();
  ASSERT_EQ(log->entries_size(), 2);
  const v1::AuditEntry& change = log->entries(0);
  EXPECT_EQ(change.action(), "SetEdition");
  EXPECT_EQ(change.actor(), "ann@example.org");
  EXPECT_FALSE(change.actor_verified());
  EXPECT_THAT(change.peer(), HasSubstr("127.0.0.1"));
  EXPECT_EQ(change.request_id(), "q1");
  EXPECT_EQ(change.org_id(), "acme");
  EXPECT_EQ(change.before().edition(), "free");
  EXPECT_EQ(change.after().edition(), "express");
  EXPECT_EQ(log->entries(1).action(), "CreateOrg");
  EXPECT_FALSE(log->entries(1).has_before());
}

TEST_P(HistoryTest, TheLogIsPaged) {
  for (const char* id : {"q1", "q2", "q3", "q4"}) ASSERT_TRUE(SetEdition(id, "express").ok());
  std::vector<std::string> ids;
  std::string token;
  int pages = 0;
  do {
    const auto page = Audit("acme", 2, token);
    ASSERT_TRUE(page.ok()) << page.message();
    for (const auto& entry : page->entries()) ids.push_back(entry.request_id());
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  ids.pop_back();
  EXPECT_THAT(ids, ElementsAre("q4", "q3", "q2", "q1"));
  ASSERT_TRUE(calls().CreateOrg("globex", "free").ok());
  EXPECT_EQ(Audit("")->entries_size(), 6);
}

TEST_P(HistoryTest, RequestsThatMakeNoSenseAreRefused) {
  EXPECT_THAT(Audit("acme", 1'001).message(), HasSubstr("page_size: 1001"));
  EXPECT_THAT(Audit("acme", 0, "xyz").message(), HasSubstr("page_token: not understood"));
  EXPECT_THAT(Audit("acme", 0, "4a").message(), HasSubstr("page_token: not understood"));
  EXPECT_EQ(Audit("nobody").code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(Days(401).message(), HasSubstr("page_size: 401"));
  EXPECT_THAT(Days(0, "-1").message(), HasSubstr("page_token: not understood"));
  EXPECT_THAT(SetEdition("q", "free", std::string(257, 'x')).error_message(),
              StartsWith("x-quota-actor: 257 bytes"));
}

TEST_P(HistoryTest, DaysAreListedNewestFirstAndTodayAmongThem) {
  for (int day = 0; day < 5; ++day) {
    if (day > 0) AdvanceDay();
    ASSERT_TRUE(calls().Charge(MakeCharge("acme", "c" + std::to_string(day), 10 + day)).ok());
  }
  const auto days = Days();
  ASSERT_TRUE(days.ok()) << days.message();
  ASSERT_EQ(days->days_size(), 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(days->days(i).used(), 14 - i);
    EXPECT_EQ(days->days(i).used_by_source().base(), 14 - i);
    EXPECT_EQ(days->days(i).edition(), "free");
  }
  EXPECT_FALSE(days->days(0).closed());
  EXPECT_TRUE(days->days(4).closed());
  const auto first = Days(2);
  ASSERT_EQ(first->days_size(), 2);
  const auto second = Days(3, first->next_page_token());
  ASSERT_EQ(second->days_size(), 3);
  EXPECT_EQ(second->days(0).used(), 12);
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_EQ(Once(calls().admin(), &Admin::ListUsageHistory, v1::ListUsageHistoryRequest()).code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

class HistoryRestartTest : public HistoryTest {};
INSTANTIATE_TEST_SUITE_P(Stores, HistoryRestartTest, testing::Values("RocksDb"),
                         [](const auto& store) { return store.param; });

TEST_P(HistoryRestartTest, IsThereAfterwardsOnce) {
  ASSERT_TRUE(SetEdition("q1", "express").ok());
  ASSERT_TRUE(calls().Charge(MakeCharge("acme", "c", 7)).ok());
  Restart();
  const auto log = Audit("acme");
  ASSERT_EQ(log->entries_size(), 2) << "the creation was repeated under its id";
  EXPECT_EQ(log->entries(0).after().edition(), "express");
  const auto days = Days();
  ASSERT_EQ(days->days_size(), 1);
  EXPECT_EQ(days->days(0).used(), 7);
}

}  // namespace
}  // namespace quota::test
