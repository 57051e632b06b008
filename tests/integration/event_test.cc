// WatchEvents over sockets, on each store.
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
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

// One stream, read by hand. A read that takes longer than a minute fails.
class Watch {
 public:
  Watch(v1::QuotaAdmin::Stub& admin, const v1::WatchEventsRequest& request) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    reader_ = admin.WatchEvents(&context_, request);
  }
  ~Watch() {
    context_.TryCancel();
    if (!finished_) Finish();
  }

  // The next answer with an event, in a few words; "ended" at the end of the stream.
  std::string NextEvent() {
    do {
      if (!reader_->Read(&response)) return "ended";
    } while (!response.has_event());
    return Text(response.event());
  }
  std::vector<std::string> NextEvents(int count) {
    std::vector<std::string> events;
    for (int i = 0; i < count; ++i) events.push_back(NextEvent());
    return events;
  }
  // The next answer, which must have a position alone.
  std::string NextPosition() {
    EXPECT_TRUE(reader_->Read(&response));
    EXPECT_FALSE(response.has_event()) << response.ShortDebugString();
    EXPECT_NE(response.position(), "");
    return response.position();
  }
  grpc::Status Finish() {
    finished_ = true;
    v1::WatchEventsResponse rest;
    while (reader_->Read(&rest)) {
    }
    return reader_->Finish();
  }

  v1::WatchEventsResponse response;

 private:
  static std::string Text(const v1::Event& event) {
    const std::string text = event.org_id() + ": ";
    switch (event.kind_case()) {
      case v1::Event::kThresholdReached:
        return text + std::to_string(event.threshold_reached().percent()) + " %";
      case v1::Event::kPlanChanged:
        return text + event.plan_changed().action() + " " + event.plan_changed().after().edition();
      case v1::Event::kCreditsPurchased:
        return text + "bought " + event.credits_purchased().purchase().purchase_id();
      case v1::Event::kCreditsRevoked:
        return text + "revoked " + event.credits_revoked().purchase().purchase_id() +
               (event.credits_revoked().purchase().has_revoked_on() ? "" : ", no day");
      case v1::Event::KIND_NOT_SET:
        return text + "nothing";
    }
    return text;
  }

  bool finished_ = false;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchEventsResponse>> reader_;
};

v1::WatchEventsRequest FromOldest() {
  v1::WatchEventsRequest request;
  request.set_from_oldest(true);
  return request;
}

v1::WatchEventsRequest From(const std::string& position) {
  v1::WatchEventsRequest request;
  request.set_position(position);
  return request;
}

class EventTest : public testing::TestWithParam<std::string> {
 protected:
  EventTest() { Restart(); }

  void Restart() {
    server_.reset();
    TestServer::Options options;
    options.executors = 2;
    if (GetParam() == "RocksDb") options.open_store = TestServer::InFolder(folder_ / "data");
    server_ = std::make_unique<TestServer>(options);
  }

  QuotaCalls& calls() { return server_->calls(); }
  v1::QuotaAdmin::Stub& admin() { return calls().admin(); }

  void SetEdition(const std::string& org, const std::string& edition) {
    v1::SetEditionRequest request;
    request.set_request_id("q" + std::to_string(++requests_));
    request.set_org_id(org);
    request.set_edition(edition);
    const auto set = Once(admin(), &v1::QuotaAdmin::Stub::SetEdition, request);
    EXPECT_TRUE(set.ok()) << set.message();
  }

  void Charge(const std::string& org, int64_t credits) {
    const auto charged =
        calls().Charge(MakeCharge(org, "c" + std::to_string(++requests_), credits));
    EXPECT_TRUE(charged.ok()) << charged.message();
  }

  void AdvanceDays(int days) {
    server_->clock().Advance(hours(24) * days);
    server_->server().engine().AcceptClock();
  }

  int requests_ = 0;
  storage::TempFolder folder_;
  std::unique_ptr<TestServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Stores, EventTest, testing::Values("Memory", "RocksDb"),
                         [](const auto& store) { return store.param; });

