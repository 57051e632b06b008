#include "ledger/remembered_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common/check.h"
#include "common/stable_hash.h"
#include "ledger/prefetch.h"

namespace quota::ledger {
namespace {

// Locations: the upper half are holds, by their place; the rest are records, by their running
// number, which begins anew after so many. More are never remembered at once: each takes 30 bytes.
constexpr HashIndex::Location kHoldBit = 0x8000'0000;
constexpr uint64_t kNumbers = kHoldBit - 1;

// Pages that are kept, or made, for the next ids: one, or that part of all, and no more than so
// many.
constexpr size_t kSpareShare = 16;
constexpr size_t kMostSpare = 16;

// What a page takes that has as much as this one, and little more.
size_t WithSlack(size_t size) { return size + size / 16; }

template <typename Container>
void ShrinkIfSparse(Container& container) {
  if (container.capacity() > WithSlack(container.size()) + 16) container.shrink_to_fit();
}

// Places for holds that stay when all have ended: half a MiB.
constexpr size_t kKeptHolds = 4'096;

}  // namespace

// Each call hashes its id a few times. Most ids are UUIDs, which are random already: of those both
// words are multiplied into one. It is in no file, and may change.
uint64_t RememberedIds::Hash(const Key& key) {
  if (key.packed.size() != ReservationId::kPackedUuidBytes) {
    return StableHash().Add(key.account).Add(key.packed).Value();
  }
  uint64_t first;
  uint64_t second;
  std::memcpy(&first, key.packed.data() + 1, 8);
  std::memcpy(&second, key.packed.data() + 9, 8);
  first ^= key.account * 0x9e3779b97f4a7c15ULL;
  second ^= 0xd1b54a32d192ed03ULL;
  // Not the product of the two words: one word of zeros would take the other with it.
  const auto product = static_cast<unsigned __int128>(first + second) * 0xbf58476d1ce4e5b9ULL +
                       static_cast<unsigned __int128>(second) * 0x94d049bb133111ebULL;
  const uint64_t mixed = static_cast<uint64_t>(product >> 64) ^ static_cast<uint64_t>(product);
  return (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93ULL;
}

HashIndex::Location RememberedIds::LocationOf(const Hold& hold) { return kHoldBit | hold.place; }

HashIndex::Location RememberedIds::LocationOf(uint64_t number) {
  return static_cast<HashIndex::Location>(number % kNumbers) + 1;
}

const Hold* RememberedIds::HoldAt(HashIndex::Location location) const {
  return (location & kHoldBit) == 0 ? nullptr : &holds_[location & ~kHoldBit];
}

RememberedIds::Place RememberedIds::PlaceOf(HashIndex::Location location) const {
  const uint64_t first = pages_.front().first_number;
  const uint64_t distance = (location - 1 + kNumbers - first % kNumbers) % kNumbers;
  const uint64_t number = first + distance;
  const auto after =
      std::upper_bound(pages_.begin(), pages_.end(), number,
                       [](uint64_t n, const IdPage& page) { return n < page.first_number; });
  const IdPage& page = *(after - 1);
  return {&page, static_cast<size_t>(number - page.first_number)};
}

RememberedIds::Key RememberedIds::KeyOf(const Hold& hold) {
  return {hold.account, hold.id.packed()};
}

bool RememberedIds::IsAt(HashIndex::Location location, const Key& key) const {
  if (const Hold* hold = HoldAt(location)) return KeyOf(*hold) == key;
  const Place place = PlaceOf(location);
  return place.page->KeyOf(place.index) == key;
}

HashIndex::Location RememberedIds::Locate(uint64_t hash, const Key& key) const {
  return index_.Find(hash, [&](HashIndex::Location at) { return IsAt(at, key); });
}

KnownId RememberedIds::Find(AccountNumber account, const ReservationId& id) const {
  const Key key{account, id.packed()};
  const HashIndex::Location location = Locate(Hash(key), key);
  if (location == 0) return {};
  if (const Hold* hold = HoldAt(location)) return KnownId(hold);
  const Place place = PlaceOf(location);
  return KnownId(place.page->Record(place.index));
}

Hold* RememberedIds::FindHold(AccountNumber account, const ReservationId& id) {
  const Key key{account, id.packed()};
  return const_cast<Hold*>(HoldAt(Locate(Hash(key), key)));
}

void RememberedIds::Prefetch(AccountNumber account, const ReservationId& id) const {
  index_.Prefetch(Hash({account, id.packed()}));
}

void RememberedIds::PrefetchHold(AccountNumber account, const ReservationId& id) const {
  const HashIndex::Location location =
      index_.Find(Hash({account, id.packed()}), [](HashIndex::Location) { return true; });
  if (const Hold* hold = HoldAt(location)) PrefetchBytes(hold, sizeof(Hold));
}

Hold* RememberedIds::AddHold(AccountNumber account, const ReservationId& id) {
  const Key key{account, id.packed()};
  const auto place =
      free_holds_.empty() ? static_cast<uint32_t>(holds_.size()) : free_holds_.back();
  const bool is_new = index_.InsertNew(Hash(key), kHoldBit | place,
                                       [&](HashIndex::Location at) { return IsAt(at, key); });
  if (!is_new) return nullptr;
  if (free_holds_.empty()) {
    holds_.Add();
  } else {
    free_holds_.pop_back();
    holds_[place] = Hold();
  }
  Hold& hold = holds_[place];
  hold.place = place;
  hold.account = account;
  hold.id = id;
  return &hold;
}

void RememberedIds::EndHold(Hold* hold) {
  // What the id has on the heap goes now.
  hold->id = ReservationId();
  free_holds_.push_back(hold->place);
  // What a flood of holds took is given back with the last of them.
  if (open_holds() == 0 && holds_.size() > kKeptHolds) {
    holds_.Clear();
    free_holds_ = {};
  }
}

size_t RememberedIds::MostSpare() const {
  return std::clamp<size_t>(pages_.size() / kSpareShare, 1, kMostSpare);
}

// As large as the last page, and several one behind the other: of pages made one by one each would
// lie behind something that is soon gone, and the heap would have a hole for each, through which
// every larger allocation searches.
void RememberedIds::MakeSparePages() {
  spare_.resize(MostSpare());
  if (pages_.empty()) return;
  for (IdPage& page : spare_) {
    page.records.reserve(WithSlack(pages_.back().records.size()));
    page.begins.reserve(WithSlack(pages_.back().count()));
  }
}

IdPage& RememberedIds::CurrentPage(Instant at, uint64_t sequence) {
  if (pages_.empty() || pages_.back().sealed) {
    if (spare_.empty()) MakeSparePages();
    IdPage& page = pages_.emplace_back(std::move(spare_.back()));
    spare_.pop_back();
    page.first_sequence = sequence;
    page.oldest = at;
    page.first_number = next_number_;
  }
  return pages_.back();
}

void RememberedIds::Settle(const Settled& event, Hold* open, Instant at, uint64_t sequence,
                           bool index) {
  IdRecord record;
  record.account = event.account;
  record.id = event.id;
  record.fingerprint = event.fingerprint;
  record.origin = event.origin;
  record.state = event.state;
  record.held = event.held;
  record.asked = event.asked;
  record.charged = event.charged;
  record.overage = event.overage;
  record.day_start = event.day_start;

  IdPage& page = CurrentPage(at, sequence);
  const size_t before = page.bytes();
  page.Add(record);
  page.last_sequence = sequence;
  page.newest = at;
  settled_bytes_ += page.bytes() - before;
  ++settled_ids_;
  const uint64_t number = next_number_++;
  if (open != nullptr) {
    const uint64_t hash = Hash(KeyOf(*open));
    if (index) {
      index_.Move(hash, LocationOf(*open), LocationOf(number));
    } else {
      index_.Erase(hash, LocationOf(*open));
    }
    EndHold(open);
  } else if (index) {
    const Key key{record.account, record.id.packed()};
    QUOTA_CHECK(IndexRecord(Hash(key), key, number).ok());
  }
}

void RememberedIds::Drop(Hold* open) {
  index_.Erase(Hash(KeyOf(*open)), LocationOf(*open));
  EndHold(open);
}

void RememberedIds::Seal() {
  if (pages_.empty()) return;
  IdPage& page = pages_.back();
  page.sealed = true;
  ShrinkIfSparse(page.records);
  ShrinkIfSparse(page.begins);
}

template <typename Look>
void RememberedIds::ForEachHash(const IdPage& page, Look look) const {
  std::array<uint64_t, kAtOnce> hashes;
  for (size_t first = 0; first < page.count(); first += kAtOnce) {
    const size_t count = std::min(kAtOnce, page.count() - first);
    for (size_t i = 0; i < count; ++i) {
      hashes[i] = Hash(page.KeyOf(first + i));
      index_.Prefetch(hashes[i]);
    }
    for (size_t i = 0; i < count; ++i) look(first + i, hashes[i]);
  }
}

void RememberedIds::Forget(uint64_t through_sequence) {
  while (!pages_.empty() && pages_.front().last_sequence <= through_sequence) {
    IdPage& page = pages_.front();
    ForEachHash(page, [&](size_t i, uint64_t hash) {
      // Finds nothing where a later record has taken its place.
      index_.Erase(hash, LocationOf(page.first_number + i));
    });
    settled_bytes_ -= page.bytes();
    settled_ids_ -= page.count();
    KeepSpare(page);
    pages_.pop_front();
    // Fewer, once there are fewer ids.
    while (spare_.size() > MostSpare()) spare_.pop_back();
  }
}

void RememberedIds::KeepSpare(IdPage& page) {
  IdPage& spare = spare_.emplace_back();
  spare.records = std::move(page.records);
  spare.records.clear();
  spare.begins = std::move(page.begins);
  spare.begins.clear();
}

bool RememberedIds::Superseded(const IdPage& page, size_t index) const {
  const Key key = page.KeyOf(index);
  const HashIndex::Location found = Locate(Hash(key), key);
  return found != LocationOf(page.first_number + index);
}

const IdPage* RememberedIds::FirstUnsaved() const {
  for (const IdPage& page : pages_) {
    if (!page.saved) return &page;
  }
  return nullptr;
}

void RememberedIds::MarkSaved(uint64_t first_sequence) {
  const auto page = std::lower_bound(
      pages_.begin(), pages_.end(), first_sequence,
      [](const IdPage& p, uint64_t sequence) { return p.first_sequence < sequence; });
  if (page != pages_.end() && page->first_sequence == first_sequence) page->saved = true;
}

absl::Status RememberedIds::LoadPage(std::string_view bytes) {
  absl::StatusOr<IdPage> page = IdPage::Decode(bytes);
  if (!page.ok()) return page.status();
  if (!pages_.empty() && page->first_sequence <= pages_.back().last_sequence) {
    return absl::DataLossError(
        fmt::format("the page of remembered ids from sequence {} on overlaps the page before it",
                    page->first_sequence));
  }
  page->first_number = next_number_;
  next_number_ += page->count();
  settled_bytes_ += page->bytes();
  settled_ids_ += page->count();
  pages_.push_back(*std::move(page));
  return absl::OkStatus();
}

absl::Status RememberedIds::IndexRecord(uint64_t hash, const Key& key, uint64_t number) {
  const HashIndex::Location known = Locate(hash, key);
  if (known == 0) {
    index_.Insert(hash, LocationOf(number));
    return absl::OkStatus();
  }
  if (HoldAt(known) != nullptr) {
    const auto id = ReservationId::FromPacked(key.packed);
    return absl::DataLossError(fmt::format("reservation {} of account {} is both open and ended",
                                           id ? id->Text() : "?", key.account));
  }
  index_.Move(hash, known, LocationOf(number));
  return absl::OkStatus();
}

absl::Status RememberedIds::FinishRecovery() {
  absl::Status status;
  for (const IdPage& page : pages_) {
    ForEachHash(page, [&](size_t i, uint64_t hash) {
      if (status.ok()) status = IndexRecord(hash, page.KeyOf(i), page.first_number + i);
    });
    if (!status.ok()) return status;
  }
  return status;
}

}  // namespace quota::ledger
