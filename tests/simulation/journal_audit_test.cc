// The checker itself: a journal that breaks a rule is found out, one that keeps them is not.
#include "tests/simulation/journal_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "storage/journal.h"
#include "tests/fakes/simulated_clock.h"

namespace quota::simulation {
namespace {

using ledger::Event;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Instant kDayStart = test::kNoon - hours(12);

// acme: 100 credits a day, 2 slots.
class JournalAuditTest : public testing::Test {
 protected:
  JournalAuditTest() {
    requests_.AskAdmin("acme", "create");
    records::OrgCreated created;
    created.set_account(1);
    created.set_org_id("acme");
    created.mutable_plan()->set_edition("tiny");
    auto* pool = created.add_pools();
    pool->set_name("main");
    pool->set_limit(2);
    created.mutable_request()->set_request_id("create");
    Write({created, OpenDay(kDayStart)});
  }

  static records::DayOpened OpenDay(Instant start) {
    records::DayOpened opened;
    opened.set_account(1);
    records::Day& day = *opened.mutable_day();
    day.set_start(start.time_since_epoch().count());
    day.set_end((start + hours(24)).time_since_epoch().count());
    day.set_zone("UTC");
    day.set_model(static_cast<int32_t>(ledger::Model::kApiCredits));
    day.mutable_allotment()->set_base(100);
    day.set_daily(100);
    return opened;
  }

  // A hold of one slot that was asked for.
  ledger::Reserved Reserve(const std::string& id, int64_t credits) {
    AskedReservation& asked = requests_.Ask("acme", id);
    asked.credits = Credits(credits);
    asked.slots = 1;
    ledger::Reserved reserved;
    reserved.account = 1;
    reserved.id = ReservationId::FromText(id);
    reserved.credits = Credits(credits);
    reserved.day_start = kDayStart;
    reserved.deadline = test::kNoon + seconds(30);
    reserved.slots = 1;
    return reserved;
  }

  static ledger::Settled Settle(const ledger::Reserved& hold, ledger::HoldState state,
                                int64_t charged) {
    ledger::Settled settled;
    settled.account = 1;
    settled.id = hold.id;
    settled.state = state;
    settled.held = hold.credits;
    settled.asked = settled.charged = Credits(charged);
    settled.day_start = hold.day_start;
    return settled;
  }

  void Write(ledger::Events events, Instant at = test::kNoon) {
    ledger::EntryEncoder entry(at);
    for (const Event& event : events) entry.Add(event);
    storage::Batch batch;
    storage::Journal::Append(batch, 0, next_sequence_++, entry.bytes());
    audit_.OnDurable(batch);
  }

  Requests requests_;
  Findings findings_;
  Tally tally_;
  JournalAudit audit_{1, requests_, findings_, tally_};
  uint64_t next_sequence_ = 1;
};

TEST_F(JournalAuditTest, AJournalThatKeepsTheRulesHasNoFindings) {
  const ledger::Reserved hold = Reserve("r1", 100);
  Write({hold});
  requests_.Ask("acme", "r1").commits.insert(Credits(40));
  Write({Settle(hold, ledger::HoldState::kCommitted, 40), Reserve("r2", 60)});
  EXPECT_THAT(findings_.texts(), IsEmpty());
}

TEST_F(JournalAuditTest, MoreThanTheDayAllotsIsFound) {
  Write({Reserve("r1", 60), Reserve("r2", 41)});
  EXPECT_THAT(findings_.texts(), ElementsAre(HasSubstr("invariant 1: acme: granted 41")));
}

TEST_F(JournalAuditTest, MoreThanThePoolAllowsIsFound) {
  Write({Reserve("r1", 1), Reserve("r2", 1), Reserve("r3", 1)});
  EXPECT_THAT(findings_.texts(), ElementsAre(HasSubstr("3 of 2 in flight")));
}

TEST_F(JournalAuditTest, AnEntryThatIsMissingIsFound) {
  ++next_sequence_;
  Write({Reserve("r1", 1)});
  EXPECT_THAT(findings_.texts(), ElementsAre(HasSubstr("invariant 2: shard 0: sequence 3")));
}

TEST_F(JournalAuditTest, ADayThatIsOpenedTwiceIsFound) {
  records::DayClosed closed;
  closed.set_account(1);
  closed.set_start(kDayStart.time_since_epoch().count());
  Write({closed, OpenDay(kDayStart)});
  EXPECT_THAT(findings_.texts(), ElementsAre(HasSubstr("was opened twice")));
}

TEST_F(JournalAuditTest, TimeThatRunsBackwardsIsFound) {
  Write({Reserve("r1", 1)}, test::kNoon - seconds(1));
  EXPECT_THAT(findings_.texts(), ElementsAre(HasSubstr("ran backwards")));
}

TEST_F(JournalAuditTest, AHoldThatExpiresBeforeItsTimeIsFound) {
  const ledger::Reserved hold = Reserve("r1", 1);
  Write({hold, Settle(hold, ledger::HoldState::kExpired, 0)});
  EXPECT_THAT(findings_.texts(), ElementsAre(HasSubstr("expired before its deadline")));
}

TEST_F(JournalAuditTest, WhatNobodyAskedForIsFound) {
  ledger::Reserved hold = Reserve("r1", 1);
  hold.credits = Credits(2);
  Write({hold});
  EXPECT_THAT(findings_.texts(), ElementsAre(HasSubstr("which nobody asked for")));
}

}  // namespace
}  // namespace quota::simulation
