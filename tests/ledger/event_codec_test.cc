// Journal entries: every event comes back as it was, and damage is found or harmless.

#include "ledger/event_codec.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstdio>

#include "ledger/record_bounds.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Instant kAt = test::kNoon + Duration(123'456);
constexpr Instant kDayStart = test::kNoon - hours(12);

Reserved PlainReserved() {
  Reserved event;
  event.account = 6'000;
  event.id = ReservationId::FromText("0f8fad5b-d9cb-469f-a165-70867728950e");
  event.fingerprint = 0x0123456789abcdef;
  event.credits = Credits(10);
  event.day_start = kDayStart;
  event.deadline = kAt + seconds(60);
  event.slots = 1;
  return event;
}

Reserved FullReserved() {
  Reserved event = PlainReserved();
  event.id = ReservationId::FromText(std::string(64, 'x'));
  event.credits = kMaxBalance;
  event.slots = 1'000;
  event.second_pool = 3;
  event.commit_on_expiry = true;
  event.session = "session";
  event.packs = {{7, Credits(5)}, {8, Credits(-3)}, {UINT32_MAX, Credits(1)}};
  return event;
}

Settled PlainSettled() {
  Settled event;
  event.account = 6'000;
  event.id = ReservationId::FromText("0f8fad5b-d9cb-469f-a165-70867728950e");
  event.fingerprint = 0x0123456789abcdef;
  event.state = HoldState::kCommitted;
  event.held = event.asked = event.charged = Credits(10);
  event.day_start = kDayStart;
  return event;
}

Settled FullSettled() {
  Settled event = PlainSettled();
  event.origin = Origin::kLate;
  event.asked = Credits(50);
  event.charged = Credits(30);
  event.overage = Credits(20);
  event.packs = {{1, Credits(30)}};
  return event;
}

records::Plan SamplePlan() {
  records::Plan plan;
  plan.set_edition("tiny");
  plan.set_agents(3);
  plan.set_revision(9);
  int64_t limit = 4;
  for (const char* pool : {"main", "heavy", "other"}) {
    auto* added = plan.add_limit_overrides();
    added->set_pool(pool);
    added->set_limit(limit++);
  }
  return plan;
}

// One of each kind at least.
Events Samples() {
  Events events;
  events.push_back(PlainReserved());
  events.push_back(FullReserved());
  Reserved zero = PlainReserved();
  zero.slots = 0;
  zero.credits = Credits(0);
  zero.session = "session";
  events.push_back(zero);
  zero.session = "another session";
  events.push_back(zero);
  events.push_back(Extended{1, ReservationId::FromText("x"), kAt + hours(24)});
  events.push_back(PlainSettled());
  events.push_back(FullSettled());
  for (const HoldState state :
       {HoldState::kReleased, HoldState::kExpired, HoldState::kSessionLost}) {
    Settled event = PlainSettled();
    event.state = state;
    event.asked = event.charged = Credits(0);
    events.push_back(event);
  }
  Settled charge = PlainSettled();
  charge.origin = Origin::kCharge;
  events.push_back(charge);
  Settled nothing = PlainSettled();
  nothing.asked = nothing.charged = Credits(0);
  events.push_back(nothing);
  events.push_back(IdsSealed{});
  events.push_back(IdsForgotten{UINT64_MAX});
  records::OrgCreated created;
  created.set_account(1);
  created.set_org_id("acme");
  *created.mutable_plan() = SamplePlan();
  events.push_back(created);
  records::PlanChanged changed;
  changed.set_account(1);
  *changed.mutable_plan() = SamplePlan();
  changed.add_days()->set_daily(5);
  changed.mutable_days(0)->set_model(2);
  events.push_back(changed);
  records::CreditsPurchased purchased;
  purchased.set_account(1);
  purchased.mutable_purchase()->set_purchase_id("p");
  events.push_back(purchased);
  records::DayOpened opened;
  opened.set_account(1);
  opened.mutable_day()->set_end(77);
  opened.mutable_day()->set_model(2);
  events.push_back(opened);
  records::DayClosed closed;
  closed.set_account(1);
  closed.add_settled()->set_credits(3);
  events.push_back(closed);
  records::ThresholdReached reached;
  reached.set_account(1);
  reached.set_percent(80);
  reached.set_alert_at(90);
  events.push_back(reached);
  records::CatalogReloaded reloaded;
  reloaded.set_revision(4);
  events.push_back(reloaded);
  records::BackupTaken backup;
  backup.set_name("monday");
  backup.set_bytes(1ULL << 40);
  events.push_back(backup);
  return events;
}

