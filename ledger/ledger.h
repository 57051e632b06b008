// The ledger: executes commands on a shard. Decide, then apply, then answer.
//
//   Ledger ledger(shard);
//   Group group(at, sequence);
//   ledger.Execute(command, context, group, status, answer);   // once or many times
//   ledger.FinishGroup(context, group);
//   // group.entry is what to journal; it is empty where nothing changed
//
// Not thread-safe: belongs to the shard's executor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "ledger/answers.h"
#include "ledger/commands.h"
#include "ledger/decide.h"
#include "ledger/event_codec.h"
#include "ledger/history.h"
#include "ledger/shard.h"

namespace quota::ledger {

// What one group did to one shard: one journal entry.
struct Group {
  // `memory`: see EntryEncoder.
  Group(Instant at, uint64_t sequence, std::string memory = {})
      : sequence(sequence), entry(at, std::move(memory)) {}

  const uint64_t sequence;
  EntryEncoder entry;
  // To be written in the same batch as the entry.
  History history;
};

enum class Progress : uint8_t {
  kDone,
  // More fell due of the account than one group may carry: finish this group, then ask again.
  kAgain,
};

class Ledger {
 public:
  // Events that one command may bring in one group besides its own: what keeps an entry within the
  // store's limits.
  static constexpr size_t kMaxDueEvents = 256;

  // `shard` outlives this.
  explicit Ledger(Shard& shard) : shard_(shard) {}

  // Brings the organisation up to date, decides, applies, and answers. On kAgain nothing is
  // answered.
  Progress Execute(const Command& command, const Context& context, Group& group,
                   absl::Status& status, Answer& answer);

  // Gets ready for `command`, which is to be executed soon: see Shard::Prefetch.
  void Prefetch(int stage, const Command& command) const;

  // Lets time act on accounts that have something due, until the group has `max_events` events,
  // `max_history` records of history, or a few more. kAgain where more is due.
  Progress Sweep(const Context& context, size_t max_events, size_t max_history, Group& group);

  // Seals and forgets pages of ids as the policy wants it. Call once before a group is journalled.
  void FinishGroup(const Context& context, Group& group);

 private:
  // Applies the events, each with the thresholds that are reached by it.
  void Apply(const Events& events, const Context& context, Group& group);
  // `about` is HistoryAccount of the event.
  void ApplyOne(const Event& event, std::optional<AccountNumber> about, const Context& context,
                Group& group);
  // Commands to a whole shard; false for others.
  bool ExecuteOnShard(const Command& command, const Context& context, Group& group, Answer& answer);
  // A command of an organisation that does not exist. Creates it where the catalog has that and the
  // command moves credits; the outcome's events are then to be applied to it.
  Outcome DecideUnknown(const Command& command, const Context& context, Group& group);
  // Expiries and closed days; true where all is done.
  bool ApplyDue(AccountNumber number, const Context& context, Group& group);

  Shard& shard_;
};

}  // namespace quota::ledger
