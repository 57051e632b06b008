// An index from hashes of names and ids to where their records are: eight bytes an entry, so that
// the memory goes to the records, and a search touches one line of it.
//
// Open addressing with linear probing. It is split into parts by the hash, each of which grows and
// shrinks by itself: no call moves more than a small part of a large index.
//
// Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ledger/prefetch.h"

namespace quota::ledger {

class HashIndex {
 public:
  // Where a record is, in the owner's terms; not 0.
  using Location = uint32_t;

  // What an entry takes on average, empty slots included: parts are 3/8 to 3/4 full.
  static constexpr size_t kBytesEach = 16;

  // The location with this hash for which `is_it` says true, or 0. `is_it` is asked only where 32
  // bits of the hash agree.
  template <typename IsIt>
  Location Find(uint64_t hash, IsIt is_it) const {
    const Part& part = parts_[PartOf(hash)];
    if (part.slots.empty()) return 0;
    for (size_t i = Start(hash, part);; i = Next(i, part)) {
      const Slot slot = part.slots[i];
      if (slot.location == 0) return 0;
      if (slot.tag == Tag(hash) && is_it(slot.location)) return slot.location;
    }
  }

  // There may be several of one hash.
  void Insert(uint64_t hash, Location location) {
    InsertNew(hash, location, [](Location) { return false; });
  }
  // False, and nothing is changed, where Find would find one.
  template <typename IsIt>
  bool InsertNew(uint64_t hash, Location location, IsIt is_it) {
    Part& part = parts_[PartOf(hash)];
    MakeRoom(part);
    size_t i = Start(hash, part);
    for (; part.slots[i].location != 0; i = Next(i, part)) {
      const Slot slot = part.slots[i];
      if (slot.tag == Tag(hash) && is_it(slot.location)) return false;
    }
    part.slots[i] = {Tag(hash), location};
    ++part.used;
    ++size_;
    return true;
  }
  // `from`, which must be there, is `to` from now on.
  void Move(uint64_t hash, Location from, Location to);
  // Nothing where it is not there.
  void Erase(uint64_t hash, Location location);

  size_t size() const { return size_; }
  // Brings the slot where a search begins into the cache.
  void Prefetch(uint64_t hash) const {
    const Part& part = parts_[PartOf(hash)];
    if (!part.slots.empty()) PrefetchLine(&part.slots[Start(hash, part)]);
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    Location location = 0;
  };
  struct Part {
    // A power of two, or empty.
    std::vector<Slot> slots;
    size_t used = 0;
  };

  static constexpr int kPartBits = 6;

  static size_t PartOf(uint64_t hash) { return hash >> (64 - kPartBits); }
  // Not the lowest bits: those chose the shard, and are the same in all of it.
  static uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash >> (32 - kPartBits)); }
  static size_t Start(uint64_t hash, const Part& part) {
    return Tag(hash) & (part.slots.size() - 1);
  }
  static size_t Next(size_t i, const Part& part) { return (i + 1) & (part.slots.size() - 1); }
  static void Put(Slot slot, Part& part);
  // For one more.
  static void MakeRoom(Part& part) {
    if ((part.used + 1) * 4 > part.slots.size() * 3) Grow(part);
  }
  static void Grow(Part& part);
  static void Resize(size_t slots, Part& part);
  // The slot of `location`, or null.
  Slot* FindSlot(uint64_t hash, Location location);

  std::array<Part, size_t{1} << kPartBits> parts_;
  size_t size_ = 0;
};

}  // namespace quota::ledger
