// What quotactl replay prints at its end.
#pragma once

#include "client/quotactl/command.h"
#include "client/quotactl/log_line_counts.h"
#include "client/quotactl/replay.h"

namespace quota::client {

// As a table, or as JSON where the command says so.
void PrintReplayReport(const Command& command, const LogLineCounts& counts,
                       const ReplayReport& report);

}  // namespace quota::client
