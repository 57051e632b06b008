// The ledger's answers as lines of text, in the words of the reference model.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "ledger/answers.h"

namespace quota::ledger {

// "error CODE" where `status` is not OK. Expects of each answer that its figures add up.
std::string ToText(const absl::Status& status, const Answer& answer);

}  // namespace quota::ledger
