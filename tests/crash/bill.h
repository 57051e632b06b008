// What calls cost an organisation, as their clients were told, compared with what it is charged.
//
//   Bills bills;
//   AddToBills(witness, bills);              // after its audit
//   ExpectCharged(calls, "acme", bills["acme"]);
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/crash/witness.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {

struct Bill {
  int64_t charged = 0;
  int64_t overage = 0;
  // The part of `charged` whose day was told, by the second at which that day ends. An answer to a
  // repeat does not tell it.
  std::map<int64_t, int64_t> charged_on = {};
  // Commits on another day than that of their reservation.
  int64_t across_midnight = 0;
};
using Bills = std::map<std::string, Bill>;

// Adds up what the answers say. Only after an audit.
void AddToBills(const Witness& witness, Bills& bills);

// The organisation is idle: nothing is held, no slot is taken. It was charged exactly what the bill
// says, in all its days together, and on each day at least what is known to be that day's.
void ExpectCharged(QuotaCalls& calls, const std::string& org, const Bill& bill);

}  // namespace quota::test
