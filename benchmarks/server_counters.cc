#include "benchmarks/server_counters.h"

#include <httplib.h>

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace quota::bench {
namespace {

constexpr std::array<std::pair<std::string_view, double ServerCounters::*>, 7> kNames = {{
    {"quotad_calls_decided_total", &ServerCounters::calls},
    {"quotad_groups_total", &ServerCounters::groups},
    {"quotad_journal_events_total", &ServerCounters::events},
    {"quotad_journal_bytes_total", &ServerCounters::journal_bytes},
    {"quotad_store_syncs_total", &ServerCounters::syncs},
    {"quotad_store_written_bytes_total", &ServerCounters::written_bytes},
    {"quotad_snapshots_total", &ServerCounters::snapshots},
}};

}  // namespace

ServerCounters ServerCounters::operator-(const ServerCounters& earlier) const {
  ServerCounters out = *this;
  for (const auto& [name, member] : kNames) out.*member -= earlier.*member;
  return out;
}

absl::StatusOr<ServerCounters> ParseServerCounters(std::string_view page) {
  ServerCounters counters;
  size_t found = 0;
  const std::vector<std::string> lines = absl::StrSplit(std::string(page), '\n');
  for (const std::string& line : lines) {
    const size_t blank = line.find(' ');
    if (blank == std::string::npos) continue;
    for (const auto& [name, member] : kNames) {
      if (line.substr(0, blank) != name) continue;
      if (!absl::SimpleAtod(line.substr(blank + 1), &(counters.*member))) {
        return absl::DataLossError(absl::StrCat("no number: ", line));
      }
      ++found;
    }
  }
  if (found == kNames.size()) return counters;
  return absl::DataLossError(absl::StrCat("only ", found, " of ", kNames.size(),
                                          " counters are there; is it quotad's /metrics?"));
}

absl::StatusOr<ServerCounters> ReadServerCounters(const std::string& address) {
  httplib::Client client("http://" + address);
  const httplib::Result page = client.Get("/metrics");
  if (!page || page->status != 200) {
    return absl::UnavailableError(
        absl::StrCat("http://", address, "/metrics does not answer; see --metrics"));
  }
  return ParseServerCounters(page->body);
}

}  // namespace quota::bench