std::string Encode(Instant at, const Events& events) {
  EntryEncoder encoder(at);
  for (const Event& event : events) encoder.Add(event);
  EXPECT_EQ(encoder.count(), events.size());
  return encoder.Take();
}

void ExpectEqual(const Reserved& a, const Reserved& b) {
  EXPECT_EQ(a.account, b.account);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.fingerprint, b.fingerprint);
  EXPECT_EQ(a.credits, b.credits);
  EXPECT_EQ(a.day_start, b.day_start);
  EXPECT_EQ(a.deadline, b.deadline);
  EXPECT_EQ(a.slots, b.slots);
  EXPECT_EQ(a.second_pool, b.second_pool);
  EXPECT_EQ(a.commit_on_expiry, b.commit_on_expiry);
  EXPECT_EQ(a.session, b.session);
  EXPECT_EQ(a.packs, b.packs);
}
void ExpectEqual(const Extended& a, const Extended& b) {
  EXPECT_EQ(a.account, b.account);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.deadline, b.deadline);
}
void ExpectEqual(const Settled& a, const Settled& b) {
  EXPECT_EQ(a.account, b.account);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.fingerprint, b.fingerprint);
  EXPECT_EQ(a.origin, b.origin);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.held, b.held);
  EXPECT_EQ(a.asked, b.asked);
  EXPECT_EQ(a.charged, b.charged);
  EXPECT_EQ(a.overage, b.overage);
  EXPECT_EQ(a.day_start, b.day_start);
  EXPECT_EQ(a.packs, b.packs);
}
void ExpectEqual(const IdsSealed&, const IdsSealed&) {}
void ExpectEqual(const IdsForgotten& a, const IdsForgotten& b) {
  EXPECT_EQ(a.through_sequence, b.through_sequence);
}
template <typename Message>
void ExpectEqual(const Message& a, const Message& b) {
  EXPECT_EQ(a.DebugString(), b.DebugString());
}

TEST(EventCodecTest, EveryEventComesBackAsItWas) {
  const Events events = Samples();
  const auto entry = DecodeEntry(Encode(kAt, events));
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->at, kAt);
  ASSERT_EQ(entry->events.size(), events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    SCOPED_TRACE(i);
    ASSERT_EQ(entry->events[i].index(), events[i].index());
    std::visit(
        [&entry, i](const auto& event) {
          ExpectEqual(std::get<std::decay_t<decltype(event)>>(entry->events[i]), event);
        },
        events[i]);
  }
}

TEST(EventCodecTest, EntryWithoutEventsKeepsItsInstant) {
  for (const Instant at : {kAt, Instant(), Instant(Duration(-1))}) {
    const auto entry = DecodeEntry(Encode(at, {}));
    ASSERT_TRUE(entry.ok());
    EXPECT_EQ(entry->at, at);
    EXPECT_TRUE(entry->events.empty());
  }
}

TEST(EventCodecTest, SameEventsGiveTheSameBytes) {
  // A map of a protobuf message has no order of its own.
  const std::string bytes = Encode(kAt, Samples());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Encode(kAt, Samples()), bytes);
  EXPECT_EQ(Encode(kAt, DecodeEntry(bytes)->events), bytes);
}

