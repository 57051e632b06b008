#include "tests/crash/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "tests/crash/batch_calls.h"
#include "tests/crash/quotad_process.h"
#include "tests/crash/traffic.h"
#include "tests/integration/wait_until.h"

namespace quota::test {
namespace {

using testing::AnyOf;

// The session of an audit, where its witness has none: a new one each time.
std::string AuditSession() {
  static std::atomic<int> count{0};
  return "audit-" + std::to_string(++count);
}

// Works in phases: each is one set of operations, sent together, and what to think of each result.
class Auditor {
 public:
  Auditor(const std::string& target, Witness& witness)
      : witness_(witness),
        calls_(target, Returns() ? witness.session : AuditSession(),
               Returns() ? ++witness.epoch : 1) {}

  void Run() {
    CarryThroughReserves();
    CheckGrants();
    AwaitEnds();
    CheckCommits();
    CheckReleases();
    CheckReleasedStays();
  }

 private:
  using Opinion = std::function<void(const v1::OperationResult&)>;

  bool Returns() const { return !witness_.session.empty() && !witness_.dead; }

  void Add(v1::Operation operation, Opinion opinion) {
    operations_.push_back(std::move(operation));
    opinions_.push_back(std::move(opinion));
  }
  void Add(const v1::ReserveRequest& request, Opinion opinion) {
    v1::Operation operation;
    *operation.mutable_reserve() = request;
    Add(std::move(operation), std::move(opinion));
  }
  void Add(const v1::ChargeRequest& request, Opinion opinion) {
    v1::Operation operation;
    *operation.mutable_charge() = request;
    Add(std::move(operation), std::move(opinion));
  }
  void Add(const v1::CommitRequest& request, Opinion opinion) {
    v1::Operation operation;
    *operation.mutable_commit() = request;
    Add(std::move(operation), std::move(opinion));
  }
  void Add(const v1::ReleaseRequest& request, Opinion opinion) {
    v1::Operation operation;
    *operation.mutable_release() = request;
    Add(std::move(operation), std::move(opinion));
  }

  void SendAll() {
    const std::vector<v1::OperationResult> results = calls_.Run(operations_);
    for (size_t i = 0; i < results.size(); ++i) {
      SCOPED_TRACE(operations_[i].ShortDebugString());
      opinions_[i](results[i]);
    }
    operations_.clear();
    opinions_.clear();
  }

  static bool Answered(const v1::OperationResult& result) {
    EXPECT_FALSE(result.has_error()) << result.error().ShortDebugString();
    return !result.has_error();
  }

  // A refusal left nothing behind. Nothing is remembered of it: to repeat it would be a new call.
  void ExpectUnknown(const std::string& org, const std::string& id) {
    Add(MakeRelease(org, id), [](const v1::OperationResult& result) {
      EXPECT_EQ(result.error().code(), grpc::StatusCode::NOT_FOUND) << result.ShortDebugString();
    });
  }

  // Reserves that were not answered: made now, if they have not been.
  void CarryThroughReserves() {
    for (WitnessedReserve& reserve : witness_.reserves) {
      if (reserve.answer) continue;
      Add(reserve.request, [&reserve](const v1::OperationResult& result) {
        if (!Answered(result)) return;
        ExpectWithinBounds(result.reserve().usage());
        reserve.answer = result.reserve();
      });
    }
    SendAll();
  }

  void CheckGrants() {
    for (WitnessedCharge& charge : witness_.charges) CheckCharge(charge);
    for (WitnessedReserve& reserve : witness_.reserves) {
      if (!reserve.answer) continue;  // a failure that has been told
      if (!reserve.Granted()) {
        ExpectUnknown(reserve.request.org_id(), reserve.request.reservation_id());
      } else {
        Add(reserve.request, [&reserve](const v1::OperationResult& result) {
          if (Answered(result)) CheckGrant(reserve, result.reserve());
        });
      }
    }
    SendAll();
  }

  void CheckCharge(WitnessedCharge& charge) {
    if (charge.answer && charge.answer->decision() != v1::DECISION_GRANTED) {
      return ExpectUnknown(charge.request.org_id(), charge.request.reservation_id());
    }
    Add(charge.request, [&charge](const v1::OperationResult& result) {
      if (!Answered(result)) return;
      ExpectWithinBounds(result.charge().usage());
      if (charge.answer) {
        EXPECT_TRUE(result.charge().repeated()) << "lost";
        EXPECT_EQ(result.charge().charged(), charge.answer->charged());
      } else {
        charge.answer = result.charge();
      }
    });
  }

  static void CheckGrant(const WitnessedReserve& reserve, const v1::ReserveResponse& repeat) {
    ExpectWithinBounds(repeat.usage());
    EXPECT_EQ(repeat.decision(), v1::DECISION_GRANTED);
    EXPECT_TRUE(repeat.repeated()) << "lost";
    EXPECT_EQ(repeat.credits(), reserve.answer->credits());
    if (repeat.state() == v1::HOLD_STATE_OPEN) {
      EXPECT_EQ(repeat.expires_at().ShortDebugString(),
                reserve.answer->expires_at().ShortDebugString());
    }
    // A session that comes back late has been lost.
    const bool may_be_lost = reserve.request.bind_to_session();
    if (may_be_lost && repeat.state() == v1::HOLD_STATE_SESSION_LOST && !reserve.committed) return;
    if (reserve.committed) {
      EXPECT_EQ(repeat.state(), v1::HOLD_STATE_COMMITTED);
    } else if (reserve.commit) {
      EXPECT_THAT(repeat.state(), AnyOf(v1::HOLD_STATE_OPEN, v1::HOLD_STATE_COMMITTED));
    } else if (reserve.released) {
      EXPECT_EQ(repeat.state(), reserve.released->state());
    } else if (reserve.release) {
      EXPECT_THAT(repeat.state(), AnyOf(v1::HOLD_STATE_OPEN, v1::HOLD_STATE_RELEASED));
    }
  }

