// What clients of WatchEvents resume from: of each shard, the first event that was not sent yet.
// Opaque to them, and theirs to damage. Thread-safe: no state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/keys.h"

namespace quota::server {

using EventPositions = std::vector<storage::EventPosition>;

// As clients get it.
[[nodiscard]] std::string FormatPositions(const EventPositions& positions);
// INVALID_ARGUMENT where `text` is none that was made for as many shards.
[[nodiscard]] absl::StatusOr<EventPositions> ParsePositions(std::string_view text, size_t shards);

}  // namespace quota::server
