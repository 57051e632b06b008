#include "inspect/shard_check.h"

#include <fmt/format.h>

#include <string>

#include "ledger/invariants.h"
#include "server/owned_shard.h"
#include "storage/keys.h"

namespace quota::inspect {
namespace {

void CheckAccounts(const ledger::Shard& shard, const ShardFacts& facts, Report& report) {
  for (ledger::AccountNumber number = 1; number <= shard.account_count(); ++number) {
    const ledger::Account& account = *shard.account(number);
    report.counts.holds += account.hold_count;
    if (const uint32_t home = ledger::ShardOf(account.org, report.format.shards);
        home != shard.number()) {
      report.Add(
          storage::PrintableKey(storage::AccountKey(shard.number(), number)),
          fmt::format("{} belongs to shard {}, where it will be looked for", account.org, home));
    }
    // What was stored wrong is reported already.
    if (facts.wrong_accounts.contains(number)) continue;
    for (const std::string& line : ledger::BrokenInvariants(account)) {
      report.Add(storage::PrintableKey(storage::AccountKey(shard.number(), number)),
                 account.org + ": " + line);
    }
  }
  report.counts.accounts += shard.account_count();
  report.counts.ids += shard.ids().settled_ids();
}

// Whether history speaks of what the shard does not have.
void CheckHistory(const server::OwnedShard& owned, const ShardFacts& facts,
                  const std::string& where, Report& report) {
  if (facts.newest_history_sequence >= owned.next_sequence()) {
    report.Add(where, fmt::format("history is of journal sequence {}, but the journal ends at {}",
                                  facts.newest_history_sequence, owned.next_sequence() - 1));
  }
  if (facts.highest_history_account > owned.shard().account_count()) {
    report.Add(where, fmt::format("history is of account {}, but there are {}",
                                  facts.highest_history_account, owned.shard().account_count()));
  }
}

}  // namespace

void CheckShard(storage::Store& store, uint32_t number, const ShardFacts& facts, Report& report) {
  const std::string where = fmt::format("shard {}", number);
  if (facts.damaged) {
    report.Add(where, "its sums can't be recomputed: records that they need are damaged");
    return;
  }
  const auto owned = server::OwnedShard::Recover(store, number, server::SnapshotOptions());
  if (!owned.ok()) {
    report.Add(where, "it can't be recovered: " + std::string(owned.status().message()));
    return;
  }
  CheckAccounts((*owned)->shard(), facts, report);
  for (const std::string& line : ledger::BrokenMemories((*owned)->shard())) {
    report.Add(where, line);
  }
  CheckHistory(**owned, facts, where, report);
  ++report.shards_checked;
}

}  // namespace quota::inspect
