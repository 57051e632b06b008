// What quotactl replay prints at its end.
#pragma once

#include <cstdint>

#include "client/quotactl/command.h"
#include "client/quotactl/replay.h"

namespace quota::client {

// What the lines of the log were.
struct LogLineCounts {
  int64_t lines = 0;
  int64_t requests = 0;
  // Not requests.
  int64_t other = 0;
  // Requests with a field that can't be read.
  int64_t unreadable = 0;
  // Longer than LineReader::kLongestLine.
  int64_t too_long = 0;
  // Requests without an organisation, where no default was given.
  int64_t without_org = 0;
};

// As a table, or as JSON where the command says so.
void PrintReplayReport(const Command& command, const LogLineCounts& counts,
                       const ReplayReport& report);

}  // namespace quota::client
