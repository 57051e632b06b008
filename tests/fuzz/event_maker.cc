#include "tests/fuzz/event_maker.h"

#include "ledger/account_record.h"
#include "tests/fakes/simulated_clock.h"

namespace quota::ledger {
namespace {

using fuzz::ByteSource;
using std::chrono::hours;

int64_t Amount(ByteSource& source) {
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

Instant At(ByteSource& source, Instant near) {
  if (source.Below(16) == 0) return Instant(Duration(static_cast<int64_t>(source.Number(8))));
  return near + hours(static_cast<int64_t>(source.Below(96)) - 48);
}

Instant DayStart(ByteSource& source) {
  return test::kNoon + hours(static_cast<int64_t>(source.Below(4)) * 24 - 36);
}

ReservationId Id(ByteSource& source) {
  return ReservationId::FromText(std::string(1, static_cast<char>('a' + source.Below(6))));
}

AccountNumber Account(ByteSource& source) {
  if (source.Below(16) == 0) return static_cast<AccountNumber>(source.Number(4));
  return static_cast<AccountNumber>(source.Below(4));
}

PackChanges Packs(ByteSource& source) {
  PackChanges packs;
  for (uint64_t count = source.Below(4); count > 0; --count) {
    const auto purchase = static_cast<uint32_t>(source.Below(4));
    packs.push_back({purchase, Credits(source.Bool() ? Amount(source) : -Amount(source))});
  }
  return packs;
}

std::string Name(ByteSource& source, std::initializer_list<const char*> names) {
  return source.OneOf(names);
}

records::Plan MakePlan(ByteSource& source) {
  records::Plan plan;
  plan.set_edition(Name(source, {"tiny", "small", "enterprise", "unheard-of"}));
  plan.set_data_center(Name(source, {"utc", "us", "in", "mars"}));
  plan.set_own_zone(Name(source, {"", "", "Asia/Kolkata", "Mars/Olympus"}));
  plan.set_agents(Amount(source));
  plan.set_signup_day(static_cast<int32_t>(Amount(source)));
  plan.set_revision(Amount(source));
  plan.set_created_at(ToMicros(At(source, test::kNoon)));
  if (source.Bool()) plan.set_legacy_limit(Amount(source));
  if (source.Bool()) plan.set_grandfathered_until(static_cast<int32_t>(Amount(source)));
  return plan;
}

void AddPools(ByteSource& source, google::protobuf::RepeatedPtrField<records::Pool>* pools) {
  for (uint64_t count = source.Below(4); count > 0; --count) {
    auto* pool = pools->Add();
    pool->set_name(Name(source, {"main", "heavy", "other"}));
    pool->set_limit(Amount(source));
  }
}

records::AdminRequest MakeRequest(ByteSource& source, Instant at) {
  records::AdminRequest request;
  request.set_request_id(Name(source, {"", "r1", "r2"}));
  request.set_at(ToMicros(At(source, at)));
  return request;
}

void AddDays(ByteSource& source, google::protobuf::RepeatedPtrField<records::DayChange>* days) {
  for (uint64_t count = source.Below(3); count > 0; --count) {
    auto* day = days->Add();
    day->set_start(ToMicros(DayStart(source)));
    day->set_daily(Amount(source));
    day->mutable_allotment()->set_base(Amount(source));
    day->mutable_allotment()->set_variable(Amount(source));
    day->set_model(static_cast<int32_t>(source.Below(4)));
    for (const PackDraw& draw : Packs(source)) {
      auto* added = day->add_draws();
      added->set_pack(draw.purchase);
      added->set_credits(draw.credits.value());
    }
  }
}

Event MakeReserved(ByteSource& source, Instant at) {
  Reserved event;
  event.account = Account(source);
  event.id = Id(source);
  event.credits = Credits(Amount(source));
  event.day_start = DayStart(source);
  event.deadline = At(source, at);
  event.slots = static_cast<uint32_t>(Amount(source));
  event.second_pool = static_cast<uint8_t>(source.Below(3));
  event.commit_on_expiry = source.Bool();
  event.session = Name(source, {"", "s1", "s2"});
  event.packs = Packs(source);
  return event;
}

Event MakeSettled(ByteSource& source) {
  Settled event;
  event.account = Account(source);
  event.id = Id(source);
  event.origin = static_cast<Origin>(source.Below(3));
  event.state = static_cast<HoldState>(2 + source.Below(4));
  event.held = Credits(Amount(source));
  event.asked = Credits(Amount(source));
  event.charged = Credits(Amount(source));
  event.overage = Credits(Amount(source));
  event.day_start = DayStart(source);
  event.packs = Packs(source);
  return event;
}

Event MakeDayOpened(ByteSource& source) {
  records::DayOpened event;
  event.set_account(Account(source));
  const Instant start = DayStart(source);
  records::Day& day = *event.mutable_day();
  day.set_start(ToMicros(start));
  day.set_end(ToMicros(At(source, start + hours(72))));
  day.set_zone("UTC");
  day.set_model(source.Below(16) == 0 ? 9 : 2);
  day.set_date(static_cast<int32_t>(Amount(source)));
  day.set_daily(Amount(source));
  day.mutable_allotment()->set_base(Amount(source));
  if (source.Bool()) day.set_alert_at(Amount(source));
  AddPools(source, event.mutable_pools());
  return event;
}

Event MakePurchased(ByteSource& source, Instant at) {
  records::CreditsPurchased event;
  event.set_account(Account(source));
  records::Purchase& purchase = *event.mutable_purchase();
  purchase.set_number(static_cast<uint32_t>(source.Below(4)));
  purchase.set_purchase_id(Name(source, {"p1", "p2"}));
  purchase.set_is_pack(source.Bool());
  purchase.set_credits(Amount(source));
  purchase.set_settled(Amount(source));
  purchase.set_first_day(static_cast<int32_t>(Amount(source)));
  if (source.Bool()) purchase.set_last_day(static_cast<int32_t>(Amount(source)));
  event.set_revision(Amount(source));
  AddDays(source, event.mutable_days());
  *event.mutable_request() = MakeRequest(source, at);
  event.set_requests_forgotten(static_cast<uint32_t>(Amount(source)));
  return event;
}

Event MakeRare(ByteSource& source, Instant at) {
  switch (source.Below(6)) {
    case 0: {
      records::PlanChanged event;
      event.set_account(Account(source));
      *event.mutable_plan() = MakePlan(source);
      AddPools(source, event.mutable_pools());
      AddDays(source, event.mutable_days());
      *event.mutable_request() = MakeRequest(source, at);
      event.set_requests_forgotten(static_cast<uint32_t>(Amount(source)));
      return event;
    }
    case 1: {
      records::CreditsRevoked event;
      event.set_account(Account(source));
      event.set_purchase(static_cast<uint32_t>(source.Below(4)));
      event.set_revoked_on(static_cast<int32_t>(Amount(source)));
      return event;
    }
    case 2: {
      records::ThresholdReached event;
      event.set_account(Account(source));
      event.set_day_start(ToMicros(DayStart(source)));
      event.set_percent(static_cast<int32_t>(Amount(source)));
      event.set_alert_at(Amount(source));
      return event;
    }
    case 3: {
      records::DayClosed event;
      event.set_account(Account(source));
      event.set_start(ToMicros(DayStart(source)));
      for (const PackDraw& draw : Packs(source)) {
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
      event.set_account(Account(source));
      event.set_org_id(Name(source, {"", "acme", "beta", "gamma"}));
      *event.mutable_plan() = MakePlan(source);
      AddPools(source, event.mutable_pools());
      *event.mutable_request() = MakeRequest(source, at);
      return event;
    }
    case 5:
      return MakeDayOpened(source);
    case 6:
      return source.Bool() ? MakePurchased(source, at)
                           : Event(Extended{Account(source), Id(source), At(source, at)});
    default:
      return MakeRare(source, at);
  }
}

}  // namespace quota::ledger
