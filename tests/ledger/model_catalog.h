// The catalog of the model test: what the reference model (reference_plan.cc) knows by heart.
#pragma once

#include <memory>

#include "ledger/catalog.h"

namespace quota::ledger {

// The test catalog in three revisions, of which the second and third come into force while the test
// runs, and with data centers that go live meanwhile.
std::shared_ptr<const Catalog> ModelCatalog();

}  // namespace quota::ledger
