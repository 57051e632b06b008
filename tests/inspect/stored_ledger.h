// A ledger in a store in memory, written as quotad writes it: what tests of inspect/ look at, and
// damage.
//
//   StoredLedger stored;
//   stored.CreateOrg("acme", "tiny");
//   stored.Do("acme", ledger::Charge{...});
//   stored.Snapshot();
//   stored.ChangeAccount("acme", [](records::Account& account) { ... });
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/catalog.h"
#include "ledger/commands.h"
#include "quota/records/records.pb.h"
#include "server/owned_shard.h"
#include "storage/memory_store.h"

namespace quota::inspect {

class StoredLedger {
 public:
  static constexpr uint32_t kShards = 2;

  StoredLedger();
  // The store's limits decide what is split.
  explicit StoredLedger(const storage::Limits& limits);

  storage::MemoryStore& store() { return *store_; }
  storage::MemoryDisk& disk() { return *disk_; }
  Instant now() const { return now_; }
  void Advance(Duration by) { now_ += by; }

  // Decides, journals, and fails the test where that has an error.
  ledger::Answer Do(const std::string& org, ledger::Operation operation);
  void CreateOrg(const std::string& org, const std::string& edition);
  void Reserve(const std::string& org, const std::string& id, int64_t credits, uint32_t slots = 1);
  void Charge(const std::string& org, const std::string& id, int64_t credits);
  // Expiries, days that close, ids that are forgotten.
  void Sweep();

  // Writes all snapshots and trims.
  void Snapshot();

  uint32_t ShardOf(const std::string& org) const;
  // Writes the organisation's account as it is stored, after `change`.
  void ChangeAccount(const std::string& org, const std::function<void(records::Account&)>& change);
  // Applies it and fails the test where it is refused.
  void Write(storage::Batch batch);

 private:
  ledger::Context ContextNow() const;
  void Journal(server::OwnedShard& shard, ledger::Group& group);

  const std::shared_ptr<const ledger::Catalog> catalog_;
  const ledger::IdPolicy ids_;
  Instant now_;
  const std::shared_ptr<storage::MemoryDisk> disk_;
  std::unique_ptr<storage::MemoryStore> store_;
  std::vector<std::unique_ptr<server::OwnedShard>> shards_;
};

// An account with everything: an edition, purchases, a pack that is drawn, two pools, holds, a
// session, ids that are remembered, a day that has closed, a threshold; and a second organisation.
void FillWithEverything(StoredLedger& stored);

}  // namespace quota::inspect
