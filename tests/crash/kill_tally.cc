#include "tests/crash/kill_tally.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace quota::test {

KillTally& KillTally::operator+=(const KillTally& other) {
  kills += other.kills;
  for (const auto& [moment, count] : other.kills_at) kills_at[moment] += count;
  in_snapshot += other.in_snapshot;
  in_start += other.in_start;
  in_shutdown += other.in_shutdown;
  in_pause += other.in_pause;
  operations += other.operations;
  across_midnight += other.across_midnight;
  lost_sessions += other.lost_sessions;
  return *this;
}

std::string KillTally::Text() const {
  std::string text = fmt::format("{} kills (", kills);
  const char* comma = "";
  for (const auto& [moment, count] : kills_at) {
    text += fmt::format("{}{} {}", comma, NameOf(moment), count);
    comma = ", ";
  }
  return text + fmt::format(
                    "); hit: {} snapshots, {} starts, {} shutdowns, {} pauses; {} operations "
                    "audited, {} commits across midnight, {} lost sessions",
                    in_snapshot, in_start, in_shutdown, in_pause, operations, across_midnight,
                    lost_sessions);
}

std::string KillTally::Json(double seconds, uint64_t seed) const {
  nlohmann::ordered_json json;
  json["kills"] = kills;
  for (const auto& [moment, count] : kills_at)
    json["aimed_at"][std::string(NameOf(moment))] = count;
  json["hit"] = {{"snapshot", in_snapshot},
                 {"start", in_start},
                 {"shutdown", in_shutdown},
                 {"pause", in_pause}};
  json["operations_audited"] = operations;
  json["commits_across_midnight"] = across_midnight;
  json["lost_sessions"] = lost_sessions;
  json["seconds"] = seconds;
  json["seed"] = seed;
  return json.dump();
}

}  // namespace quota::test
