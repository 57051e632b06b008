// Rebuilds a shard from its records, exactly as a starting quotad does, and recomputes every sum.
#pragma once

#include <cstdint>

#include "inspect/record_check.h"
#include "inspect/report.h"
#include "storage/store.h"

namespace quota::inspect {

// Adds what is wrong to the report. The memory of one shard.
void CheckShard(storage::Store& store, uint32_t number, const ShardFacts& facts, Report& report);

}  // namespace quota::inspect
