// The options that say how access logs are read and what their requests cost: replay and plan have
// the same.
#pragma once

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/access_log.h"
#include "client/price_map.h"
#include "client/quotactl/command.h"

namespace quota::client {

// What the options come to.
struct LogReading {
  AccessLogParser parser;
  PriceMap prices;
};

struct LogArguments {
  std::vector<std::string> files;
  std::string format = "common";
  std::string regex;
  std::string regex_file;
  std::string org_group;
  std::string default_org;
  std::string duration_unit = "s";
  std::string time_format;
  std::string prices;

  // Adds the options to `app`. `*this` must outlive the parse.
  void AddTo(CLI::App& app);
  // INVALID_ARGUMENT, naming the option or the file with its line, where they make no sense.
  absl::StatusOr<LogReading> Read() const;
  // Opens all files, so that a wrong name is found before anything is done. Null stands for the
  // standard input. INVALID_ARGUMENT naming the file that can't be read.
  absl::StatusOr<std::vector<std::unique_ptr<std::ifstream>>> Open() const;
};

// Says what is wrong with the arguments of `quotactl NAME`.
ExitCode RefuseArguments(const Command& command, std::string_view name, const absl::Status& status);

// INVALID_ARGUMENT for a file that an option names.
absl::Status CannotRead(const std::string& file);

}  // namespace quota::client
