#include "tests/crash/server_log.h"

#include <algorithm>
#include <set>
#include <string>

namespace quota::test {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

bool LogServes(std::string_view log) { return Contains(log, " serves: "); }

bool LogStopping(std::string_view log) {
  return Contains(log, " stopping: ") && !Contains(log, " stopped\n");
}

bool LogInSnapshot(std::string_view log) {
  std::set<std::string_view> begun;
  while (!log.empty()) {
    const std::string_view line = log.substr(0, log.find('\n'));
    log.remove_prefix(std::min(log.size(), line.size() + 1));
    const size_t shard = line.find(" shard ");
    const size_t colon = line.find(": snapshot ", shard);
    if (shard == std::string_view::npos || colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(shard, colon - shard);
    if (line.ends_with(" begins")) begun.insert(name);
    if (Contains(line, ": snapshot ends")) begun.erase(name);
  }
  return !begun.empty();
}

}  // namespace quota::test
