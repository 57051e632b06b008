// The ids of a shard: open holds, and settled reservations for as long as they are remembered.
//
// Settled ids lie in pages in the order of their settling. A page is sealed by an event, stored
// once, and forgotten as a whole by an event, so that what is remembered never depends on a clock
// that replay does not have. An id that is settled a second time (a late commit) moves to the
// current page.
//
// Not thread-safe: belongs to the shard's executor.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/reservation_id.h"
#include "ledger/account.h"
#include "ledger/events.h"

namespace quota::ledger {

// One id: an open hold, or what is remembered of a settled one.
struct IdRecord {
  AccountNumber account = 0;
  HoldState state = HoldState::kOpen;
  Origin origin = Origin::kHold;
  bool commit_on_expiry = false;
  // Settled again: a later page has the id.
  bool superseded = false;
  ReservationId id;
  uint64_t fingerprint = 0;
  Credits held;
  Instant day_start;

  // Of an open hold.
  Instant created_at;
  Instant deadline;
  uint32_t slots = 0;
  uint8_t second_pool = 0;
  // Index of the session in the shard's table; 0: none.
  uint32_t session = 0;
  IdRecord* previous_in_account = nullptr;
  IdRecord* next_in_account = nullptr;
  IdRecord* previous_in_session = nullptr;
  IdRecord* next_in_session = nullptr;

  // Of a settled one.
  Credits asked;
  Credits charged;
  Credits overage;

  size_t bytes() const { return sizeof(IdRecord) + id.heap_bytes() + kIndexBytes; }

  // What the index and the page spend on a record beside it: two pointers and the table's slack.
  static constexpr size_t kIndexBytes = 32;
};

struct IdPage {
  // The sequences of the first and the last group that settled an id here. The first names the
  // page.
  uint64_t first_sequence = 0;
  uint64_t last_sequence = 0;
  // When its oldest and its newest id were settled.
  Instant oldest;
  Instant newest;
  bool sealed = false;
  // It is in the store.
  bool saved = false;
  size_t bytes = 0;
  std::vector<IdRecord*> records;
};

class RememberedIds {
 public:
  RememberedIds() = default;
  ~RememberedIds();
  RememberedIds(const RememberedIds&) = delete;
  RememberedIds& operator=(const RememberedIds&) = delete;

  // The record of `id` of `account`, or null. A settled id is found only after FinishRecovery.
  IdRecord* Find(AccountNumber account, const ReservationId& id) const;

  // Adds an open hold. The id must not be known.
  IdRecord* AddOpen(AccountNumber account, const ReservationId& id);

  // Puts what `event` says of its id into the current page. `open` is the hold that it ends, or
  // null. With `index` false (during recovery) the id cannot be found yet.
  void Settle(const Settled& event, IdRecord* open, Instant at, uint64_t sequence, bool index);
  // Ends the hold without remembering it: replay of an event whose page is stored already.
  void Drop(IdRecord* open);

  // The current page is complete.
  void Seal();
  // Forgets the pages that end at `through_sequence` or before; `forgotten` is called for each id
  // that leaves.
  void Forget(uint64_t through_sequence, const std::function<void(const IdRecord&)>& forgotten);

  // Oldest first; the last is the current one unless it is sealed. Empty pages are not kept.
  const std::deque<IdPage>& pages() const { return pages_; }
  // The first page that is not in the store, or null.
  const IdPage* FirstUnsaved() const;
  // The page that begins at `first_sequence` is in the store.
  void MarkSaved(uint64_t first_sequence);
  // Memory of all that is settled and remembered.
  size_t settled_bytes() const { return settled_bytes_; }
  size_t open_holds() const { return open_holds_; }
  size_t settled_ids() const { return settled_ids_; }

  // A stored page: EncodePage's bytes. DATA_LOSS where they are no page.
  static std::string EncodePage(const IdPage& page);
  absl::Status LoadPage(std::string_view bytes);
  // Makes the settled ids known. DATA_LOSS where an id is both open and settled.
  absl::Status FinishRecovery();

 private:
  struct Key {
    AccountNumber account;
    std::string_view packed;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Key& key) const;
    size_t operator()(const IdRecord* record) const {
      return (*this)(Key{record->account, record->id.packed()});
    }
  };
  struct Equal {
    using is_transparent = void;
    static Key ToKey(const Key& key) { return key; }
    static Key ToKey(const IdRecord* record) { return {record->account, record->id.packed()}; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return ToKey(a).account == ToKey(b).account && ToKey(a).packed == ToKey(b).packed;
    }
  };

  IdPage& CurrentPage(Instant at, uint64_t sequence);

  absl::flat_hash_set<IdRecord*, Hash, Equal> index_;
  std::deque<IdPage> pages_;
  size_t settled_bytes_ = 0;
  size_t settled_ids_ = 0;
  size_t open_holds_ = 0;
};

}  // namespace quota::ledger
