// What dump prints, to the letter: people read it, and scripts read its lines.
#include "inspect/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "inspect/event_json.h"
#include "storage/keys.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/inspect/stored_ledger.h"
#include "tests/storage/store_matchers.h"

namespace quota::inspect {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string Dump(StoredLedger& stored, const DumpOptions& options = {}) {
  std::ostringstream out;
  const absl::Status status = DumpStore(stored.store(), options, out);
  EXPECT_TRUE(status.ok()) << status;
  return out.str();
}

void FillALittle(StoredLedger& stored) {
  stored.CreateOrg("acme", "tiny");
  ledger::PurchaseCredits pack;
  pack.request = {.request_id = "buy", .action = "PurchaseCredits", .actor = "root of all"};
  pack.purchase_id = "order-1";
  pack.is_pack = true;
  pack.credits = Credits(1'000);
  stored.Do("acme", pack);
  stored.Advance(Duration(1'500'000));
  stored.Reserve("acme", "r1", 120);
  stored.Do("acme", ledger::Commit{ReservationId::FromText("r1"), Credits(110)});
  stored.Reserve("acme", "with \"quotes\" and = signs", 4);
}

// clang-format off
constexpr char kText[] = R"(acme (shard 0, account 1)
  plan edition=tiny agents=0 light_agents=0 data_center=utc signup_day=2025-11-03 paid=false revision=2 created_at=2025-11-03T12:00:00Z
  day date=2025-11-03 start=2025-11-03T00:00:00Z end=2025-11-04T00:00:00Z zone=UTC model="API credits" base=100 variable=0 grandfathered=0 additional=0 daily=100 used=110 held=4 overage=0 draws.1=14 holds=1 ids_remembered=true catalog_revision=1
  pool pool=main in_flight=1 limit=3
  pool pool=heavy in_flight=0 limit=2
  purchase purchase=order-1 number=1 pack=1000 settled=0 available=986 first_day=2025-11-03 purchased_at=2025-11-03T12:00:00Z
  hold id="with \"quotes\" and = signs" credits=4 day=2025-11-03T00:00:00Z created_at=2025-11-03T12:00:01.5Z deadline=2025-11-03T12:30:01.5Z slots=1
  request request_id=create at=2025-11-03T12:00:00Z
  request request_id=buy at=2025-11-03T12:00:00Z
shard 0, sequence 1, 2025-11-03T12:00:00Z
  org_created acme plan.edition=tiny plan.agents=0 plan.light_agents=0 plan.data_center=utc plan.paid=false plan.revision=1 limits.main=3 limits.heavy=2 action=CreateOrg request_id=create actor=root
shard 0, sequence 2, 2025-11-03T12:00:00Z
  day_opened acme date=2025-11-03 start=2025-11-03T00:00:00Z end=2025-11-04T00:00:00Z zone=UTC model="API credits" allotment.base=100 allotment.variable=0 allotment.grandfathered=0 allotment.additional=0 limits.main=3 limits.heavy=2
  credits_purchased acme purchase=order-1 number=1 pack=1000 first_day=2025-11-03 days[0].start=2025-11-03T00:00:00Z days[0].allotment.base=100 days[0].allotment.variable=0 days[0].allotment.grandfathered=0 days[0].allotment.additional=0 days[0].daily=100 action=PurchaseCredits request_id=buy actor="root of all"
shard 0, sequence 3, 2025-11-03T12:00:01.5Z
  reserved acme id=r1 credits=120 day=2025-11-03T00:00:00Z deadline=2025-11-03T12:30:01.5Z slots=1 packs.1=20
shard 0, sequence 4, 2025-11-03T12:00:01.5Z
  settled acme id=r1 how=committed held=120 asked=110 charged=110 overage=0 day=2025-11-03T00:00:00Z packs.1=-10
shard 0, sequence 5, 2025-11-03T12:00:01.5Z
  reserved acme id="with \"quotes\" and = signs" credits=4 day=2025-11-03T00:00:00Z deadline=2025-11-03T12:30:01.5Z slots=1 packs.1=4
)";
// clang-format on

TEST(Dump, PrintsAccountsAndTheJournalForPeople) {
  StoredLedger stored;
  FillALittle(stored);
  EXPECT_EQ(Dump(stored), kText);
}

TEST(Dump, PrintsAnObjectALine) {
  StoredLedger stored;
  FillALittle(stored);
  std::istringstream lines(Dump(stored, {.json = true}));
  std::vector<json> objects;
  for (std::string line; std::getline(lines, line);) objects.push_back(json::parse(line));
  ASSERT_EQ(objects.size(), 6u);
  EXPECT_EQ(objects[0]["record"], "account");
  EXPECT_EQ(objects[0]["value"]["org"], "acme");
  EXPECT_EQ(objects[0]["value"]["days"][0]["used"], 110);
  EXPECT_EQ(objects[0]["value"]["days"][0]["held"], 4);
  EXPECT_EQ(objects[0]["value"]["days"][0]["draws"], json::object({{"1", 14}}));
  EXPECT_EQ(objects[0]["value"]["holds"][0]["id"], "with \"quotes\" and = signs");
  EXPECT_EQ(objects[4]["record"], "entry");
  EXPECT_EQ(objects[4]["value"]["sequence"], 4);
  EXPECT_EQ(objects[4]["value"]["events"][0], json({{"event", "settled"},
                                                    {"org", "acme"},
                                                    {"account", 1},
                                                    {"id", "r1"},
                                                    {"how", "committed"},
                                                    {"held", 120},
                                                    {"asked", 110},
                                                    {"charged", 110},
                                                    {"overage", 0},
                                                    {"day", "2025-11-03T00:00:00Z"},
                                                    {"packs", json::object({{"1", -10}})}}));
}

TEST(Dump, FollowsEveryKindOfEventWithoutAnUnnamedOne) {
  StoredLedger stored;
  FillWithEverything(stored);
  const std::string text = Dump(stored);
  for (const char* const kind :
       {"org_created acme plan.edition=tiny", "credits_purchased acme purchase=order-1",
        "day_opened acme date=2025-11-03", "day_closed acme start=2025-11-03T00:00:00Z",
        "reserved acme id=open-2 credits=25", "session=gateway",
        "settled acme id=yesterday how=\"charged at once\"", "ids_sealed", "ids_forgotten",
        "pool pool=heavy in_flight=1"}) {
    EXPECT_THAT(text, HasSubstr(kind));
  }
  EXPECT_THAT(text, Not(HasSubstr("null")));
}

TEST(Dump, OfOneOrganisationHasItsAccountAndItsEventsAlone) {
  StoredLedger stored;
  FillWithEverything(stored);
  const std::string text = Dump(stored, {.org = "globex"});
  EXPECT_THAT(text, HasSubstr("globex (shard "));
  EXPECT_THAT(text, HasSubstr("settled globex id=one"));
  EXPECT_THAT(text, Not(HasSubstr("acme")));
  EXPECT_THAT(text, Not(HasSubstr("ids_sealed")));
}

TEST(Dump, OfOneShardHasThatAlone) {
  StoredLedger stored;
  FillWithEverything(stored);
  DumpOptions options;
  options.accounts = false;
  options.shard = 1;
  EXPECT_THAT(Dump(stored, options), Not(HasSubstr("shard 0")));
  options.shard = 2;
  std::ostringstream out;
  EXPECT_THAT(DumpStore(stored.store(), options, out),
              storage::IsError(absl::StatusCode::kInvalidArgument, "there is no shard 2"));
}

TEST(Dump, PrintsTheJournalOfAShardThatCantBeRecovered) {
  StoredLedger stored;
  FillWithEverything(stored);
  stored.Snapshot();
  stored.Charge("acme", "last", 1);
  const uint32_t shard = stored.ShardOf("acme");
  ASSERT_TRUE(stored.disk().Damage(storage::AccountKey(shard, 1), 20));
  std::ostringstream out;
  EXPECT_THAT(DumpStore(stored.store(), {}, out),
              storage::IsError(absl::StatusCode::kDataLoss, "A/" + std::to_string(shard) + "/1"));
  EXPECT_THAT(out.str(), HasSubstr("settled account 1 id=last"));
}

TEST(Dump, StopsWhereNobodyReads) {
  StoredLedger stored;
  FillWithEverything(stored);
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_TRUE(DumpStore(stored.store(), {}, out).ok());
}

std::string Text(const ledger::Event& event) {
  return EventText(EventJson(event, [](ledger::AccountNumber) { return "acme"; }));
}

TEST(EventText, TellsWhatAdministratorsAndTimeDid) {
  records::ThresholdReached reached;
  reached.set_account(1);
  reached.set_percent(80);
  reached.set_used(81);
  reached.set_allotment(100);
  EXPECT_EQ(Text(reached),
            "threshold_reached acme day=1970-01-01T00:00:00Z percent=80 used=81 allotment=100");
  records::CreditsRevoked revoked;
  revoked.set_account(1);
  revoked.set_purchase(3);
  revoked.set_revoked_on(20'395);
  revoked.mutable_request()->set_request_id("r1");
  revoked.mutable_request()->set_action("RevokeCredits");
  EXPECT_EQ(Text(revoked),
            "credits_revoked acme number=3 revoked_on=2025-11-03 action=RevokeCredits "
            "request_id=r1");
  records::PlanChanged changed;
  changed.set_account(1);
  changed.mutable_plan()->set_edition("small");
  changed.mutable_plan()->set_suspended(true);
  changed.mutable_plan()->set_suspended_reason("unpaid");
  EXPECT_THAT(Text(changed), HasSubstr("plan_changed acme plan.edition=small"));
  EXPECT_THAT(Text(changed), HasSubstr("plan.suspended=unpaid"));
  EXPECT_EQ(Text(ledger::Extended{1, ReservationId::FromText("r1"), test::kNoon}),
            "extended acme id=r1 deadline=2025-11-03T12:00:00Z");
}

TEST(EventText, TellsWhatTheServerDid) {
  records::CatalogReloaded reloaded;
  reloaded.set_revision(4);
  EXPECT_EQ(Text(reloaded), "catalog_reloaded revision=4");
  records::BackupTaken backup;
  backup.set_name("monday");
  backup.set_bytes(12);
  EXPECT_EQ(Text(backup), "backup_taken backup=monday bytes=12");
}

TEST(InstantText, HasAFractionOnlyWhereThereIsOne) {
  EXPECT_EQ(InstantText(test::kNoon), "2025-11-03T12:00:00Z");
  EXPECT_EQ(InstantText(test::kNoon + Duration(1'500'000)), "2025-11-03T12:00:01.5Z");
  EXPECT_EQ(InstantText(test::kNoon + Duration(1)), "2025-11-03T12:00:00.000001Z");
}

}  // namespace
}  // namespace quota::inspect