  // Whether it has to end without its client.
  bool EndsByItself(const WitnessedReserve& reserve) const {
    if (!reserve.Granted() || reserve.commit || reserve.release) return false;
    return reserve.request.has_ttl() || (reserve.request.bind_to_session() && witness_.dead);
  }

  // What is left to its ttl or to the loss of its session ends, and some of it is committed late.
  // What else is open is to be committed.
  void AwaitEnds() {
    std::vector<WitnessedReserve*> left;
    for (WitnessedReserve& reserve : witness_.reserves) {
      if (EndsByItself(reserve)) {
        left.push_back(&reserve);
      } else if (reserve.Granted() && !reserve.commit && !reserve.release) {
        reserve.commit = MakeCommit(reserve.request.org_id(), reserve.request.reservation_id());
      }
    }
    const bool ended = WaitUntil([&] { return CheckEnded(left); }, kPatience);
    EXPECT_TRUE(ended) << left.size() << " leaked, such as "
                       << left.front()->request.ShortDebugString();
  }

  // Takes those that have ended out of `left`. True where that is all.
  bool CheckEnded(std::vector<WitnessedReserve*>& left) {
    std::vector<WitnessedReserve*> still_open;
    for (WitnessedReserve* reserve : left) {
      Add(reserve->request, [reserve, &still_open](const v1::OperationResult& result) {
        if (!Answered(result)) return;
        if (result.reserve().state() == v1::HOLD_STATE_OPEN) return still_open.push_back(reserve);
        CheckEnd(*reserve, result.reserve().state());
      });
    }
    SendAll();
    left.swap(still_open);
    return left.empty();
  }

  static void CheckEnd(WitnessedReserve& reserve, v1::HoldState state) {
    const bool commits = reserve.request.on_expiry() == v1::EXPIRY_ACTION_COMMIT;
    const v1::HoldState expected = commits                             ? v1::HOLD_STATE_COMMITTED
                                   : reserve.request.bind_to_session() ? v1::HOLD_STATE_SESSION_LOST
                                                                       : v1::HOLD_STATE_EXPIRED;
    EXPECT_EQ(state, expected);
    if (commits || reserve.answer->credits() % 2 == 1) {
      reserve.commit = MakeCommit(reserve.request.org_id(), reserve.request.reservation_id());
    }
  }

  void CheckCommits() {
    for (WitnessedReserve& reserve : witness_.reserves) {
      if (!reserve.Granted() || !reserve.commit) continue;
      Add(*reserve.commit, [&reserve](const v1::OperationResult& result) {
        if (Answered(result)) CheckCommit(reserve, result.commit());
      });
    }
    SendAll();
  }

  static void CheckCommit(WitnessedReserve& reserve, const v1::CommitResponse& repeat) {
    ExpectWithinBounds(repeat.usage());
    const int64_t asked =
        reserve.commit->has_credits() ? reserve.commit->credits() : reserve.answer->credits();
    EXPECT_EQ(repeat.charged() + repeat.overage(), asked);
    if (reserve.request.on_expiry() == v1::EXPIRY_ACTION_COMMIT) {
      EXPECT_TRUE(repeat.repeated());
    }
    if (reserve.committed) {
      EXPECT_TRUE(repeat.repeated()) << "lost";
      EXPECT_EQ(repeat.charged(), reserve.committed->charged());
      EXPECT_EQ(repeat.overage(), reserve.committed->overage());
      EXPECT_EQ(repeat.late(), reserve.committed->late());
    } else {
      reserve.committed = repeat;
    }
  }

  void CheckReleases() {
    for (WitnessedReserve& reserve : witness_.reserves) {
      if (!reserve.Granted() || !reserve.release) continue;
      Add(*reserve.release, [&reserve](const v1::OperationResult& result) {
        if (!Answered(result)) return;
        if (reserve.released) {
          EXPECT_TRUE(result.release().repeated()) << "lost";
          EXPECT_EQ(result.release().state(), reserve.released->state());
        } else {
          reserve.released = result.release();
        }
      });
    }
    SendAll();
  }

  // What was released can't be charged any more.
  void CheckReleasedStays() {
    for (const WitnessedReserve& reserve : witness_.reserves) {
      if (!reserve.released || reserve.released->state() != v1::HOLD_STATE_RELEASED) continue;
      Add(MakeCommit(reserve.request.org_id(), reserve.request.reservation_id()),
          [](const v1::OperationResult& result) {
            EXPECT_EQ(result.error().code(), grpc::StatusCode::FAILED_PRECONDITION)
                << result.ShortDebugString();
          });
    }
    SendAll();
  }

  Witness& witness_;
  BatchCalls calls_;
  std::vector<v1::Operation> operations_;
  std::vector<Opinion> opinions_;
};

}  // namespace

void Audit(const std::string& target, Witness& witness) { Auditor(target, witness).Run(); }

void AuditAll(const std::string& target, std::vector<Witness>& witnesses) {
  std::vector<std::thread> threads;
  for (Witness& witness : witnesses) {
    threads.emplace_back([&target, &witness] { Audit(target, witness); });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace quota::test
