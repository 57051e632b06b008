// A shard with its place in the store: the ledger's state, the next sequence of its journal, and
// the snapshots that let the journal be trimmed.
//
//   auto shard = OwnedShard::Recover(store, number, options);
//   Group group = shard->NewGroup(now);
//   ... shard->ledger().Execute(..., group, ...) ...
//   shard->Journal(group, batch);
//   shard->Maintain(store, lane);             // writes snapshots and trims, a slice at a time
//
// Not thread-safe: belongs to one executor, except Recover, which may run on any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/ledger.h"
#include "ledger/shard.h"
#include "storage/history.h"
#include "storage/journal.h"
#include "storage/snapshots.h"
#include "storage/store.h"

namespace quota::server {

struct SnapshotOptions {
  // Journal bytes of all shards together that bound the time of recovery: after its part of them a
  // shard stores its changed accounts and trims its journal. The first time a new shard does that
  // earlier, at a point of its own.
  size_t journal_bytes = 256 << 20;
  // Account records written in one slice: bounds how long the executor is kept from its queue.
  size_t slice_bytes = 64 << 10;
  // How long the history of an account is kept.
  storage::HistoryWriter::Keep history;
};

class OwnedShard {
 public:
  // Rebuilds the shard, one of `count`, from its snapshots and its journal. DATA_LOSS naming the
  // shard and the key or sequence where they do not fit together.
  static absl::StatusOr<std::unique_ptr<OwnedShard>> Recover(storage::Store& store, uint32_t number,
                                                             SnapshotOptions options,
                                                             uint32_t count = 1);

  uint32_t number() const { return shard_.number(); }
  const ledger::Shard& shard() const { return shard_; }
  ledger::Shard& mutable_shard() { return shard_; }
  ledger::Ledger& ledger() { return ledger_; }
  uint64_t next_sequence() const { return next_sequence_; }
  uint64_t low_water() const { return low_water_; }
  // Of the journal since the low-water mark, about.
  size_t journal_bytes() const { return journal_bytes_; }
  // After which it is to be trimmed.
  size_t most_journal_bytes() const { return options_.journal_bytes / shard_.count(); }

  ledger::Group NewGroup(Instant now) {
    return ledger::Group(now, next_sequence_, std::exchange(spare_entry_, {}));
  }

  // Adds the group's entry and history to `batch`. The group has at least one event. True where
  // there is something new for watchers.
  bool Journal(ledger::Group& group, storage::Batch& batch);

  // Snapshots to write now, in this order; empty where nothing is due or a slice is still on its
  // way. Once all of them are done, MaintenanceDone must be called.
  absl::StatusOr<std::vector<storage::Batch>> Maintain(const storage::Limits& limits);
  void MaintenanceDone();
  // Whether Maintain has something to write.
  bool MaintenanceDue() const;

 private:
  // What the batches on their way will bring when they are done.
  struct Slice {
    // Accounts were saved as of this sequence; 0: none.
    uint64_t saved_at = 0;
    // Pages saved, by their first sequences.
    std::vector<uint64_t> pages;
    // The journal is trimmed to this mark; 0: it is not.
    uint64_t new_mark = 0;
    size_t trimmed_bytes = 0;
  };
  // A page that is in the store.
  struct StoredPage {
    uint64_t first_sequence;
    uint64_t last_sequence;
  };

  OwnedShard(uint32_t number, uint32_t count, SnapshotOptions options,
             storage::SnapshotWriter writer)
      : shard_(number, count), ledger_(shard_), options_(options), writer_(std::move(writer)) {}

  absl::Status Load(storage::Store& store);
  absl::Status ReplayJournal(storage::Store& store);

  std::vector<storage::AccountSnapshot> TakeAccounts();
  std::vector<storage::IdPageSnapshot> TakePages();
  storage::Batch TrimBatch();

  ledger::Shard shard_;
  ledger::Ledger ledger_;
  const SnapshotOptions options_;
  storage::SnapshotWriter writer_;
  uint64_t next_sequence_ = 1;
  // Memory of the last group's entry.
  std::string spare_entry_;
  // When watched events are trimmed again: with the first that comes then.
  Instant next_event_trim_;
  uint64_t low_water_ = 1;
  size_t journal_bytes_ = 0;
  std::deque<StoredPage> stored_pages_;

  // A cycle stores everything that changed up to `cut_`, then trims; 0: none is running.
  uint64_t cut_ = 0;
  size_t bytes_at_cut_ = 0;
  std::optional<Slice> under_way_;
};

}  // namespace quota::server
