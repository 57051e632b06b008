#include "benchmarks/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "benchmarks/recorder.h"

namespace quota::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kBegin = TimePoint(seconds(1'000));

TEST(ScheduleTest, StartsAreEvenlySpaced) {
  Schedule schedule(kBegin, 1'000);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(schedule.Pop(), kBegin + milliseconds(i));
}

TEST(ScheduleTest, NothingIsDueBeforeItsTime) {
  Schedule schedule(kBegin, 10);
  EXPECT_FALSE(schedule.Due(kBegin - milliseconds(1)));
  EXPECT_TRUE(schedule.Due(kBegin));
  schedule.Pop();
  EXPECT_FALSE(schedule.Due(kBegin + milliseconds(99)));
  EXPECT_TRUE(schedule.Due(kBegin + milliseconds(100)));
}

TEST(ScheduleTest, IntervalsDoNotAddUpTheirRounding) {
  // A third of a second has no exact length.
  Schedule schedule(kBegin, 3);
  TimePoint last;
  for (int i = 0; i <= 3'000'000; ++i) last = schedule.Pop();
  EXPECT_NEAR(std::chrono::duration<double>(last - kBegin).count(), 1e6, 1e-3);
}

TEST(ScheduleTest, StartsThatWereMissedAreStillMadeAndKeepTheirTimes) {
  Schedule schedule(kBegin, 1'000);
  const TimePoint late = kBegin + milliseconds(50);
  int made = 0;
  while (schedule.Due(late)) {
    EXPECT_EQ(schedule.Pop(), kBegin + milliseconds(made));
    ++made;
  }
  EXPECT_EQ(made, 51);
}

// A server that takes 1 ms for a call, one after the other, and stands still for a second once. Ten
// seconds at 500 calls a second: about one in ten is due while it stands still or is catching up.
TEST(ScheduleTest, AStallIsCountedForEveryCallThatWasDueDuringIt) {
  const RunTimes times{.begin = kBegin,
                       .measure = kBegin,
                       .stop = kBegin + seconds(1'000),
                       .give_up = kBegin + seconds(2'000)};
  Recorder open_loop(times);
  Recorder closed_loop(times);
  const auto serve = [](TimePoint start) {
    const TimePoint stall = kBegin + seconds(5);
    if (start >= stall && start < stall + seconds(1)) start = stall + seconds(1);
    return start + milliseconds(1);
  };

  Schedule schedule(kBegin, 500);
  TimePoint free = kBegin;
  for (int i = 0; i < 5'000; ++i) {
    const TimePoint due = schedule.Pop();
    free = serve(std::max(due, free));
    open_loop.Answered(Op::kReserve, 1, due, free);
  }
  // What a generator would see that waits for each answer before it makes the next call.
  TimePoint now = kBegin;
  for (int i = 0; i < 5'000; ++i) {
    const TimePoint answered = serve(now);
    closed_loop.Answered(Op::kReserve, 1, now, answered);
    now = std::max(answered, now + milliseconds(2));
  }

  EXPECT_EQ(closed_loop.figures(Op::kReserve).latency.Percentile(99), milliseconds(1));
  const auto& latency = open_loop.figures(Op::kReserve).latency;
  EXPECT_EQ(latency.count(), 5'000);
  EXPECT_GT(latency.Percentile(99), milliseconds(900));
  EXPECT_GT(latency.Percentile(90), milliseconds(400));
  EXPECT_EQ(latency.Percentile(50), milliseconds(1));
}

TEST(RecorderTest, OnlyAnswersBetweenWarmUpAndStopAreMeasured) {
  const RunTimes times{.begin = kBegin,
                       .measure = kBegin + seconds(1),
                       .stop = kBegin + seconds(2),
                       .give_up = kBegin + seconds(3)};
  Recorder recorder(times);
  recorder.Answered(Op::kCommit, 64, kBegin, kBegin + milliseconds(999));
  recorder.Answered(Op::kCommit, 64, kBegin, kBegin + milliseconds(1'000));
  recorder.Answered(Op::kCommit, 64, kBegin, kBegin + milliseconds(1'999));
  recorder.Answered(Op::kCommit, 64, kBegin, kBegin + milliseconds(2'000));
  EXPECT_EQ(recorder.figures(Op::kCommit).count, 128);
  EXPECT_EQ(recorder.figures(Op::kCommit).latency.count(), 2);
  EXPECT_EQ(recorder.answered(), 256);
}

}  // namespace
}  // namespace quota::bench
