// A step as the ledger's command.
#pragma once

#include "ledger/commands.h"
#include "tests/ledger/model_step.h"

namespace quota::ledger {

// Views point into `step`.
Operation ToOperation(const Step& step);

}  // namespace quota::ledger
