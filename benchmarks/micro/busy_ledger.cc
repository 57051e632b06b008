#include "benchmarks/micro/busy_ledger.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <utility>

#include "catalog/catalog_loader.h"
#include "common/check.h"

namespace quota::benchmarks {
namespace {

// Noon in UTC: no day ends while a benchmark runs.
constexpr Instant kNoon{std::chrono::seconds(1'789'560'000)};

}  // namespace

BusyLedger::BusyLedger(uint32_t orgs, Journal journal) : journal_(std::move(journal)), now_(kNoon) {
  auto catalog = catalog::LoadDefaultCatalog();
  QUOTA_CHECK(catalog.ok());
  catalog_ = *std::move(catalog);
  for (uint32_t number = 0; number < kShards; ++number) {
    OneShard& added = shards_.emplace_back();
    added.shard = std::make_unique<ledger::Shard>(number, kShards);
    QUOTA_CHECK(added.shard->FinishRecovery().ok());
    added.ledger = std::make_unique<ledger::Ledger>(*added.shard);
  }
  CreateOrgs(orgs);
}

ledger::Context BusyLedger::MakeContext() const {
  ledger::Context context{catalog_->At(now_), policy_, now_, kNoon};
  context.common_bytes_left = static_cast<int64_t>(policy_.common_bytes + policy_.own_bytes) -
                              static_cast<int64_t>(remembered_bytes());
  return context;
}

void BusyLedger::CreateOrgs(uint32_t orgs) {
  orgs_.reserve(orgs);
  for (uint32_t i = 0; i < orgs; ++i) {
    orgs_.push_back(fmt::format("org-{}", i));
    hashes_.push_back(ledger::HashOf(orgs_.back()));
    OneShard& of = shards_[hashes_.back() % kShards];
    ledger::CreateOrg create;
    create.request = {"create", 1};
    create.edition = "enterprise";
    create.agents = 1'000'000;
    const ledger::Context context = MakeContext();
    ledger::Group group(now_, of.next_sequence++);
    absl::Status status;
    ledger::Answer answer;
    of.ledger->Execute({orgs_.back(), create}, context, group, status, answer);
    QUOTA_CHECK(status.ok());
    // Opens the day, which is no part of what is measured.
    of.ledger->Execute({orgs_.back(), ledger::GetUsage{}}, context, group, status, answer);
    QUOTA_CHECK(status.ok());
    Write(of, group);
  }
}

void BusyLedger::Write(const OneShard& of, const ledger::Group& group) {
  if (journal_) journal_(of.shard->number(), group.sequence, group.entry.bytes());
}

// As Pipeline::LookAhead.
void BusyLedger::LookAhead(size_t index) {
  constexpr size_t kDistance = 6;
  size_t ahead = index + kDistance * ledger::Shard::kPrefetchStages;
  for (int stage = 0; stage < ledger::Shard::kPrefetchStages; ++stage, ahead -= kDistance) {
    if (ahead < commands_.size()) {
      ShardOf(commands_[ahead]).ledger->Prefetch(stage, commands_[ahead]);
    }
  }
}

ReservationId BusyLedger::NextId() {
  // As random as a UUID, and never the same twice.
  char packed[17] = {1};
  const uint64_t high = random_();
  const uint64_t low = ++next_id_;
  std::memcpy(packed + 1, &high, 8);
  std::memcpy(packed + 9, &low, 8);
  return *ReservationId::FromPacked({packed, sizeof(packed)});
}

template <typename Make>
void BusyLedger::RunGroup(Make make) {
  const ledger::Context context = MakeContext();
  std::vector<std::optional<ledger::Group>> groups(kShards);
  commands_.resize(drawn_.size());
  for (size_t i = 0; i < drawn_.size(); ++i) {
    commands_[i].org = orgs_[drawn_[i].org];
    commands_[i].org_hash = hashes_[drawn_[i].org];
    make(drawn_[i], commands_[i].operation);
  }
  absl::Status status;
  ledger::Answer answer;
  for (size_t i = 0; i < commands_.size(); ++i) {
    LookAhead(i);
    OneShard& of = ShardOf(commands_[i]);
    auto& group = groups[of.shard->number()];
    if (!group) group.emplace(now_, of.next_sequence++, std::move(of.spare_entry));
    of.ledger->Execute(commands_[i], context, *group, status, answer);
    QUOTA_CHECK(status.ok());
    if (const auto* reserve = std::get_if<ledger::ReserveAnswer>(&answer)) {
      QUOTA_CHECK(reserve->decision == ledger::Decision::kGranted);
    }
  }
  for (auto& group : groups) {
    if (!group) continue;
    OneShard& of = shards_[static_cast<size_t>(&group - groups.data())];
    of.ledger->FinishGroup(context, *group);
    journal_bytes_ += group->entry.bytes().size();
    Write(of, *group);
    of.spare_entry = group->entry.Take();
  }
}

void BusyLedger::DrawPairs(uint32_t count) {
  drawn_.resize(count);
  for (Pair& pair : drawn_) {
    pair.org = static_cast<uint32_t>(random_() % orgs_.size());
    pair.id = NextId();
  }
}

void BusyLedger::RunPairs() {
  RunGroup([](const Pair& pair, ledger::Operation& operation) {
    auto& reserve = operation.emplace<ledger::Reserve>();
    reserve.id = pair.id;
    reserve.fingerprint = pair.org;
    reserve.cost = Credits(3);
    // Of 400,000 calls at once many are of one organisation: slots are not what is measured.
    reserve.slots = 0;
  });
  RunGroup([](const Pair& pair, ledger::Operation& operation) {
    operation.emplace<ledger::Commit>(ledger::Commit{pair.id, Credits(2)});
  });
  pairs_ += drawn_.size();
  now_ +=
      std::chrono::microseconds(static_cast<int64_t>(drawn_.size()) * 1'000'000 / kPairsPerSecond);
}

size_t BusyLedger::remembered_ids() const {
  size_t ids = 0;
  for (const OneShard& of : shards_) ids += of.shard->ids().settled_ids();
  return ids;
}

size_t BusyLedger::remembered_bytes() const {
  size_t bytes = 0;
  for (const OneShard& of : shards_) bytes += of.shard->ids().settled_bytes();
  return bytes;
}

}  // namespace quota::benchmarks
