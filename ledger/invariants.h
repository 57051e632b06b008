// What holds of an account at all times, whatever was asked of it: the sums that the figures of an
// account must agree with. Tests ask after every step, `quotactl verify` of what is stored. Pure.
#pragma once

#include <string>
#include <vector>

#include "ledger/account.h"
#include "ledger/account_record.h"
#include "ledger/shard.h"

namespace quota::ledger {

// A line for each figure that does not agree with the others, such as
//
//   day 2026-01-01: 12 credits are held, but its open holds come to 7
//
// The account is whole: with its holds, as in a shard.
std::vector<std::string> BrokenInvariants(const Account& account);

// The same of a stored account, before it is part of a shard: what is stored must agree, too.
std::vector<std::string> BrokenInvariants(DecodedAccount stored);

// The same of what the shard remembers: a line, with the organisation, for each day that was
// charged less than the ids which are remembered of it say.
std::vector<std::string> BrokenMemories(const Shard& shard);

}  // namespace quota::ledger
