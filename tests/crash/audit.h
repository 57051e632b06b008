// The audit after a crash: everything that a client was told must still be true, and what it was
// not told must have happened whole or not at all.
#pragma once

#include <string>
#include <vector>

#include "tests/crash/witness.h"

namespace quota::test {

// Repeats every call of the witness under its id: one that was answered gets the same answer and
// changes nothing; one that was not is carried through now, and its answer written down. Afterwards
// no reservation of the witness is open. May be called again: then nothing may change any more.
//
// A witness with a Session comes back on it, unless it is dead: then its bound holds must end by
// themselves.
void Audit(const std::string& target, Witness& witness);

// Audits each on a thread of its own.
void AuditAll(const std::string& target, std::vector<Witness>& witnesses);

}  // namespace quota::test
