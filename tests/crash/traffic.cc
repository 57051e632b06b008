#include "tests/crash/traffic.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "tests/crash/quotad_process.h"
#include "tests/crash/session_client.h"
#include "tests/crash/unary_client.h"
#include "tests/fakes/dice.h"

namespace quota::test {

void ExpectWithinBounds(const v1::Snapshot& usage) {
  EXPECT_LE(usage.used() + usage.held(), usage.allotment()) << usage.ShortDebugString();
  EXPECT_EQ(usage.remaining(), usage.allotment() - usage.used() - usage.held())
      << usage.ShortDebugString();
  for (const v1::PoolUsage& pool : usage.pools()) {
    EXPECT_LE(pool.in_flight(), pool.limit()) << usage.ShortDebugString();
  }
}

void TrafficBoard::CountAnswers(int64_t count) {
  MutexLock lock(mutex_);
  answers_ += count;
  changed_.NotifyAll();
}

void TrafficBoard::CountEnd() {
  MutexLock lock(mutex_);
  ++ended_;
  changed_.NotifyAll();
}

int64_t TrafficBoard::WaitForAnswers(int64_t count, size_t clients) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  MutexLock lock(mutex_);
  while (answers_ < count && ended_ < clients) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) break;
    changed_.WaitFor(mutex_, std::chrono::duration_cast<std::chrono::microseconds>(left));
  }
  return answers_;
}

Traffic::Traffic(const std::string& target, const TrafficOptions& options) : board_(options.orgs) {
  Dice seeds(options.seed);
  for (uint64_t i = 0; i < options.unary_clients; ++i) {
    clients_.push_back(std::make_unique<UnaryClient>(
        board_, target, seeds.Seed(), options.prefix + "-u" + std::to_string(i) + "-"));
  }
  for (uint64_t i = 0; i < options.session_clients; ++i) {
    clients_.push_back(std::make_unique<SessionClient>(
        board_, target, seeds.Seed(), options.prefix + "-s" + std::to_string(i) + "-",
        /*dies=*/i < options.dying_clients));
  }
  for (const auto& client : clients_) {
    threads_.emplace_back([this, &client] {
      client->Run();
      board_.CountEnd();
    });
  }
}

Traffic::~Traffic() { Stop(); }

bool Traffic::WaitForAnswers(int64_t count) {
  const int64_t answers = board_.WaitForAnswers(count, clients_.size());
  EXPECT_GE(answers, count) << "the server does not answer";
  return answers >= count;
}

std::vector<WitnessSize> Traffic::Answered() const {
  std::vector<WitnessSize> answered;
  for (const auto& client : clients_) answered.push_back(client->Answered());
  return answered;
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
