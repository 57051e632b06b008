// The arithmetic of days and packs. Pure functions of an account; thread-compatible.
//
// A day spends its daily credits first and what lies above from packs: its pack part is
// max(0, used + held - daily). The packs' draws of a day always add up to its pack part; each
// change of used, held or daily is levelled by PackChanges, which the event carries.
#pragma once

#include "absl/container/inlined_vector.h"
#include "ledger/account.h"
#include "ledger/answers.h"

namespace quota::ledger {

// Changes of a day's draws, in the order to apply: credits above zero are drawn, below zero go
// back.
using PackChanges = absl::InlinedVector<PackDraw, 2>;

// What the pack can still give: its balance less what days have drawn.
Credits PackAvailable(const Account& account, const Purchase& pack);

// What all packs that are valid on `day` can still give. Nothing under API limits, which packs do
// not belong to: they keep their balance until credits go live.
Credits PacksAvailable(const Account& account, const Day& day);

// What a new reservation could get from `day`.
Credits Remaining(const Account& account, const Day& day);

// The changes of `day`'s draws that make them add up to `pack_part`: more is drawn from the pack
// that ends first, first; less goes back to the last drawn first. `pack_part` must not be above
// what Remaining allows.
PackChanges LevelPacks(const Account& account, const Day& day, Credits pack_part);

// Carries out LevelPacks' changes.
void ApplyPackChanges(const PackChanges& changes, PackDraws& draws);

// What a day may spend before packs once its allotment comes to `sum`: never less than what is
// already used and held, as far as that was covered before.
Credits DailyAfterChange(const Day& day, Credits sum);

// The day's used credits by source; adds up to day.used. What a lowered allotment no longer covers
// counts as base.
BySource UsedBySource(const Day& day);

// The part of `draw` (one of day.draws) that is used, not held.
Credits UsedOfDraw(const Day& day, const PackDraw& draw);

// Makes `snapshot` where the account stands, as answers show it. `day` is the current day.
void FillSnapshot(const Account& account, const Day& day, int64_t catalog_revision,
                  Snapshot& snapshot);

}  // namespace quota::ledger
