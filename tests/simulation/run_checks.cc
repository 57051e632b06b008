// What is checked of a run's states: after recovery, when nothing is on its way, and at the end.
#include <algorithm>
#include <sstream>

#include "tests/simulation/run.h"

namespace quota::simulation {
namespace {

// The first line that differs, of both.
std::string FirstDifference(const std::string& found, const std::string& expected) {
  std::istringstream lines(found);
  std::istringstream expected_lines(expected);
  std::string line;
  std::string expected_line;
  for (int number = 1;; ++number) {
    const bool more = static_cast<bool>(std::getline(lines, line));
    const bool more_expected = static_cast<bool>(std::getline(expected_lines, expected_line));
    if (!more && !more_expected) return "no line differs";
    if (!more) line = "(nothing)";
    if (!more_expected) expected_line = "(nothing)";
    if (line != expected_line) {
      return fmt::format("line {}: \"{}\", not \"{}\"", number, line, expected_line);
    }
  }
}

}  // namespace

void Run::Compare(const ledger::Shard& found, const char* what) {
  const std::string dump = found.Dump();
  const std::string expected = journal_.shard(found.number()).Dump();
  if (dump == expected) return;
  findings_.Add(5, "shard {} {} is not what its journal makes of it: {}", found.number(), what,
                FirstDifference(dump, expected));
}

void Run::OnRecovered(storage::Store& store,
                      const std::vector<std::unique_ptr<server::OwnedShard>>& shards) {
  disk_->HealReads();
  for (const auto& owned : shards) {
    Compare(owned->shard(), "after recovery");
    // Recovery changes nothing: the second finds what the first did.
    const auto again = server::OwnedShard::Recover(
        store, owned->number(), server_.options().pipeline.snapshots, server_.options().shards);
    if (!again.ok()) {
      findings_.Add(5, "shard {} recovers once, not twice: {}", owned->number(),
                    again.status().ToString());
    } else if ((*again)->shard().Dump() != owned->shard().Dump() ||
               (*again)->next_sequence() != owned->next_sequence()) {
      findings_.Add(5, "shard {} recovers differently the second time", owned->number());
    }
  }
}

void Run::CheckIdle() {
  if (!server_.serving() || !server_.Idle()) return;
  for (uint32_t lane = 0; lane < server_.options().executors; ++lane) {
    for (const auto& owned : server_.pipeline(lane).shards()) Compare(owned->shard(), "in memory");
  }
}

void Run::CheckNothingLeft() {
  for (uint32_t lane = 0; lane < server_.options().executors; ++lane) {
    for (const auto& owned : server_.pipeline(lane).shards()) {
      const ledger::Shard& shard = owned->shard();
      if (shard.ids().open_holds() != 0) {
        findings_.Add(4, "{} holds of shard {} live for ever", shard.ids().open_holds(),
                      owned->number());
      }
      for (ledger::AccountNumber number = 1; number <= shard.account_count(); ++number) {
        for (const ledger::Pool& pool : shard.account(number)->pools) {
          if (pool.in_flight == 0) continue;
          findings_.Add(4, "{}: {} slots of pool {} leaked", shard.account(number)->org,
                        pool.in_flight, pool.name.text());
        }
      }
    }
  }
  CheckIdle();
  // And it is all there once more.
  Crash();
  while (!server_.open() && !findings_.any()) {
    Advance(std::chrono::seconds(1));
    Recover();
  }
}

}  // namespace quota::simulation
