#include "tests/crash/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/integration/wait_until.h"

namespace quota::test {
namespace {

using testing::AnyOf;

class Auditor {
 public:
  explicit Auditor(const std::string& target) : calls_(target) {}

  void Check(WitnessedCharge& charge) {
    const bool refused = charge.answer && charge.answer->decision() != v1::DECISION_GRANTED;
    // Nothing is remembered of a refusal: to repeat it would be a new call.
    if (refused) return ExpectUnknown(charge.request.org_id(), charge.request.reservation_id());
    const auto repeat = calls_.Charge(charge.request);
    ASSERT_TRUE(repeat.ok()) << repeat.message();
    ExpectWithinBounds(repeat->usage());
    if (charge.answer) {
      EXPECT_TRUE(repeat->repeated()) << "lost: " << charge.request.ShortDebugString();
      EXPECT_EQ(repeat->charged(), charge.answer->charged());
    } else {
      charge.answer = repeat.response;
    }
  }

  void Check(WitnessedReserve& reserve) {
    if (!reserve.answer && !CarryThrough(reserve)) return;
    if (reserve.answer->decision() != v1::DECISION_GRANTED) {
      return ExpectUnknown(reserve.request.org_id(), reserve.request.reservation_id());
    }
    CheckGrant(reserve);
    if (!reserve.commit && !reserve.release) EndByTtl(reserve);
    if (reserve.commit) CheckCommit(reserve);
    if (reserve.release) CheckRelease(reserve);
  }

 private:
  void ExpectUnknown(const std::string& org, const std::string& id) {
    const auto release = calls_.Release(MakeRelease(org, id));
    EXPECT_EQ(release.code(), grpc::StatusCode::NOT_FOUND) << "a refusal left " << id << " behind";
  }

  // A Reserve that was not answered: made now, if it has not been. Then it is to be committed.
  bool CarryThrough(WitnessedReserve& reserve) {
    const auto repeat = calls_.Reserve(reserve.request);
    EXPECT_TRUE(repeat.ok()) << repeat.message();
    if (!repeat.ok()) return false;
    ExpectWithinBounds(repeat->usage());
    reserve.answer = repeat.response;
    const bool by_ttl = reserve.request.has_ttl();
    if (repeat->decision() == v1::DECISION_GRANTED && !by_ttl) {
      reserve.commit = MakeCommit(reserve.request.org_id(), reserve.request.reservation_id());
    }
    return true;
  }

  void CheckGrant(const WitnessedReserve& reserve) {
    const auto repeat = calls_.Reserve(reserve.request);
    ASSERT_TRUE(repeat.ok()) << repeat.message();
    ExpectWithinBounds(repeat->usage());
    EXPECT_EQ(repeat->decision(), v1::DECISION_GRANTED);
    EXPECT_TRUE(repeat->repeated()) << "lost: " << reserve.request.ShortDebugString();
    EXPECT_EQ(repeat->credits(), reserve.answer->credits());
    if (repeat->state() == v1::HOLD_STATE_OPEN) {
      EXPECT_EQ(repeat->expires_at().ShortDebugString(),
                reserve.answer->expires_at().ShortDebugString());
    }
    if (reserve.committed) {
      EXPECT_EQ(repeat->state(), v1::HOLD_STATE_COMMITTED);
    } else if (reserve.commit) {
      EXPECT_THAT(repeat->state(), AnyOf(v1::HOLD_STATE_OPEN, v1::HOLD_STATE_COMMITTED));
    } else if (reserve.released) {
      EXPECT_EQ(repeat->state(), reserve.released->state());
    } else if (reserve.release) {
      EXPECT_THAT(repeat->state(), AnyOf(v1::HOLD_STATE_OPEN, v1::HOLD_STATE_RELEASED));
    }
  }

  void CheckCommit(WitnessedReserve& reserve) {
    const auto repeat = calls_.Commit(*reserve.commit);
    ASSERT_TRUE(repeat.ok()) << repeat.message();
    ExpectWithinBounds(repeat->usage());
    const int64_t asked =
        reserve.commit->has_credits() ? reserve.commit->credits() : reserve.answer->credits();
    EXPECT_EQ(repeat->charged() + repeat->overage(), asked);
    if (reserve.committed) {
      EXPECT_TRUE(repeat->repeated()) << "lost: " << reserve.commit->ShortDebugString();
      EXPECT_EQ(repeat->charged(), reserve.committed->charged());
      EXPECT_EQ(repeat->overage(), reserve.committed->overage());
      EXPECT_EQ(repeat->late(), reserve.committed->late());
    } else {
      reserve.committed = repeat.response;
    }
  }

