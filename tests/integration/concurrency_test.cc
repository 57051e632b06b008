// Many threads at once: exact totals, and never more than what is allowed.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/test_server.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

constexpr int kThreads = 8;

// Runs `body` on each of kThreads threads, with a connection of its own.
void OnEachThread(const TestServer& server, const std::function<void(int, QuotaCalls&)>& body) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      QuotaCalls calls(server.target());
      body(thread, calls);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

class ConcurrencyTest : public testing::Test {
 protected:
  QuotaCalls& calls() { return server_.calls(); }

  storage::TempFolder folder_;
  // More than one executor, so that organisations are decided at the same time.
  TestServer server_{{.open_store = TestServer::InFolder(folder_ / "data"), .executors = 2}};
};

TEST_F(ConcurrencyTest, EveryChargeOfEveryThreadCountsOnce) {
  constexpr int kCharges = 300;
  const std::vector<std::string> orgs = {"acme", "globex", "initech"};
  for (const std::string& org : orgs) ASSERT_TRUE(calls().CreateOrg(org, "enterprise").ok());
  OnEachThread(server_, [&](int thread, QuotaCalls& mine) {
    for (int i = 0; i < kCharges; ++i) {
      const std::string id = std::to_string(thread) + "-" + std::to_string(i);
      const auto charge = mine.Charge(MakeCharge(orgs[static_cast<size_t>(i) % 3], id, 1 + i % 7));
      ASSERT_TRUE(charge.ok()) << charge.message();
      ASSERT_EQ(charge->charged(), 1 + i % 7);
    }
  });
  int64_t expected = 0;
  for (int i = 0; i < kCharges; ++i) expected += kThreads * (1 + i % 7);
  int64_t used = 0;
  for (const std::string& org : orgs) used += calls().GetUsage(org)->usage().used();
  EXPECT_EQ(used, expected);
}

TEST_F(ConcurrencyTest, AnAllotmentIsSpentToTheLastCreditAndNotBeyond) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  std::atomic<int64_t> granted = 0;
  OnEachThread(server_, [&](int thread, QuotaCalls& mine) {
    // In all, twice what there is.
    for (int i = 0; i < 125; ++i) {
      const std::string id = std::to_string(thread) + "-" + std::to_string(i);
      const auto charge = mine.Charge(MakeCharge("acme", id, 10));
      ASSERT_TRUE(charge.ok()) << charge.message();
      granted += charge->charged();
      ASSERT_LE(charge->usage().used(), charge->usage().allotment());
    }
  });
  EXPECT_EQ(granted, 5'000);
  EXPECT_EQ(calls().GetUsage("acme")->usage().used(), 5'000);
}

TEST_F(ConcurrencyTest, NoMoreCallsAreInFlightThanThePoolHasSlots) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  constexpr int kSlots = 5;
  // Threads that were granted a slot and have not begun to give it back.
  std::atomic<int> in_flight = 0;
  std::atomic<int> granted = 0;
  OnEachThread(server_, [&](int thread, QuotaCalls& mine) {
    for (int i = 0; i < 150; ++i) {
      const std::string id = std::to_string(thread) + "-" + std::to_string(i);
      const auto reserve = mine.Reserve(MakeReserve("acme", id, 1));
      ASSERT_TRUE(reserve.ok()) << reserve.message();
      if (reserve->decision() == v1::DECISION_CONCURRENCY_EXHAUSTED) {
        ASSERT_EQ(reserve->exhausted_pool(), "main");
        continue;
      }
      ASSERT_EQ(reserve->decision(), v1::DECISION_GRANTED);
      ++granted;
      ASSERT_LE(++in_flight, kSlots);
      --in_flight;
      ASSERT_TRUE(mine.Commit(MakeCommit("acme", id)).ok());
    }
  });
  const auto usage = calls().GetUsage("acme");
  EXPECT_EQ(usage->usage().used(), granted);
  EXPECT_EQ(usage->usage().held(), 0);
  EXPECT_EQ(usage->usage().pools(0).in_flight(), 0);
}

// The same id from many clients at once is one reservation.
TEST_F(ConcurrencyTest, ARaceOfRetriesIsGrantedOnce) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  constexpr int kIds = 50;
  std::atomic<int> first = 0;
  OnEachThread(server_, [&](int, QuotaCalls& mine) {
    for (int i = 0; i < kIds; ++i) {
      const auto charge = mine.Charge(MakeCharge("acme", std::to_string(i), 2));
      ASSERT_TRUE(charge.ok()) << charge.message();
      if (!charge->repeated()) ++first;
    }
  });
  EXPECT_EQ(first, kIds);
  EXPECT_EQ(calls().GetUsage("acme")->usage().used(), 2 * kIds);
}

}  // namespace
}  // namespace quota::test
