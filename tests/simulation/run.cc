#include "tests/simulation/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/fakes/test_catalog.h"
#include "tests/simulation/bounds_audit.h"
#include "tests/simulation/running_seed.h"

namespace quota::simulation {
namespace {

constexpr int kSessions = 6;

ServerOptions ServerOf(const Profile& profile, const PlantedBug& bug) {
  ServerOptions server = profile.server;
  server.wrap_store = bug.wrap_store;
  return server;
}

}  // namespace

Run::Run(const RunOptions& options)
    : options_(options),
      dice_(options.seed),
      profile_(Profile::Draw(dice_)),
      planted_clock_(options.bug.wrap_clock ? options.bug.wrap_clock(clock_) : nullptr),
      journal_(profile_.server.shards, requests_, findings_, tally_),
      answers_(journal_, findings_, tally_),
      clock_audit_(clock_, findings_),
      server_(ServerOf(profile_, options.bug), planted_clock_ ? *planted_clock_ : clock_, disk_,
              test::TestCatalog(),
              [this](storage::Store& store, const auto& shards) { OnRecovered(store, shards); }),
      world_{dice_,    clock_, server_,    requests_,
             answers_, orgs_,  connected_, options.bug.on_its_way},
      stalled_(server_.options().executors) {
  disk_->Observe([this](const storage::Batch& batch) { journal_.OnDurable(batch); });
  for (int org = 0; org < profile_.orgs; ++org) orgs_.push_back(fmt::format("org-{}", org));
  for (int client = 0; client < profile_.clients; ++client) clients_.emplace_back(world_, client);
  for (int admin = 0; admin < profile_.administrators; ++admin)
    administrators_.emplace_back(world_, admin);
}

RunResult Run::Execute() {
  Start();
  CreateOrgs();
  calm_ = false;
  for (int step = 0; step < options_.steps && !findings_.any(); ++step) OneStep();
  if (!findings_.any()) Finish();
  tally_.snapshots += server_.snapshots();
  // Its calls are the clients'.
  if (server_.open()) server_.Crash();
  return {findings_.texts(), tally_};
}

void Run::CreateOrgs() {
  for (const std::string& org : orgs_) {
    // The call of the one before may still be on its way.
    if (findings_.any()) return;
    Administrator& administrator = administrators_.front();
    administrator.Create(org);
    while (administrator.busy() && !findings_.any()) {
      PassTime();
      StepServer();
      StepStore();
      administrator.Act(/*closing=*/true);
    }
  }
}

void Run::OneStep() {
  ++tally_.steps;
  PassTime();
  MakeTrouble();
  MaybeCrash();
  ActSessions();
  ActClients();
  MaybeCrash();
  StepServer();
  MaybeCrash();
  StepStore();
  Recover();
  if (server_.open() && dice_.OneIn(4)) CheckBounds(server_, findings_);
  if (dice_.OneIn(8)) CheckIdle();
}

void Run::ActClients() {
  // Whoever is told that the server is down waits a little.
  const int most = server_.serving() ? profile_.acts : 1;
  for (int acts = dice_.Uniform(0, most); acts > 0; --acts) {
    clients_[dice_.Below(clients_.size())].Act(closing_);
  }
  if (closing_ || dice_.OneIn(6)) {
    administrators_[dice_.Below(administrators_.size())].Act(closing_);
  }
}

void Run::ActSessions() {
  if (!server_.serving()) return;
  if (dice_.OneIn(20)) {
    std::string session = fmt::format("s{}", dice_.Below(kSessions));
    const bool known = std::find(connected_.begin(), connected_.end(), session) != connected_.end();
    if (server_.sessions().Connect(session, ++epoch_, nullptr).ok() && !known) {
      connected_.push_back(std::move(session));
    }
  }
  if (!connected_.empty() && dice_.OneIn(60)) {
    // Whichever epoch is the newest: the stream ends.
    const size_t lost = dice_.Below(connected_.size());
    if (server_.sessions().Connect(connected_[lost], ++epoch_, nullptr).ok()) {
      server_.sessions().Disconnect(connected_[lost], epoch_, Instant(clock_.Elapsed()));
    }
    connected_.erase(connected_.begin() + static_cast<std::ptrdiff_t>(lost));
    ++tally_.sessions_lost;
  }
}

void Run::StepServer() {
  if (!server_.open()) return;
  for (uint32_t lane = 0; lane < server_.options().executors; ++lane) {
    if (calm_ || !dice_.OneIn(4)) server_.StepPipeline(lane);
  }
  if (calm_ || dice_.OneIn(4)) server_.EndLostSessions();
}

void Run::StepStore() {
  for (uint32_t lane = 0; lane < server_.options().executors; ++lane) {
    if (stalled_[lane] > 0) {
      --stalled_[lane];
      continue;
    }
    for (int steps = calm_ ? 6 : dice_.Uniform(0, 4); steps > 0 && server_.open(); --steps) {
      server_.store()->Step(lane, calm_ || dice_.OneIn(2));
      if (!calm_) MaybeCrash();
    }
  }
}

void Run::Finish() {
  Heal();
  closing_ = true;
  const auto busy = [this] {
    return std::any_of(clients_.begin(), clients_.end(), [](const auto& c) { return c.busy(); }) ||
           std::any_of(administrators_.begin(), administrators_.end(),
                       [](const auto& a) { return a.busy(); }) ||
           !server_.serving() || !server_.Idle();
  };
  for (int round = 0; busy() && !findings_.any(); ++round) {
    if (round == 20'000) {
      findings_.Add(6, "after all trouble, calls are left without an answer");
      return;
    }
    PassTime();
    Recover();
    for (Client& client : clients_) client.Act(true);
    for (Administrator& administrator : administrators_) administrator.Act(true);
    StepServer();
    StepStore();
  }
  // Every hold's deadline passes, at half speed too.
  for (int round = 0; round < 200 && !findings_.any(); ++round) {
    Advance(std::chrono::minutes(3));
    for (int i = 0; i < 8; ++i) {
      StepServer();
      StepStore();
    }
  }
  if (!findings_.any()) CheckNothingLeft();
}

RunResult Simulate(const RunOptions& options) {
  const RunningSeed seed(options.seed);
  return Run(options).Execute();
}

}  // namespace quota::simulation