  void CheckRelease(WitnessedReserve& reserve) {
    const auto repeat = calls_.Release(*reserve.release);
    ASSERT_TRUE(repeat.ok()) << repeat.message();
    if (reserve.released) {
      EXPECT_TRUE(repeat->repeated()) << "lost: " << reserve.release->ShortDebugString();
      EXPECT_EQ(repeat->state(), reserve.released->state());
    } else {
      reserve.released = repeat.response;
    }
    const auto commit =
        calls_.Commit(MakeCommit(reserve.request.org_id(), reserve.request.reservation_id()));
    EXPECT_EQ(commit.code(), grpc::StatusCode::FAILED_PRECONDITION) << commit.message();
  }

  // It ends by itself, charged or not as it asked; some of those that were not are committed late.
  void EndByTtl(WitnessedReserve& reserve) {
    v1::HoldState state = v1::HOLD_STATE_OPEN;
    EXPECT_TRUE(WaitUntil([&] {
      state = calls_.Reserve(reserve.request)->state();
      return state != v1::HOLD_STATE_OPEN;
    })) << "leaked: "
        << reserve.request.ShortDebugString();
    const bool commits = reserve.request.on_expiry() == v1::EXPIRY_ACTION_COMMIT;
    EXPECT_EQ(state, commits ? v1::HOLD_STATE_COMMITTED : v1::HOLD_STATE_EXPIRED);
    const bool late = !commits && reserve.answer->credits() % 2 == 1;
    if (!commits && !late) return;
    reserve.commit = MakeCommit(reserve.request.org_id(), reserve.request.reservation_id());
    const auto commit = calls_.Commit(*reserve.commit);
    ASSERT_TRUE(commit.ok()) << commit.message();
    EXPECT_EQ(commit->late(), late);
    EXPECT_EQ(commit->repeated(), commits);
    reserve.committed = commit.response;
  }

  QuotaCalls calls_;
};

}  // namespace

void Audit(const std::string& target, Witness& witness) {
  Auditor auditor(target);
  for (WitnessedCharge& charge : witness.charges) auditor.Check(charge);
  for (WitnessedReserve& reserve : witness.reserves) auditor.Check(reserve);
}

void AuditAll(const std::string& target, std::vector<Witness>& witnesses) {
  std::vector<std::thread> threads;
  for (Witness& witness : witnesses) {
    threads.emplace_back([&target, &witness] { Audit(target, witness); });
  }
  for (std::thread& thread : threads) thread.join();
}

void AddCosts(const Witness& witness, Costs& costs) {
  for (const WitnessedCharge& charge : witness.charges) {
    if (charge.answer) costs[charge.request.org_id()].charged += charge.answer->charged();
  }
  for (const WitnessedReserve& reserve : witness.reserves) {
    if (!reserve.committed) continue;
    Cost& cost = costs[reserve.request.org_id()];
    cost.charged += reserve.committed->charged();
    cost.overage += reserve.committed->overage();
  }
}

void ExpectCharged(QuotaCalls& calls, const std::string& org, const Cost& cost) {
  SCOPED_TRACE(org);
  const auto usage = calls.GetUsage(org);
  ASSERT_TRUE(usage.ok()) << usage.message();
  ExpectWithinBounds(usage->usage());
  EXPECT_EQ(usage->usage().used(), cost.charged);
  EXPECT_EQ(usage->overage(), cost.overage);
  EXPECT_EQ(usage->usage().held(), 0);
  EXPECT_EQ(usage->open_reservations(), 0);
  for (const v1::PoolUsage& pool : usage->usage().pools()) EXPECT_EQ(pool.in_flight(), 0);
  const v1::CreditsBySource& sources = usage->used_by_source();
  EXPECT_EQ(sources.base() + sources.variable() + sources.grandfathered() + sources.additional() +
                sources.packs(),
            cost.charged);
}

}  // namespace quota::test
