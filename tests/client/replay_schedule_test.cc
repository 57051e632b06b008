#include "client/quotactl/replay_schedule.h"

#include <gtest/gtest.h>

#include <string>

namespace quota::client {
namespace {

using std::chrono::seconds;
using Step = ReplayTask::Step;

class ReplayScheduleTest : public testing::Test {
 protected:
  // An organisation that is prepared.
  size_t Org(const std::string& id, int64_t limit) {
    const size_t org = schedule_.OrgIndex(id);
    const auto task = schedule_.Take(seconds(0));
    EXPECT_TRUE(task.has_value() && task->step == Step::kPrepare && task->call.org == org);
    schedule_.Prepared(org, limit);
    return org;
  }

  // What is reserved next, as the organisation's id; empty where nothing is.
  std::string Next(Duration now = seconds(0)) {
    const auto task = schedule_.Take(now);
    if (!task.has_value()) return "";
    EXPECT_EQ(task->step, Step::kReserve);
    return schedule_.OrgId(task->call.org);
  }

  ReplaySchedule schedule_;
};

TEST_F(ReplayScheduleTest, AnOrganisationIsPreparedOnceBeforeItsFirstCall) {
  const size_t org = schedule_.OrgIndex("acme");
  EXPECT_EQ(schedule_.OrgIndex("acme"), org);
  schedule_.Add({.org = org});
  const auto task = schedule_.Take(seconds(0));
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->step, Step::kPrepare);
  EXPECT_FALSE(schedule_.Take(seconds(0)).has_value());
  EXPECT_FALSE(schedule_.idle());
  schedule_.Prepared(org, 5);
  EXPECT_EQ(Next(), "acme");
}

TEST_F(ReplayScheduleTest, NeverMoreThanTheLimitIsInFlight) {
  const size_t org = Org("acme", 2);
  for (int i = 0; i < 4; ++i) schedule_.Add({.org = org});
  EXPECT_EQ(Next(), "acme");
  EXPECT_EQ(Next(), "acme");
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(schedule_.in_flight(), 2);
  EXPECT_EQ(schedule_.waiting(), 2u);
  schedule_.Ended(org);
  EXPECT_EQ(Next(), "acme");
  EXPECT_EQ(Next(), "");
}

TEST_F(ReplayScheduleTest, ALimitOf0LetsCallsGoAheadToBeRefused) {
  schedule_.Add({.org = Org("acme", 0)});
  EXPECT_EQ(Next(), "acme");
}

TEST_F(ReplayScheduleTest, OrganisationsTakeTurns) {
  const size_t busy = Org("busy", 100);
  const size_t quiet = Org("quiet", 100);
  for (int i = 0; i < 3; ++i) schedule_.Add({.org = busy});
  schedule_.Add({.org = quiet});
  EXPECT_EQ(Next(), "busy");
  EXPECT_EQ(Next(), "quiet");
  EXPECT_EQ(Next(), "busy");
  EXPECT_EQ(Next(), "busy");
  EXPECT_EQ(Next(), "");
}

TEST_F(ReplayScheduleTest, CallsStartAtTheirTimeWhateverTheOrderOfLines) {
  const size_t late = Org("late", 100);
  const size_t early = Org("early", 100);
  schedule_.Add({.org = late, .start = seconds(20)});
  schedule_.Add({.org = early, .start = seconds(10)});
  EXPECT_EQ(Next(seconds(9)), "");
  EXPECT_EQ(schedule_.NextDue(), seconds(10));
  EXPECT_EQ(Next(seconds(10)), "early");
  EXPECT_EQ(Next(seconds(10)), "");
  EXPECT_EQ(schedule_.NextDue(), seconds(20));
  EXPECT_EQ(Next(seconds(25)), "late");
  EXPECT_FALSE(schedule_.NextDue().has_value());
}

TEST_F(ReplayScheduleTest, AHeldCallIsCommittedWhenItsDurationIsOverAndBeforeOthersStart) {
  const size_t org = Org("acme", 1);
  schedule_.Add({.org = org, .hold = seconds(5)});
  schedule_.Add({.org = org});
  const auto reserve = schedule_.Take(seconds(0));
  ASSERT_TRUE(reserve.has_value());
  schedule_.Held(*reserve, "id-1", seconds(5));
  EXPECT_FALSE(schedule_.Take(seconds(4)).has_value());
  EXPECT_EQ(schedule_.NextDue(), seconds(5));
  const auto commit = schedule_.Take(seconds(5));
  ASSERT_TRUE(commit.has_value());
  EXPECT_EQ(commit->step, Step::kCommit);
  EXPECT_EQ(commit->reservation_id, "id-1");
  EXPECT_EQ(commit->call.org, org);
  EXPECT_EQ(Next(seconds(5)), "");
  schedule_.Ended(org);
  EXPECT_EQ(Next(seconds(5)), "acme");
  schedule_.Ended(org);
  EXPECT_TRUE(schedule_.idle());
}

}  // namespace
}  // namespace quota::client