TEST_P(EventTest, WhatHappensIsToldInOrder) {
  ASSERT_TRUE(calls().CreateOrg("before", "free").ok());
  Watch watch(admin(), {});
  watch.NextPosition();
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  Charge("acme", 4'100);
  EXPECT_THAT(watch.NextEvents(3), ElementsAre("acme: CreateOrg free", "acme: 50 %", "acme: 80 %"));
  const v1::ThresholdReached& reached = watch.response.event().threshold_reached();
  EXPECT_EQ(reached.used(), 4'100);
  EXPECT_EQ(reached.allotment(), 5'000);
  EXPECT_EQ(reached.model(), v1::MODEL_API_CREDITS);
  EXPECT_EQ(reached.resets_at().seconds() - reached.day_starts_at().seconds(), 86'400);
  SetEdition("acme", "express");
  EXPECT_EQ(watch.NextEvent(), "acme: SetEdition express");

  v1::PurchaseCreditsRequest purchase;
  purchase.set_request_id("p");
  purchase.set_org_id("acme");
  purchase.set_purchase_id("P1");
  purchase.set_pack_credits(10);
  ASSERT_TRUE(Once(admin(), &v1::QuotaAdmin::Stub::PurchaseCredits, purchase).ok());
  v1::RevokeCreditsRequest revoke;
  revoke.set_request_id("r");
  revoke.set_org_id("acme");
  revoke.set_purchase_id("P1");
  ASSERT_TRUE(Once(admin(), &v1::QuotaAdmin::Stub::RevokeCredits, revoke).ok());
  EXPECT_THAT(watch.NextEvents(2), ElementsAre("acme: bought P1", "acme: revoked P1"));
}

TEST_P(EventTest, AStreamGoesOnFromAPosition) {
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  std::string position;
  {
    Watch watch(admin(), FromOldest());
    watch.NextPosition();
    EXPECT_EQ(watch.NextEvent(), "acme: CreateOrg free");
    SetEdition("acme", "express");
    EXPECT_EQ(watch.NextEvent(), "acme: SetEdition express");
    position = watch.response.position();
  }
  SetEdition("acme", "standard");
  if (GetParam() == "RocksDb") Restart();
  SetEdition("acme", "free");
  Watch watch(admin(), From(position));
  EXPECT_EQ(watch.NextPosition(), position);
  EXPECT_THAT(watch.NextEvents(2),
              ElementsAre("acme: SetEdition standard", "acme: SetEdition free"));
}

TEST_P(EventTest, EveryEventIsToldOnceThoughThereAreMoreThanAPageHolds) {
  std::vector<std::string> expected;
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  expected.push_back("acme: CreateOrg free");
  for (int org = 0; org < 90; ++org) {
    ASSERT_TRUE(calls().CreateOrg("org" + std::to_string(org), "free").ok());
    if (org % 30 == 0) {
      SetEdition("acme", "express");
      expected.push_back("acme: SetEdition express");
    }
  }
  v1::WatchEventsRequest request = FromOldest();
  request.set_org_id("acme");
  Watch filtered(admin(), request);
  EXPECT_EQ(filtered.NextEvents(4), expected);
  Watch all(admin(), FromOldest());
  std::vector<std::string> events = all.NextEvents(94);
  std::sort(events.begin(), events.end());
  EXPECT_EQ(std::unique(events.begin(), events.end()) - events.begin(), 92)
      << "acme's three changes are alike";
  SetEdition("acme", "free");
  EXPECT_EQ(all.NextEvent(), "acme: SetEdition free");
  EXPECT_EQ(filtered.NextEvent(), "acme: SetEdition free");
}

TEST_P(EventTest, AQuietStreamGetsAPositionNowAndThen) {
  Watch watch(admin(), {});
  const std::string first = watch.NextPosition();
  server_->clock().Advance(seconds(10));
  const std::string second = watch.NextPosition();
  EXPECT_NE(second, first);
  AdvanceDays(6);
  EXPECT_NE(watch.NextPosition(), second);
}

TEST_P(EventTest, APositionFromBeforeWhatIsKeptIsOutOfRange) {
  std::string position;
  {
    Watch watch(admin(), {});
    position = watch.NextPosition();
  }
  ASSERT_TRUE(calls().CreateOrg("acme", "free").ok());
  AdvanceDays(6);
  EXPECT_EQ(Watch(admin(), From(position)).NextEvent(), "acme: CreateOrg free");
  AdvanceDays(2);
  const grpc::Status status = Watch(admin(), From(position)).Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_THAT(status.error_message(), HasSubstr("events are kept since 2025-11-04T12:00:00Z"));
  // What is trimmed is gone once something new comes.
  ASSERT_TRUE(calls().CreateOrg("later", "free").ok());
  SetEdition("acme", "express");
  Watch oldest(admin(), FromOldest());
  std::vector<std::string> events = oldest.NextEvents(2);
  std::sort(events.begin(), events.end());
  EXPECT_THAT(events, ElementsAre("acme: SetEdition express", "later: CreateOrg free"));
}

TEST_P(EventTest, RequestsThatMakeNoSenseAreRefused) {
  EXPECT_THAT(Watch(admin(), From("xyz")).Finish().error_message(),
              HasSubstr("position: not understood"));
  v1::WatchEventsRequest both = FromOldest();
  both.set_position("x");
  EXPECT_THAT(Watch(admin(), both).Finish().error_message(), HasSubstr("from_oldest"));
  v1::WatchEventsRequest control;
  control.set_org_id("a\n");
  EXPECT_EQ(Watch(admin(), control).Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_P(EventTest, ADrainEndsTheStreams) {
  Watch watch(admin(), {});
  watch.NextPosition();
  EXPECT_TRUE(server_->server().Drain(seconds(10)));
  const grpc::Status status = watch.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("resume from the last position"));
}

class EventFailureTest : public testing::TestWithParam<storage::WriteFault> {};
INSTANTIATE_TEST_SUITE_P(Faults, EventFailureTest,
                         testing::Values(storage::WriteFault::kUnknownApplied,
                                         storage::WriteFault::kUnknownUnapplied),
                         [](const auto& fault) {
                           return fault.param == storage::WriteFault::kUnknownApplied
                                      ? "Applied"
                                      : "NotApplied";
                         });

TEST_P(EventFailureTest, WhatAFailedWriteDecidedIsToldOnceItIsDurableAndOnce) {
  TestServer server;
  ASSERT_TRUE(server.calls().CreateOrg("acme", "free").ok());
  std::string position;
  {
    Watch watch(server.calls().admin(), {});
    position = watch.NextPosition();
  }
  server.FailWrite(1, GetParam());
  const auto charge = MakeCharge("acme", "c1", 2'500);
  EXPECT_FALSE(server.calls().Charge(charge).ok());
  ASSERT_TRUE(WaitUntil([&] {
    // The pause before the store is opened again.
    server.clock().Advance(std::chrono::milliseconds(200));
    return server.calls().Charge(charge).ok();
  }));
  ASSERT_TRUE(server.calls().Charge(MakeCharge("acme", "c2", 1'500)).ok());
  EXPECT_THAT(Watch(server.calls().admin(), From(position)).NextEvents(2),
              ElementsAre("acme: 50 %", "acme: 80 %"));
}

TEST_P(EventTest, ThereMayBeSoManyStreams) {
  std::vector<std::unique_ptr<Watch>> watches;
  for (size_t i = 0; i < server::EventWatches::kMaxWatches; ++i) {
    watches.push_back(std::make_unique<Watch>(admin(), v1::WatchEventsRequest()));
    watches.back()->NextPosition();
  }
  EXPECT_EQ(Watch(admin(), {}).Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace quota::test
