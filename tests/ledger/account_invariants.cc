#include "tests/ledger/account_invariants.h"

#include <gtest/gtest.h>

#include "ledger/invariants.h"

namespace quota::ledger {

void ExpectInvariants(const Account& account) {
  for (const std::string& line : BrokenInvariants(account)) {
    ADD_FAILURE() << account.org << ": " << line;
  }
}

}  // namespace quota::ledger
