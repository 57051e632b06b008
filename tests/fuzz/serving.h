// What a shard must bear once it has been opened, whatever it was opened from.
#pragma once

#include "ledger/shard.h"

namespace quota::fuzz {

// Lets hours and days pass, and makes calls of every kind to every organisation. Where the test
// catalog lacks what the shard uses, quotad would not serve it, and nothing is done.
void ServeFrom(ledger::Shard& shard, uint64_t next_sequence);

}  // namespace quota::fuzz
