// Accounts for people.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "ledger/account.h"
#include "ledger/shard.h"

namespace quota::inspect {

// The account with its open days, purchases, pools and holds. Remembered administrators' requests
// are told by their ids, without their answers.
nlohmann::ordered_json AccountJson(const ledger::Shard& shard, const ledger::Account& account);

// The same as indented lines, each with its end.
std::string AccountText(const nlohmann::ordered_json& account);

}  // namespace quota::inspect
