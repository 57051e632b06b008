#include "ledger/hash_index.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace quota::ledger {
namespace {

constexpr size_t kFewestSlots = 16;

}  // namespace

void HashIndex::Put(Slot slot, Part& part) {
  size_t i = slot.tag & (part.slots.size() - 1);
  while (part.slots[i].location != 0) i = Next(i, part);
  part.slots[i] = slot;
}

void HashIndex::Resize(size_t slots, Part& part) {
  std::vector<Slot> before = std::exchange(part.slots, std::vector<Slot>(slots));
  for (const Slot slot : before) {
    if (slot.location != 0) Put(slot, part);
  }
}

HashIndex::Slot* HashIndex::FindSlot(uint64_t hash, Location location) {
  Part& part = parts_[PartOf(hash)];
  if (part.slots.empty()) return nullptr;
  for (size_t i = Start(hash, part); part.slots[i].location != 0; i = Next(i, part)) {
    Slot& slot = part.slots[i];
    if (slot.location == location && slot.tag == Tag(hash)) return &slot;
  }
  return nullptr;
}

void HashIndex::Grow(Part& part) { Resize(std::max(kFewestSlots, part.slots.size() * 2), part); }

void HashIndex::Move(uint64_t hash, Location from, Location to) {
  Slot* slot = FindSlot(hash, from);
  QUOTA_CHECK(slot != nullptr);
  slot->location = to;
}

void HashIndex::Erase(uint64_t hash, Location location) {
  const Slot* found = FindSlot(hash, location);
  if (found == nullptr) return;
  Part& part = parts_[PartOf(hash)];
  // What probed past the slot moves up, so that no search ends too early.
  size_t hole = static_cast<size_t>(found - part.slots.data());
  for (size_t i = Next(hole, part); part.slots[i].location != 0; i = Next(i, part)) {
    const size_t start = part.slots[i].tag & (part.slots.size() - 1);
    // Whether `start` lies cyclically in (hole, i]: then the entry is where it may stay.
    const bool stays = hole <= i ? start > hole && start <= i : start > hole || start <= i;
    if (stays) continue;
    part.slots[hole] = part.slots[i];
    hole = i;
  }
  part.slots[hole] = {};
  --part.used;
  --size_;
  if (part.used == 0) {
    part.slots = {};
  } else if (part.slots.size() > kFewestSlots && part.used * 8 < part.slots.size()) {
    Resize(part.slots.size() / 2, part);
  }
}

}  // namespace quota::ledger
