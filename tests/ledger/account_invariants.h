// What holds of an account at all times, whatever was asked of it.
#pragma once

#include "ledger/account.h"

namespace quota::ledger {

// A failure of the test for each figure that does not fit the others.
void ExpectInvariants(const Account& account);

}  // namespace quota::ledger
