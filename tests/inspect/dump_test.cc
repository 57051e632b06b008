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

TEST(Dump, PrintsAccountsAndTheJournalForPeople) {
  StoredLedger stored;
  FillALittle(stored);
  EXPECT_EQ(Dump(stored), "");
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
        "threshold_reached acme", "reserved acme id=open-2 credits=25", "session=gateway",
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

TEST(InstantText, HasAFractionOnlyWhereThereIsOne) {
  EXPECT_EQ(InstantText(test::kNoon), "2025-11-03T12:00:00Z");
  EXPECT_EQ(InstantText(test::kNoon + Duration(1'500'000)), "2025-11-03T12:00:01.5Z");
  EXPECT_EQ(InstantText(test::kNoon + Duration(1)), "2025-11-03T12:00:00.000001Z");
}

}  // namespace
}  // namespace quota::inspect
