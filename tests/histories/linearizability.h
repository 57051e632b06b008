// Whether a history could have come of one organisation that carries out one call at a time.
//
//   Verification verification = Verify(history, OrgModel(figures));
//   EXPECT_TRUE(verification.linearizable) << verification.explanation;
//
// A history is linearizable where each answered call can be given an instant between its call and
// its answer, so that the model, carrying the calls out in the order of these instants, gives every
// one the answer that it got. Organisations share nothing, so each one's history is looked at alone
// (Herlihy and Wing: linearizability is local).
//
// The search is Wing and Gong's, with Lowe's memory of what was tried: a set of calls that were
// carried out and the state that they led to is not tried twice.
#pragma once

#include <cstddef>
#include <string>

#include "tests/histories/call_record.h"
#include "tests/histories/org_model.h"

namespace quota::test {

struct Verification {
  bool linearizable = false;
  // Where it is not: how far the search came, and what could not follow. For people.
  std::string explanation;
  // Pairs of calls carried out and state that were tried.
  size_t tried = 0;
};

// `model` is the organisation before the first call. Not linearizable, too, where more than
// `most_tried` would have to be tried; the explanation says so.
Verification Verify(const History& history, const OrgModel& model, size_t most_tried = 2'000'000);

}  // namespace quota::test
