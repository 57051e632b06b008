// Reads the journal as it becomes durable, and holds every event against those before it: nothing
// is granted twice or to nobody, nothing is overspent, sequences have no gap. Beside it, it keeps a
// shard of its own to which each entry is applied exactly once, with no snapshot in between: what a
// recovery has to come to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ledger/event_codec.h"
#include "ledger/shard.h"
#include "storage/batch.h"
#include "tests/simulation/account_book.h"
#include "tests/simulation/findings.h"
#include "tests/simulation/requests.h"
#include "tests/simulation/tally.h"

namespace quota::simulation {

class JournalAudit {
 public:
  // All outlive this.
  JournalAudit(uint32_t shards, const Requests& requests, Findings& findings, Tally& tally);

  // A batch is durable now.
  void OnDurable(const storage::Batch& batch);

  // The shard as all that is durable makes it.
  const ledger::Shard& shard(uint32_t number) const { return *mirrors_[number].shard; }
  Instant last_at() const { return last_at_; }
  // Null where the organisation does not exist.
  const AccountBook* FindBook(const std::string& org) const;
  // Whether the organisation's settled or open id is still known to the ledger.
  bool Remembers(const std::string& org, const std::string& id) const;

 private:
  struct Mirror {
    std::unique_ptr<ledger::Shard> shard;
    uint64_t last_sequence = 0;
    Instant last_at;
    // By account number, from 1.
    std::vector<AccountBook*> books = {nullptr};
  };
  struct Place {
    uint32_t shard;
    ledger::AccountNumber account;
  };

  void AddEntry(uint32_t shard, uint64_t sequence, const ledger::Entry& entry);
  void AddEvent(Mirror& mirror, const ledger::Event& event, Instant at, uint64_t sequence);
  void CheckAsked(const AccountBook& book, const ledger::Reserved& event);
  void CheckAsked(const AccountBook& book, const ledger::Settled& event);
  void Count(const ledger::Event& event, const ledger::Account& account);
  AccountBook* BookOf(Mirror& mirror, ledger::AccountNumber account);

  const Requests& requests_;
  Findings& findings_;
  Tally& tally_;
  std::vector<Mirror> mirrors_;
  std::map<std::string, AccountBook> books_;
  std::map<std::string, Place> places_;
  Instant last_at_;
};

}  // namespace quota::simulation