TEST(EventCodecTest, PairOfReservedAndSettledTakes76BytesAtMost) {
  const size_t frame = Encode(kAt, {}).size();
  const size_t pair = Encode(kAt, {PlainReserved(), PlainSettled()}).size() - frame;
  std::printf("a pair of Reserved and Settled takes %zu bytes\n", pair);
  EXPECT_LE(pair, 76u);
  // A late day costs no more: the distance to its start grows by a byte at most.
  const size_t late = Encode(kDayStart + hours(24), {PlainReserved(), PlainSettled()}).size();
  EXPECT_LE(late - frame, 80u);
}

TEST(EventCodecTest, EntryCutShortIsDataLossUnlessItEndsWithAnEvent) {
  const Events events = Samples();
  std::vector<size_t> ends = {Encode(kAt, {}).size()};
  EntryEncoder encoder(kAt);
  for (const Event& event : events) {
    encoder.Add(event);
    ends.push_back(encoder.bytes().size());
  }
  const std::string bytes = encoder.Take();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto entry = DecodeEntry(std::string_view(bytes).substr(0, size));
    const bool whole = std::find(ends.begin(), ends.end(), size) != ends.end();
    EXPECT_EQ(entry.ok(), whole) << "cut to " << size;
    if (!entry.ok()) {
      EXPECT_EQ(entry.status().code(), absl::StatusCode::kDataLoss);
    }
  }
}

// Flat events: what decodes is what was written, bit for bit. Messages of protobuf may be written
// in more than one way, but mean the same when they are written again.
TEST(EventCodecTest, FlippedBitIsDataLossOrAnotherEntryButNeverACrash) {
  // Texts that are no UTF-8 any more are as bad as anything else.
  const google::protobuf::LogSilencer silencer;
  for (const Event& event : Samples()) {
    const bool flat = event.index() < 5;
    const std::string good = Encode(kAt, {event, IdsSealed{}});
    for (size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      const auto entry = DecodeEntry(bad);
      if (!entry.ok()) {
        EXPECT_EQ(entry.status().code(), absl::StatusCode::kDataLoss);
        continue;
      }
      const std::string again = Encode(entry->at, entry->events);
      if (flat) {
        EXPECT_EQ(again, bad) << "event " << event.index() << ", bit " << bit;
      } else {
        const auto second = DecodeEntry(again);
        ASSERT_TRUE(second.ok()) << second.status();
        EXPECT_EQ(Encode(second->at, second->events), again);
      }
    }
  }
}

TEST(EventCodecTest, WhatNoEncoderWritesIsDataLoss) {
  const std::string frame = Encode(kAt, {});
  const std::string forgotten = frame + '\x05';
  const std::string cases[] = {
      "",
      std::string(1, '\x02') + frame.substr(1),                         // another version
      frame + '\x06',                                                   // an unknown kind
      forgotten + std::string("\x80\x00", 2),                           // 0 in two bytes
      forgotten + std::string(9, '\xff') + '\x02',                      // above 64 bits
      forgotten + std::string(10, '\xff') + '\x01',                     // eleven bytes
      std::string(1, '\x01') + std::string(9, '\xff') + '\x01',         // 290,000 years ago
      frame + std::string("\x02\x00\x02\x00x\x00", 6),                  // account 0
      frame + std::string("\x02\x80\x80\x80\x80\x10\x02\x00x\x00", 10)  // account 2^32
  };
  for (const std::string& bytes : cases) {
    EXPECT_THAT(DecodeEntry(bytes), FailsWith(absl::StatusCode::kDataLoss, "does not decode"));
  }
}

TEST(EventCodecTest, DamageIsToldByTheEventWhereItIs) {
  std::string bytes = Encode(kAt, {PlainReserved(), PlainSettled(), IdsSealed{}});
  bytes.back() = '\x7f';
  EXPECT_THAT(DecodeEntry(bytes), FailsWith(absl::StatusCode::kDataLoss, "at its event 3"));
}

}  // namespace
}  // namespace quota::ledger
