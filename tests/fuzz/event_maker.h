// Makes journal events of a fuzzer's bytes: all kinds, of few accounts, ids and days, so that they
// meet; with figures from ordinary to impossible.
#pragma once

#include "ledger/event_codec.h"
#include "tests/fuzz/byte_source.h"

namespace quota::ledger {

Event MakeEvent(fuzz::ByteSource& source, Instant at);

}  // namespace quota::ledger
