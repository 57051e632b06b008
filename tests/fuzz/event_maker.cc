#include "tests/fuzz/event_maker.h"

#include "ledger/account_record.h"
#include "tests/fakes/simulated_clock.h"

namespace quota::ledger {
namespace {

using fuzz::ByteSource;
using std::chrono::hours;

int64_t AnyAmount(ByteSource& source) {
  switch (source.Below(8)) {
    case 0:
      return kMaxCredits.value();
    case 1:
      return static_cast<int64_t>(source.Number(8));
    case 2:
      return INT64_MAX - source.Byte();
    default:
      return source.Byte();
  }
}

Instant AnyTime(ByteSource& source, Instant near) {
  // A quarter of the range: two of them still have a difference, which is what is written.
  if (source.Below(16) == 0) return Instant(Duration(static_cast<int64_t>(source.Number(8)) / 4));
  return near + hours(static_cast<int64_t>(source.Below(96)) - 48);
}

Instant AnyDayStart(ByteSource& source) {
  return test::kNoon + hours(static_cast<int64_t>(source.Below(4)) * 24 - 36);
}

ReservationId AnyId(ByteSource& source) {
  return ReservationId::FromText(std::string(1, static_cast<char>('a' + source.Below(6))));
}

AccountNumber AnyAccount(ByteSource& source) {
  if (source.Below(16) == 0) return static_cast<AccountNumber>(source.Number(4));
  return static_cast<AccountNumber>(source.Below(4));
}

PackChanges AnyPacks(ByteSource& source) {
  PackChanges packs;
  for (uint64_t count = source.Below(4); count > 0; --count) {
    const auto purchase = static_cast<uint32_t>(source.Below(4));
    packs.push_back({purchase, Credits(source.Bool() ? AnyAmount(source) : -AnyAmount(source))});
  }
  return packs;
}

std::string OneName(ByteSource& source, std::initializer_list<const char*> names) {
  return source.OneOf(names);
}

records::Plan MakePlan(ByteSource& source) {
  records::Plan plan;
  plan.set_edition(OneName(source, {"tiny", "small", "enterprise", "unheard-of"}));
  plan.set_data_center(OneName(source, {"utc", "us", "in", "mars"}));
  plan.set_own_zone(OneName(source, {"", "", "Asia/Kolkata", "Mars/Olympus"}));
  plan.set_agents(AnyAmount(source));
  plan.set_signup_day(static_cast<int32_t>(AnyAmount(source)));
  plan.set_revision(AnyAmount(source));
  plan.set_created_at(ToMicros(AnyTime(source, test::kNoon)));
  if (source.Bool()) plan.set_legacy_limit(AnyAmount(source));
  if (source.Bool()) plan.set_grandfathered_until(static_cast<int32_t>(AnyAmount(source)));
  return plan;
}

void AddPools(ByteSource& source, google::protobuf::RepeatedPtrField<records::Pool>* pools) {
  for (uint64_t count = source.Below(4); count > 0; --count) {
    auto* pool = pools->Add();
    pool->set_name(OneName(source, {"main", "heavy", "other"}));
    pool->set_limit(AnyAmount(source));
  }
}

records::AdminRequest MakeRequest(ByteSource& source, Instant at) {
  records::AdminRequest request;
  request.set_request_id(OneName(source, {"", "r1", "r2"}));
  request.set_at(ToMicros(AnyTime(source, at)));
  return request;
}

void AddDays(ByteSource& source, google::protobuf::RepeatedPtrField<records::DayChange>* days) {
  for (uint64_t count = source.Below(3); count > 0; --count) {
    auto* day = days->Add();
    day->set_start(ToMicros(AnyDayStart(source)));
    day->set_daily(AnyAmount(source));
    day->mutable_allotment()->set_base(AnyAmount(source));
    day->mutable_allotment()->set_variable(AnyAmount(source));
    day->set_model(static_cast<int32_t>(source.Below(4)));
    for (const PackDraw& draw : AnyPacks(source)) {
      auto* added = day->add_draws();
      added->set_pack(draw.purchase);
      added->set_credits(draw.credits.value());
    }
  }
}

Event MakeReserved(ByteSource& source, Instant at) {
  Reserved event;
  event.account = AnyAccount(source);
  event.id = AnyId(source);
  event.credits = Credits(AnyAmount(source));
  event.day_start = AnyDayStart(source);
  event.deadline = AnyTime(source, at);
  event.slots = static_cast<uint32_t>(AnyAmount(source));
  event.second_pool = static_cast<uint8_t>(source.Below(3));
  event.commit_on_expiry = source.Bool();
  event.session = OneName(source, {"", "s1", "s2"});
  event.packs = AnyPacks(source);
  return event;
}

Event MakeSettled(ByteSource& source) {
  Settled event;
  event.account = AnyAccount(source);
  event.id = AnyId(source);
  event.origin = static_cast<Origin>(source.Below(3));
  event.state = static_cast<HoldState>(2 + source.Below(4));
  event.held = Credits(AnyAmount(source));
  event.asked = Credits(AnyAmount(source));
  event.charged = Credits(AnyAmount(source));
  event.overage = Credits(AnyAmount(source));
  event.day_start = AnyDayStart(source);
  event.packs = AnyPacks(source);
  return event;
}

Event MakeDayOpened(ByteSource& source) {
  records::DayOpened event;
  event.set_account(AnyAccount(source));
  const Instant start = AnyDayStart(source);
  records::Day& day = *event.mutable_day();
  day.set_start(ToMicros(start));
  day.set_end(ToMicros(AnyTime(source, start + hours(72))));
  day.set_zone("UTC");
  day.set_model(source.Below(16) == 0 ? 9 : 2);
  day.set_date(static_cast<int32_t>(AnyAmount(source)));
  day.set_daily(AnyAmount(source));
  day.mutable_allotment()->set_base(AnyAmount(source));
  if (source.Bool()) day.set_alert_at(AnyAmount(source));
  AddPools(source, event.mutable_pools());
  return event;
}

Event MakePurchased(ByteSource& source, Instant at) {
  records::CreditsPurchased event;
  event.set_account(AnyAccount(source));
  records::Purchase& purchase = *event.mutable_purchase();
  purchase.set_number(static_cast<uint32_t>(source.Below(4)));
  purchase.set_purchase_id(OneName(source, {"p1", "p2"}));
  purchase.set_is_pack(source.Bool());
  purchase.set_credits(AnyAmount(source));
  purchase.set_settled(AnyAmount(source));
  purchase.set_first_day(static_cast<int32_t>(AnyAmount(source)));
  if (source.Bool()) purchase.set_last_day(static_cast<int32_t>(AnyAmount(source)));
  event.set_revision(AnyAmount(source));
  AddDays(source, event.mutable_days());
  *event.mutable_request() = MakeRequest(source, at);
  event.set_requests_forgotten(static_cast<uint32_t>(AnyAmount(source)));
  return event;
}

Event MakeRare(ByteSource& source, Instant at) {
  switch (source.Below(6)) {
    case 0: {
      records::PlanChanged event;
      event.set_account(AnyAccount(source));
      *event.mutable_plan() = MakePlan(source);
      AddPools(source, event.mutable_pools());
      AddDays(source, event.mutable_days());
      *event.mutable_request() = MakeRequest(source, at);
      event.set_requests_forgotten(static_cast<uint32_t>(AnyAmount(source)));
      return event;
    }
    case 1: {
      records::CreditsRevoked event;
      event.set_account(AnyAccount(source));
      event.set_purchase(static_cast<uint32_t>(source.Below(4)));
      event.set_revoked_on(static_cast<int32_t>(AnyAmount(source)));
      return event;
    }
    case 2: {
      records::ThresholdReached event;
      event.set_account(AnyAccount(source));
      event.set_day_start(ToMicros(AnyDayStart(source)));
      event.set_percent(static_cast<int32_t>(AnyAmount(source)));
      event.set_alert_at(AnyAmount(source));
      return event;
    }
    case 3: {
      records::DayClosed event;
      event.set_account(AnyAccount(source));
      event.set_start(ToMicros(AnyDayStart(source)));
      for (const PackDraw& draw : AnyPacks(source)) {
        auto* settled = event.add_settled();
        settled->set_pack(draw.purchase);
        settled->set_credits(draw.credits.value());
      }
      event.add_purchases_dropped(static_cast<uint32_t>(source.Below(4)));
      return event;
    }
    case 4:
      return IdsForgotten{source.Below(16)};
    default:
      return IdsSealed{};
  }
}

}  // namespace

Event MakeEvent(ByteSource& source, Instant at) {
  switch (source.Below(8)) {
    case 0:
    case 1:
      return MakeReserved(source, at);
    case 2:
    case 3:
      return MakeSettled(source);
    case 4: {
      records::OrgCreated event;
      event.set_account(AnyAccount(source));
      event.set_org_id(OneName(source, {"", "acme", "beta", "gamma"}));
      *event.mutable_plan() = MakePlan(source);
      AddPools(source, event.mutable_pools());
      *event.mutable_request() = MakeRequest(source, at);
      return event;
    }
    case 5:
      return MakeDayOpened(source);
    case 6:
      return source.Bool()
                 ? MakePurchased(source, at)
                 : Event(Extended{AnyAccount(source), AnyId(source), AnyTime(source, at)});
    default:
      return MakeRare(source, at);
  }
}

}  // namespace quota::ledger
