#include "tests/crash/kill_lane.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "tests/crash/audit.h"
#include "tests/crash/server_log.h"
#include "tests/integration/quota_calls.h"
#include "tests/integration/zone_at_noon.h"

namespace quota::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Some hundred answers between two kills: what matters is how many kills there are.
constexpr int64_t kMostAnswersBetweenKills = 1'500;
// Midnight comes so long after a server was asked to start: it serves by then, mostly.
constexpr seconds kBeforeMidnight{2};

}  // namespace

KillLane::KillLane(std::string name, uint64_t seed) : name_(std::move(name)), dice_(seed) {}

QuotadOptions KillLane::Options() const {
  return {.data_folder = folder_ / "data",
          // Snapshots all the time, and what the log tells of them.
          .more_arguments = {"--shards", "2", "--snapshot-journal-bytes", "32768", "--log-level",
                             "debug"},
          .clock_ahead = clock_ahead_};
}

bool KillLane::Start() {
  const SteadyTime begin = steady_clock::now();
  quotad_ = std::make_unique<QuotadProcess>(Options());
  if (!quotad_->WaitUntilServing()) return false;
  start_time_ = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  return true;
}

bool KillLane::Begin() {
  if (!Start()) return false;
  CreateOrgs();
  return true;
}

void KillLane::CreateOrg(QuotaCalls& calls, const std::string& org, const std::string& edition,
                         int64_t agents) {
  v1::CreateOrgRequest request;
  request.set_request_id("create-" + org);
  request.set_org_id(org);
  request.set_edition(edition);
  request.set_agents(agents);
  // No midnight but those that are aimed at.
  request.set_time_zone(ZoneAtNoon());
  const auto reply = calls.CreateOrg(request);
  EXPECT_TRUE(reply.ok()) << reply.message();
  orgs_.push_back(org);
}

