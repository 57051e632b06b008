// What the lines of the access logs were that a command has read.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace quota::client {

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

// "2,000 lines: 1,017 requests, 983 not requests", the reasons that occurred.
std::string FormatLineCounts(const LogLineCounts& counts);

// All of them.
nlohmann::ordered_json ToJson(const LogLineCounts& counts);

}  // namespace quota::client
