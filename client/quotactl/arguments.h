// Command-line values that are more than a word or a number. Each adds an option whose bad values
// are usage errors that say how to write a good one.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/client.h"
#include "common/clock.h"
#include "quota/v1/admin.pb.h"

namespace quota::client {

// 500ms, 60s, 1m30s, 2h.
CLI::Option* AddDuration(CLI::App& app, const std::string& name, std::optional<Duration>& target,
                         const std::string& description);
// YYYY-MM-DD.
CLI::Option* AddDate(CLI::App& app, const std::string& name, std::optional<v1::Date>& target,
                     const std::string& description);

// A whole decimal number that fits its variable. (CLI11's own would read 010 as 8 and a number that
// is too large as the largest.)
CLI::Option* AddNumber(CLI::App& app, const std::string& name, int64_t& target,
                       const std::string& description);
CLI::Option* AddNumber(CLI::App& app, const std::string& name, std::optional<int64_t>& target,
                       const std::string& description);
CLI::Option* AddNumber(CLI::App& app, const std::string& name, int32_t& target,
                       const std::string& description);
CLI::Option* AddNumber(CLI::App& app, const std::string& name, uint32_t& target,
                       const std::string& description);

// What a call costs: --credits N, or --method NAME with --attribute NAME=NUMBER ...
struct CostArguments {
  std::optional<int64_t> credits;
  std::string method;
  std::map<std::string, int64_t> attributes;

  // Adds the options to `app`; one of the first two is required. `*this` must outlive the parse.
  void AddTo(CLI::App& app);
  Cost ToCost() const;
};

}  // namespace quota::client
