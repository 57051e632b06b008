// One group while it is decided. For Pipeline's own files.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/ledger.h"
#include "server/call.h"
#include "server/owned_shard.h"
#include "server/pipeline.h"
#include "storage/batch.h"
#include "storage/journal.h"

namespace quota::server {

struct Pipeline::Work {
  struct ShardGroup {
    ledger::Group group;
    // Something of the shard did not fit: what follows waits for the next group.
    bool full = false;
    // What Count has counted of it.
    size_t bytes = 0;
    size_t history = 0;
  };

  explicit Work(ledger::Context work_context) : context(work_context) {}

  ledger::Context context;
  // The most that one entry, and all entries together, may have before nothing more is begun.
  size_t entry_bytes = 0;
  size_t batch_bytes = 0;
  // By shard number.
  std::vector<std::optional<ShardGroup>> groups;
  std::vector<Call*> calls;
  std::vector<Call*> deferred;
  // Shards with watched events.
  std::vector<uint32_t> watched;
  storage::Batch batch;
  uint64_t events = 0;

  // To be called when something was added to the group: sums over all groups would be made anew
  // with each call.
  void Count(ShardGroup& of) {
    size_t bytes = of.group.entry.bytes().size();
    for (const auto& record : of.group.history) bytes += record.payload.size();
    journalled_bytes += bytes - of.bytes;
    history_records += of.group.history.size() - of.history;
    of.bytes = bytes;
    of.history = of.group.history.size();
  }

  // Nothing more is begun.
  bool Full() const { return journalled_bytes > batch_bytes || history_records >= max_history; }

  // The shard's group, or null where no more fits.
  ShardGroup* Open(OwnedShard& shard) {
    auto& slot = groups[shard.number()];
    if (!slot) {
      if ((shards_open + 1) * storage::Journal::kAppendOperations > max_operations) return nullptr;
      slot.emplace(ShardGroup{shard.NewGroup(context.now)});
      ++shards_open;
    }
    const size_t entry = slot->group.entry.bytes().size();
    if (entry > entry_bytes) slot->full = true;
    return slot->full ? nullptr : &*slot;
  }

  // Of all groups, as counted.
  size_t journalled_bytes = 0;
  size_t history_records = 0;
  size_t shards_open = 0;
  size_t max_operations = 0;
  // Records of history after which nothing more is begun: what a command brings then still fits.
  size_t max_history = 0;
};

}  // namespace quota::server
