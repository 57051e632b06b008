#include "benchmarks/server_counters.h"

#include <gtest/gtest.h>

namespace quota::bench {
namespace {

constexpr char kPage[] =
    "# HELP quotad_groups_total Groups of calls.\n"
    "# TYPE quotad_groups_total counter\n"
    "quotad_calls_decided_total 640\n"
    "quotad_groups_total 10\n"
    "quotad_journal_events_total 600\n"
    "quotad_journal_bytes_total 1.5e+04\n"
    "quotad_snapshots_total 3\n"
    "quotad_store_syncs_total 9\n"
    "quotad_store_written_bytes_total 20000\n"
    "quotad_calls{method=\"reserve\"} 5\n";

TEST(ServerCountersTest, ReadsThePage) {
  const auto counters = ParseServerCounters(kPage);
  ASSERT_TRUE(counters.ok()) << counters.status();
  EXPECT_EQ(counters->calls, 640);
  EXPECT_EQ(counters->groups, 10);
  EXPECT_EQ(counters->journal_bytes, 15'000);
  EXPECT_EQ(counters->syncs, 9);
  EXPECT_EQ(counters->snapshots, 3);
}

TEST(ServerCountersTest, ADifferenceIsOfEachCounter) {
  ServerCounters later = *ParseServerCounters(kPage);
  later.groups = 25;
  const ServerCounters change = later - *ParseServerCounters(kPage);
  EXPECT_EQ(change.groups, 15);
  EXPECT_EQ(change.calls, 0);
  EXPECT_EQ(change.syncs, 0);
}

TEST(ServerCountersTest, AnotherProgramsPageIsRefused) {
  EXPECT_EQ(ParseServerCounters("up 1\n").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quota::bench
