// What the log of a quotad, at level debug, says that it was doing when it ended.
#pragma once

#include <string_view>

namespace quota::test {

// It had said that it serves.
bool LogServes(std::string_view log);
// It had been asked to stop, and had not said that it has.
bool LogStopping(std::string_view log);
// Some shard's snapshot had begun and had not ended.
bool LogInSnapshot(std::string_view log);

}  // namespace quota::test
