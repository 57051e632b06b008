// The ids of a shard: open holds, and settled reservations for as long as they are remembered.
//
// Settled ids lie in pages in the order of their settling. A page is sealed by an event, stored
// once, and forgotten as a whole by an event, so that what is remembered never depends on a clock
// that replay does not have. Of an id that is settled a second time (a late commit) the record in
// the later page counts.
//
// Not thread-safe: belongs to the shard's executor.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/reservation_id.h"
#include "ledger/chunks.h"
#include "ledger/events.h"
#include "ledger/hash_index.h"
#include "ledger/id_page.h"
#include "ledger/id_record.h"

namespace quota::ledger {

class RememberedIds {
 public:
  RememberedIds() = default;
  RememberedIds(const RememberedIds&) = delete;
  RememberedIds& operator=(const RememberedIds&) = delete;

  // What is known of `id` of `account`. A settled id is found only after FinishRecovery.
  KnownId Find(AccountNumber account, const ReservationId& id) const;
  // The open hold, or null.
  Hold* FindHold(AccountNumber account, const ReservationId& id);
  // A hold of this, to change it.
  Hold* Mutable(const Hold& hold) { return &holds_[hold.place]; }
  // Brings what Find will look at into the cache: first where it searches, then, once that is
  // there, the hold that it may find.
  void Prefetch(AccountNumber account, const ReservationId& id) const;
  void PrefetchHold(AccountNumber account, const ReservationId& id) const;

  // Adds an open hold; null where the id is known.
  Hold* AddHold(AccountNumber account, const ReservationId& id);

  // Puts what `event` says of its id into the current page, and ends the hold `open`, if it is not
  // null. With `index` false (during recovery) the id cannot be found yet.
  void Settle(const Settled& event, Hold* open, Instant at, uint64_t sequence, bool index);
  // Ends the hold without remembering it: replay of an event whose page is stored already.
  void Drop(Hold* open);

  // The current page is complete.
  void Seal();
  // Forgets the pages that end at `through_sequence` or before.
  void Forget(uint64_t through_sequence);
  // Whether ids that the group `sequence` settled are remembered: all of them are, or none is. 0 is
  // no group.
  bool Remembers(uint64_t sequence) const {
    return !pages_.empty() && sequence >= pages_.front().first_sequence;
  }

  // Oldest first; the last is the current one unless it is sealed. Empty pages are not kept.
  const std::deque<IdPage>& pages() const { return pages_; }
  // Whether the record counts no more, since a later one is of the same id.
  bool Superseded(const IdPage& page, size_t index) const;
  // The first page that is not in the store, or null.
  const IdPage* FirstUnsaved() const;
  // The page that begins at `first_sequence` is in the store.
  void MarkSaved(uint64_t first_sequence);
  // Memory of all that is settled and remembered.
  size_t settled_bytes() const { return settled_bytes_; }
  size_t open_holds() const { return holds_.size() - free_holds_.size(); }
  size_t settled_ids() const { return settled_ids_; }

  // A stored page, which must follow those before it. DATA_LOSS where it does not, or is none.
  absl::Status LoadPage(std::string_view bytes);
  // Makes the settled ids known. DATA_LOSS where an id is both open and settled.
  absl::Status FinishRecovery();

 private:
  using Key = IdPage::Key;

  static uint64_t Hash(const Key& key);
  static Key KeyOf(const Hold& hold);
  // Where the index has the hold, and where the record of this running number.
  static HashIndex::Location LocationOf(const Hold& hold);
  static HashIndex::Location LocationOf(uint64_t number);

  struct Place {
    const IdPage* page;
    size_t index;
  };
  Place PlaceOf(HashIndex::Location location) const;
  const Hold* HoldAt(HashIndex::Location location) const;
  bool IsAt(HashIndex::Location location, const Key& key) const;
  HashIndex::Location Locate(uint64_t hash, const Key& key) const;

  // Records that are made ready together: what is known of them lies all over the memory.
  static constexpr size_t kAtOnce = 16;
  // look(index, hash) of each record of the page, once the index is ready for it.
  template <typename Look>
  void ForEachHash(const IdPage& page, Look look) const;

  void EndHold(Hold* hold);
  size_t MostSpare() const;
  void MakeSparePages();
  void KeepSpare(IdPage& page);
  IdPage& CurrentPage(Instant at, uint64_t sequence);
  // Puts the record into the index, in the place of an older one of the same id.
  absl::Status IndexRecord(uint64_t hash, const Key& key, uint64_t number);

  HashIndex index_;
  // They stay where they are; those of free_holds_ are not in use.
  Chunks<Hold, 256> holds_;
  std::vector<uint32_t> free_holds_;
  std::deque<IdPage> pages_;
  // Empty pages with memory of their own, for the next ids.
  std::vector<IdPage> spare_;
  uint64_t next_number_ = 0;
  size_t settled_bytes_ = 0;
  size_t settled_ids_ = 0;
};

}  // namespace quota::ledger
