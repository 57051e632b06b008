// The audit after a crash: everything that a client was told must still be true, and what it was
// not told must have happened whole or not at all.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/crash/traffic.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {

// What calls cost an organisation.
struct Cost {
  int64_t charged = 0;
  int64_t overage = 0;
};
using Costs = std::map<std::string, Cost>;

// Repeats every call of the witness under its id: one that was answered gets the same answer and
// changes nothing; one that was not is carried through now, and its answer written down. Afterwards
// no reservation of the witness is open. May be called again: then nothing may change any more.
void Audit(const std::string& target, Witness& witness);

// Audits each on a thread of its own.
void AuditAll(const std::string& target, std::vector<Witness>& witnesses);

// Adds up what the answers say. Only after an audit.
void AddCosts(const Witness& witness, Costs& costs);

// The organisation is idle, and was charged exactly `cost`.
void ExpectCharged(QuotaCalls& calls, const std::string& org, const Cost& cost);

}  // namespace quota::test
