#include "tests/crash/traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <utility>

#include "tests/crash/quotad_process.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {
namespace {

using testing::AnyOf;

// More than the narrowest pool has slots, so that slots run out too.
constexpr uint64_t kClients = 8;
// The shortest that the API takes, so that what is left to its ttl ends while the test runs.
constexpr int64_t kShortTtlSeconds = 1;

}  // namespace

void ExpectWithinBounds(const v1::Snapshot& usage) {
  EXPECT_LE(usage.used() + usage.held(), usage.allotment()) << usage.ShortDebugString();
  EXPECT_EQ(usage.remaining(), usage.allotment() - usage.used() - usage.held())
      << usage.ShortDebugString();
  for (const v1::PoolUsage& pool : usage.pools()) {
    EXPECT_LE(pool.in_flight(), pool.limit()) << usage.ShortDebugString();
  }
}

// One API server: makes calls, one after the other, until one fails.
class Traffic::Client {
 public:
  Client(Traffic& traffic, const std::string& target, uint64_t seed, std::string prefix)
      : traffic_(traffic), calls_(target), random_(seed), prefix_(std::move(prefix)) {}

  void Run() {
    while (Chance(4, 10) ? Charge() : Reserve()) {
      answered_ = uint64_t{witness_.charges.size()} << 32 | witness_.reserves.size();
      if (traffic_.end_soon_) return;
    }
  }

  WitnessSize Answered() const {
    const uint64_t sizes = answered_;
    return {static_cast<size_t>(sizes >> 32), static_cast<size_t>(sizes & UINT32_MAX)};
  }

  Witness TakeWitness() { return std::move(witness_); }

 private:
  bool Chance(int64_t part, int64_t whole) { return Pick(1, whole) <= part; }
  int64_t Pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }
  const std::string& AnyOrg() {
    return traffic_.orgs_[static_cast<size_t>(Pick(0, std::ssize(traffic_.orgs_) - 1))];
  }
  std::string NextId() { return prefix_ + std::to_string(++ids_); }

  // Writes an answer down. False where none came, which only a server that is about to end may do.
  template <typename Response>
  bool Take(const Reply<Response>& reply, std::optional<Response>& answer) {
    if (!reply.ok()) {
      // CANCELLED: the call came as a server that was asked to stop closed its port.
      EXPECT_THAT(reply.code(), AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED))
          << reply.message();
      EXPECT_TRUE(traffic_.end_expected_) << reply.message();
      return false;
    }
    ExpectWithinBounds(reply->usage());
    answer = reply.response;
    traffic_.CountAnswer();
    return true;
  }

  bool Charge() {
    WitnessedCharge& charge = witness_.charges.emplace_back();
    charge.request = MakeCharge(AnyOrg(), NextId(), Pick(0, 40));
    if (Chance(1, 4)) charge.request.set_mode(v1::RESERVE_MODE_BEST_EFFORT);
    return Take(calls_.Charge(charge.request), charge.answer);
  }

  bool Reserve() {
    WitnessedReserve& reserve = witness_.reserves.emplace_back();
    reserve.request = MakeReserve(AnyOrg(), NextId(), Pick(0, 40));
    const bool left_to_ttl = Chance(1, 50);
    if (left_to_ttl) {
      reserve.request.mutable_ttl()->set_seconds(kShortTtlSeconds);
      // Mostly without a slot, or they would soon have all of them.
      reserve.request.set_slots(Chance(1, 4) ? 1 : 0);
      if (Chance(1, 2)) reserve.request.set_on_expiry(v1::EXPIRY_ACTION_COMMIT);
    }
    if (!Take(calls_.Reserve(reserve.request), reserve.answer)) return false;
    const bool granted = reserve.answer->decision() == v1::DECISION_GRANTED;
    if (!granted || left_to_ttl) return true;
    return Chance(3, 5) ? Commit(reserve) : Release(reserve);
  }

  // What was held, less, or more.
  bool Commit(WitnessedReserve& reserve) {
    reserve.commit = MakeCommit(reserve.request.org_id(), reserve.request.reservation_id());
    if (Chance(2, 3)) reserve.commit->set_credits(Pick(0, reserve.answer->credits() + 30));
    return Take(calls_.Commit(*reserve.commit), reserve.committed);
  }

  bool Release(WitnessedReserve& reserve) {
    reserve.release = MakeRelease(reserve.request.org_id(), reserve.request.reservation_id());
    return Take(calls_.Release(*reserve.release), reserve.released);
  }

  Traffic& traffic_;
  QuotaCalls calls_;
  std::mt19937_64 random_;
  const std::string prefix_;
  int64_t ids_ = 0;
  Witness witness_;
  // The sizes of charges and of reserves after the last whole step.
  std::atomic<uint64_t> answered_{0};
};

Traffic::Traffic(const std::string& target, std::vector<std::string> orgs, uint64_t seed,
                 const std::string& prefix)
    : orgs_(std::move(orgs)) {
  for (uint64_t i = 0; i < kClients; ++i) {
    const std::string ids = prefix + "-" + std::to_string(i) + "-";
    clients_.push_back(std::make_unique<Client>(*this, target, seed * kClients + i, ids));
  }
  for (const auto& client : clients_) {
    threads_.emplace_back([this, &client] {
      client->Run();
      MutexLock lock(mutex_);
      ++ended_;
      answered_.NotifyAll();
    });
  }
}

Traffic::~Traffic() { Stop(); }

void Traffic::CountAnswer() {
  MutexLock lock(mutex_);
  ++answers_;
  answered_.NotifyAll();
}

std::vector<WitnessSize> Traffic::Answered() const {
  std::vector<WitnessSize> sizes;
  for (const auto& client : clients_) sizes.push_back(client->Answered());
  return sizes;
}

bool Traffic::WaitForAnswers(int64_t count) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  MutexLock lock(mutex_);
  while (answers_ < count && ended_ < clients_.size()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) break;
    answered_.WaitFor(mutex_, std::chrono::duration_cast<std::chrono::microseconds>(left));
  }
  EXPECT_GE(answers_, count) << "the server does not answer";
  return answers_ >= count;
}

std::vector<Witness> Traffic::Stop() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  std::vector<Witness> witnesses;
  for (const auto& client : clients_) witnesses.push_back(client->TakeWitness());
  clients_.clear();
  return witnesses;
}

}  // namespace quota::test
