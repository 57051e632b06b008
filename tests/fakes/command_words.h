// A command of QuotaService in words, so that two ways to read a request can be compared.
#pragma once

#include <string>

#include "ledger/commands.h"

namespace quota::test {

// All that the ledger is told; commands that are alike have the same words.
std::string WordsOf(const ledger::Command& command);

}  // namespace quota::test
