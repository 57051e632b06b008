#include "tests/inspect/stored_ledger.h"

#include <gtest/gtest.h>

#include <utility>

#include "ledger/ledger.h"
#include "storage/format.h"
#include "storage/snapshots.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"
#include "tests/storage/store_matchers.h"

namespace quota::inspect {
namespace {

// Snapshots whenever they are asked for.
constexpr size_t kAlwaysDue = 1;

}  // namespace

StoredLedger::StoredLedger() : StoredLedger(storage::MemoryStoreOptions().limits) {}

StoredLedger::StoredLedger(const storage::Limits& limits)
    : catalog_(test::TestCatalog()),
      now_(test::kNoon),
      disk_(std::make_shared<storage::MemoryDisk>()),
      store_(std::make_unique<storage::MemoryStore>(
          disk_, storage::MemoryStoreOptions{.limits = limits, .immediate = true})) {
  EXPECT_TRUE(storage::EnsureFormat(*store_, kShards).ok());
  for (uint32_t number = 0; number < kShards; ++number) {
    server::SnapshotOptions options;
    options.journal_bytes = kAlwaysDue;
    shards_.push_back(*server::OwnedShard::Recover(*store_, number, options));
  }
}

ledger::Context StoredLedger::ContextNow() const {
  return {.catalog = catalog_->At(now_), .ids = ids_, .now = now_, .serving_since = Instant()};
}

void StoredLedger::Journal(server::OwnedShard& shard, ledger::Group& group) {
  shard.ledger().FinishGroup(ContextNow(), group);
  if (group.entry.count() == 0) return;
  storage::Batch batch;
  shard.Journal(group, batch);
  Write(std::move(batch));
}

ledger::Answer StoredLedger::Do(const std::string& org, ledger::Operation operation) {
  server::OwnedShard& shard = *shards_[org.empty() ? 0 : ShardOf(org)];
  absl::Status status;
  ledger::Answer answer;
  for (bool again = true; again;) {
    ledger::Group group = shard.NewGroup(now_);
    again = shard.ledger().Execute({org, operation}, ContextNow(), group, status, answer) ==
            ledger::Progress::kAgain;
    Journal(shard, group);
  }
  EXPECT_TRUE(status.ok()) << status;
  return answer;
}

void StoredLedger::CreateOrg(const std::string& org, const std::string& edition) {
  ledger::CreateOrg create;
  create.request = {.request_id = "create", .action = "CreateOrg", .actor = "root"};
  create.edition = edition;
  Do(org, create);
}

void StoredLedger::Reserve(const std::string& org, const std::string& id, int64_t credits,
                           uint32_t slots) {
  ledger::Reserve reserve;
  reserve.id = ReservationId::FromText(id);
  reserve.fingerprint = 7;
  reserve.cost = Credits(credits);
  reserve.slots = slots;
  reserve.ttl = std::chrono::minutes(30);
  const auto answer = Do(org, reserve);
  EXPECT_EQ(std::get<ledger::ReserveAnswer>(answer).decision, ledger::Decision::kGranted);
}

void StoredLedger::Charge(const std::string& org, const std::string& id, int64_t credits) {
  const auto answer = Do(org, ledger::Charge{ReservationId::FromText(id), 7, Credits(credits)});
  EXPECT_EQ(std::get<ledger::ChargeAnswer>(answer).decision, ledger::Decision::kGranted);
}

void StoredLedger::Sweep() {
  for (const auto& shard : shards_) {
    for (bool again = true; again;) {
      ledger::Group group = shard->NewGroup(now_);
      again = shard->ledger().Sweep(ContextNow(), 100, 100, group) == ledger::Progress::kAgain;
      Journal(*shard, group);
    }
  }
}

void StoredLedger::Snapshot() {
  for (const auto& shard : shards_) {
    for (;;) {
      auto batches = shard->Maintain(store_->limits());
      ASSERT_TRUE(batches.ok()) << batches.status();
      if (batches->empty()) break;
      for (storage::Batch& batch : *batches) Write(std::move(batch));
      shard->MaintenanceDone();
    }
  }
}

uint32_t StoredLedger::ShardOf(const std::string& org) const {
  return ledger::ShardOf(org, kShards);
}

void StoredLedger::ChangeAccount(const std::string& org,
                                 const std::function<void(records::Account&)>& change) {
  const uint32_t shard = ShardOf(org);
  storage::AccountReader reader(*store_, shard);
  for (auto stored = reader.Next();; stored = reader.Next()) {
    ASSERT_TRUE(stored.ok() && stored->has_value()) << org << " is not stored";
    records::Account account;
    ASSERT_TRUE(account.ParseFromString((*stored)->record));
    if (account.org_id() != org) continue;
    change(account);
    (*stored)->record = account.SerializeAsString();
    auto writer = storage::SnapshotWriter::Open(*store_, shard);
    ASSERT_TRUE(writer.ok());
    auto batches = writer->EncodeAccounts({&**stored, 1}, shards_[shard]->low_water());
    ASSERT_TRUE(batches.ok());
    for (storage::Batch& batch : *batches) Write(std::move(batch));
    return;
  }
}

void StoredLedger::Write(storage::Batch batch) { storage::MustApply(*store_, std::move(batch)); }

void FillWithEverything(StoredLedger& stored) {
  stored.CreateOrg("acme", "tiny");
  stored.CreateOrg("globex", "small");
  ledger::PurchaseCredits pack;
  pack.request = {.request_id = "buy", .action = "PurchaseCredits", .actor = "root"};
  pack.purchase_id = "order-1";
  pack.is_pack = true;
  pack.credits = Credits(1'000);
  stored.Do("acme", pack);
  stored.Charge("acme", "yesterday", 90);
  // The day closes once its ids are forgotten.
  stored.Advance(std::chrono::hours(24));
  stored.Sweep();
  stored.Sweep();
  stored.Charge("acme", "big", 130);
  stored.Reserve("acme", "open-1", 20);
  ledger::Reserve heavy;
  heavy.id = ReservationId::FromText("open-2");
  heavy.fingerprint = 7;
  heavy.cost = ledger::MethodCall{"reports.daily", {}};
  heavy.session = "gateway";
  stored.Do("acme", heavy);
  stored.Reserve("acme", "settled", 5);
  stored.Do("acme", ledger::Commit{ReservationId::FromText("settled"), Credits(3)});
  stored.Charge("globex", "one", 1);
  // The page of ids is complete.
  stored.Advance(std::chrono::seconds(2));
  stored.Sweep();
}

}  // namespace quota::inspect
