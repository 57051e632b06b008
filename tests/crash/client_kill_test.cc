// The C++ client repeats its calls by itself: a server that is killed and started again under it
// shows its user one outcome of each call, and charges that once.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/client.h"
#include "tests/crash/quotad_process.h"
#include "tests/fakes/dice.h"
#include "tests/integration/quota_calls.h"
#include "tests/integration/wait_until.h"
#include "tests/integration/zone_at_noon.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int kKills = 4;
#else
constexpr int kKills = 12;
#endif
constexpr int kThreads = 6;
constexpr int64_t kAnswersBetweenKills = 300;

// An address of this machine that no other test's process has: the server comes back on its port.
std::string OwnAddress() {
  const int pid = getpid();
  return fmt::format("127.{}.{}.{}", 1 + (pid >> 16) % 250, (pid >> 8) & 255, pid & 255);
}

// What one call came to. Absent: the client gave up.
struct ClientCall {
  std::string id;
  int64_t credits = 0;
  bool reserves = false;
  std::optional<int64_t> charged = {};
};

// Calls of one thread.
class ClientUser {
 public:
  ClientUser(client::Client& client, int number, std::atomic<int64_t>& answers)
      : client_(client),
        prefix_(fmt::format("user{}-", number)),
        dice_(number),
        answers_(answers) {}

  void Run(const std::atomic<bool>& done) {
    while (!done) {
      ClientCall& call = calls_.emplace_back();
      call.id = prefix_ + std::to_string(calls_.size());
      call.credits = dice_.Pick(1, 40);
      call.reserves = dice_.Chance(1, 2);
      Make(call);
      ++answers_;
    }
  }

  // Once more under the same ids: an outcome that was told stays; one that was not is told now.
  void Repeat() {
    for (ClientCall& call : calls_) {
      const std::optional<int64_t> told = call.charged;
      if (told) {
        ++told_;
      } else {
        ++given_up_;
      }
      Make(call);
      EXPECT_TRUE(call.charged.has_value()) << call.id;
      if (told) {
        EXPECT_EQ(call.charged, told) << call.id;
      }
    }
  }

  int64_t Charged() const {
    int64_t sum = 0;
    for (const ClientCall& call : calls_) sum += call.charged.value_or(0);
    return sum;
  }
  int64_t told() const { return told_; }
  int64_t given_up() const { return given_up_; }
  // Successes that an attempt whose answer was lost had brought about.
  int64_t found_done() const { return found_done_; }

 private:
  void Make(ClientCall& call) { call.reserves ? ReserveAndCommit(call) : Charge(call); }

  void Charge(ClientCall& call) {
    const auto answer = client_.Charge(
        {.org_id = "acme", .cost = Credits(call.credits), .reservation_id = call.id});
    if (!answer.ok()) return ExpectOutage(answer.status());
    EXPECT_EQ(answer->decision(), v1::DECISION_GRANTED);
    if (answer->repeated() && !call.charged) ++found_done_;
    call.charged = answer->charged();
  }

  void ReserveAndCommit(ClientCall& call) {
    auto outcome = client_.Reserve(
        {.org_id = "acme", .cost = Credits(call.credits), .slots = 0, .reservation_id = call.id});
    if (!outcome.ok()) return ExpectOutage(outcome.status());
    ASSERT_TRUE(outcome->granted());
    const auto commit = client_.Commit("acme", call.id, Credits(call.credits / 2));
    outcome->reservation().Detach();
    if (!commit.ok()) return ExpectOutage(commit.status());
    if (commit->repeated() && !call.charged) ++found_done_;
    call.charged = commit->charged();
  }

  // Nothing but an outage that was longer than the client's budget may show.
  static void ExpectOutage(const absl::Status& status) {
    EXPECT_TRUE(absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) << status;
  }

  client::Client& client_;
  const std::string prefix_;
  Dice dice_;
  std::atomic<int64_t>& answers_;
  std::vector<ClientCall> calls_;
  int64_t told_ = 0;
  int64_t given_up_ = 0;
  int64_t found_done_ = 0;
};

TEST(ClientKillTest, TheClientsOwnRetriesNeverChargeTwice) {
  const storage::TempFolder folder;
  auto quotad = std::make_unique<QuotadProcess>(
      QuotadOptions{.data_folder = folder / "data", .grpc_listen = OwnAddress() + ":0"});
  ASSERT_TRUE(quotad->WaitUntilServing());
  const std::string target = quotad->target();
  v1::CreateOrgRequest request;
  request.set_request_id("create");
  request.set_org_id("acme");
  request.set_edition("enterprise");
  request.set_agents(100'000);
  request.set_time_zone(ZoneAtNoon());
  ASSERT_TRUE(QuotaCalls(target).CreateOrg(request).ok());

  const auto client = client::Client::Create({.target = target});
  ASSERT_TRUE(client.ok()) << client.status();
  std::atomic<bool> done{false};
  std::atomic<int64_t> answers{0};
  std::vector<std::unique_ptr<ClientUser>> users;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    users.push_back(std::make_unique<ClientUser>(**client, i, answers));
    threads.emplace_back([&done, user = users.back().get()] { user->Run(done); });
  }
  for (int kill = 0; kill < kKills && !HasFailure(); ++kill) {
    const int64_t enough = answers + kAnswersBetweenKills;
    EXPECT_TRUE(WaitUntil([&] { return answers >= enough; }, kPatience)) << "no answers";
    quotad->Kill();
    quotad = std::make_unique<QuotadProcess>(
        QuotadOptions{.data_folder = folder / "data", .grpc_listen = target});
    if (!quotad->WaitUntilServing()) break;
  }
  done = true;
  for (std::thread& thread : threads) thread.join();

  int64_t charged = 0;
  int64_t found_done = 0;
  int64_t given_up = 0;
  for (const auto& user : users) {
    user->Repeat();
    charged += user->Charged();
    found_done += user->found_done();
    given_up += user->given_up();
  }
  const auto usage = QuotaCalls(target).GetUsage("acme");
  ASSERT_TRUE(usage.ok()) << usage.message();
  EXPECT_EQ(usage->usage().used(), charged);
  EXPECT_EQ(usage->usage().held(), 0);
  EXPECT_EQ(usage->overage(), 0);
  std::cout << kKills << " kills under " << answers << " calls of the client; " << found_done
            << " had been carried out when they were repeated, " << given_up << " were given up"
            << std::endl;
}

}  // namespace
}  // namespace quota::test