// One that soon has no credits left, one that draws on a pack, one with few slots, two with plenty.
void KillLane::CreateOrgs() {
  QuotaCalls calls(quotad_->target());
  CreateOrg(calls, "small", "free");
  CreateOrg(calls, "packed", "free");
  CreateOrg(calls, "narrow", "enterprise", 10'000);
  CreateOrg(calls, "medium", "express");
  CreateOrg(calls, "large", "enterprise", 10'000);
  v1::PurchaseCreditsRequest purchase;
  purchase.set_request_id("purchase");
  purchase.set_org_id("packed");
  purchase.set_purchase_id("pack");
  purchase.set_pack_credits(30'000);
  const auto bought = Once(calls.admin(), &v1::QuotaAdmin::Stub::PurchaseCredits, purchase);
  EXPECT_TRUE(bought.ok()) << bought.message();
  v1::SetConcurrencyLimitRequest limit;
  limit.set_request_id("limit");
  limit.set_org_id("narrow");
  limit.set_limit(2);
  const auto limited = Once(calls.admin(), &v1::QuotaAdmin::Stub::SetConcurrencyLimit, limit);
  EXPECT_TRUE(limited.ok()) << limited.message();
}

bool KillLane::Round(Moment moment) {
  ++round_;
  SCOPED_TRACE(name_ + ", round " + std::to_string(round_) +
               ", kill at: " + std::string(NameOf(moment)));
  if (moment == Moment::kDayChange && !MoveToMidnight()) return false;
  const std::string prefix = name_ + "-" + std::to_string(round_);
  Traffic traffic(quotad_->target(), {.orgs = orgs_,
                                      .seed = dice_.Seed(),
                                      .prefix = prefix,
                                      .dying_clients = moment == Moment::kLostSession ? 2U : 0U});
  Office office(quotad_->target(), dice_.Seed(), "office-" + prefix);
  // Clients that are to die have done so by then, mostly.
  const int64_t fewest = moment == Moment::kLostSession ? kMostAnswersBetweenKills / 2 : 1;
  const bool answers = traffic.WaitForAnswers(dice_.Pick(fewest, kMostAnswersBetweenKills));
  traffic.ExpectTheEnd();
  office.ExpectTheEnd();
  Kill(moment);
  std::vector<Witness> witnesses = traffic.Stop();
  office.Close();
  if (moment == Moment::kStart) StartInVain();
  if (!Start()) return false;
  Audit(witnesses, office);
  return answers;
}

bool KillLane::MoveToMidnight() {
  const auto usage = QuotaCalls(quotad_->target()).GetUsage(orgs_.front());
  EXPECT_TRUE(usage.ok()) << usage.message();
  EXPECT_EQ(quotad_->Stop(), ProcessEnd{}) << quotad_->process().err();
  const milliseconds midnight = seconds(usage->usage().resets_at().seconds());
  const auto left = [&] {
    const auto now = std::chrono::system_clock::now().time_since_epoch() + clock_ahead_;
    return std::chrono::duration_cast<milliseconds>(midnight - now);
  };
  clock_ahead_ += std::max(seconds(0), std::chrono::floor<seconds>(left() - kBeforeMidnight));
  midnight_ = steady_clock::now() + left();
  // Ids are remembered for two minutes on the server's clock.
  before_.clear();
  return Start();
}

void KillLane::Kill(Moment moment) {
  switch (moment) {
    case Moment::kTraffic:
    case Moment::kStart:
    case Moment::kLostSession:
      return KillNow(moment);
    case Moment::kSnapshot: {
      const size_t from = quotad_->process().err().size();
      const auto begun = quotad_->process().WaitForErrorLine(": snapshot of ", kPatience, from);
      EXPECT_TRUE(begun.has_value()) << "no snapshots, with so much traffic";
      std::this_thread::sleep_for(std::chrono::microseconds(dice_.Pick(0, 1'500)));
      return KillNow(moment);
    }
    case Moment::kDayChange:
      return KillAtMidnight();
    case Moment::kShutdown:
      return KillWhileStopping();
    case Moment::kPause:
      return KillAroundPause();
  }
}

// The moment is what varies; nothing waits for it.
void KillLane::PauseFor(int64_t most_milliseconds) {
  std::this_thread::sleep_for(std::chrono::microseconds(dice_.Pick(0, most_milliseconds * 1'000)));
}

void KillLane::KillAtMidnight() {
  // Most of them after it, while the clients that were asleep come to see the new day.
  constexpr int64_t kBefore = 150;
  constexpr int64_t kAfter = 600;
  std::this_thread::sleep_until(midnight_ + milliseconds(dice_.Pick(-kBefore, kAfter)));
  KillNow(Moment::kDayChange);
}

void KillLane::KillWhileStopping() {
  quotad_->process().Signal(SIGTERM);
  if (dice_.Chance(3, 4)) quotad_->process().WaitForErrorLine(" stopping: ", kPatience);
  PauseFor(20);
  KillNow(Moment::kShutdown);
}

void KillLane::KillAroundPause() {
  quotad_->process().Signal(SIGSTOP);
  // Longer than the shortest ttl, at times.
  PauseFor(dice_.Chance(1, 2) ? 1'500 : 100);
  if (++pauses_ % 2 == 1) return KillNow(Moment::kPause, /*paused=*/true);
  quotad_->process().Signal(SIGCONT);
  PauseFor(50);
  KillNow(Moment::kPause);
}

void KillLane::KillNow(Moment moment, bool paused) {
  quotad_->process().Signal(SIGKILL);
  const auto end = quotad_->process().WaitForEnd(kPatience);
  const bool killed = end == ProcessEnd{.code = 0, .signal = SIGKILL};
  // It may have stopped before.
  EXPECT_TRUE(killed || (moment == Moment::kShutdown && end == ProcessEnd{}))
      << quotad_->process().err();
  if (!killed) return;
  if (paused) ++tally_.in_pause;
  Count(moment, quotad_->process().err());
}

void KillLane::Count(Moment moment, const std::string& log) {
  ++tally_.kills;
  ++tally_.kills_at[moment];
  if (!LogServes(log)) ++tally_.in_start;
  if (LogStopping(log)) ++tally_.in_shutdown;
  if (LogInSnapshot(log)) ++tally_.in_snapshot;
}

void KillLane::StartInVain() {
  const int64_t starts = dice_.Pick(1, 4);
  for (int64_t i = 0; i < starts; ++i) {
    QuotadProcess quotad(Options());
    PauseFor(start_time_.count());
    quotad.Kill();
    Count(Moment::kStart, quotad.process().err());
  }
}

// What the clients of this round and of the one before were told is true, and the sums agree.
void KillLane::Audit(std::vector<Witness>& witnesses, Office& office) {
  AuditAll(quotad_->target(), witnesses);
  AuditAll(quotad_->target(), before_);
  office.Audit(quotad_->target());
  int64_t across = 0;
  Bills bills = std::move(bills_);
  for (const Witness& witness : witnesses) {
    AddToBills(witness, bills);
    tally_.operations += std::ssize(witness.charges) + std::ssize(witness.reserves);
    if (witness.dead) ++tally_.lost_sessions;
  }
  QuotaCalls calls(quotad_->target());
  for (const std::string& org : orgs_) {
    ExpectCharged(calls, org, bills[org]);
    across += bills[org].across_midnight;
  }
  tally_.across_midnight = across;
  tally_.operations += static_cast<int64_t>(office.changes());
  bills_ = std::move(bills);
  before_ = std::move(witnesses);
}

}  // namespace quota::test
