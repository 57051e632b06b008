// What verify found, for people and as JSON.
#pragma once

#include <string>

#include "client/quotactl/command.h"
#include "inspect/report.h"

namespace quota::client {

// Every finding, and how much was looked at.
void PrintVerifyReport(const Command& command, const std::string& path,
                       const inspect::Report& report);

// Of a local command that could not do its work: the status in words, and the exit code.
ExitCode FailLocally(const Command& command, const char* name, const absl::Status& status);

}  // namespace quota::client
