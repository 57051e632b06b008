#include "tests/simulation/simulated_server.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/status.h"
#include "server/recovery.h"
#include "server/session_loss_call.h"

namespace quota::simulation {
namespace {

absl::Status NotServing() {
  return WithReason(absl::UnavailableError("the store is stopped; the call was not made"),
                    kStoreStopped);
}

}  // namespace

class SimulatedServer::LoseSessionCall final : public server::SessionLossCall {
 public:
  LoseSessionCall(SimulatedServer& server, const std::string& session, uint32_t in_shard)
      : SessionLossCall(session, in_shard), server_(server) {}

  bool done() const { return done_; }

 private:
  void Repeat() override { server_.Submit(this); }
  void Recover(const std::string& session) override {
    server_.sessions_->Recover(session, server_.SessionNow());
  }
  void End() override { done_ = true; }

  SimulatedServer& server_;
  bool done_ = false;
};

SimulatedServer::SimulatedServer(const ServerOptions& options, const Clock& clock,
                                 std::shared_ptr<test::FaultyDisk> disk,
                                 std::shared_ptr<const ledger::Catalog> catalog,
                                 Recovered recovered)
    : options_(options),
      clock_(clock),
      disk_(std::move(disk)),
      catalog_(std::move(catalog)),
      recovered_(std::move(recovered)) {}

SimulatedServer::~SimulatedServer() {
  if (store_ != nullptr) Crash();
}

absl::Status SimulatedServer::Start() {
  QUOTA_CHECK(store_ == nullptr);
  pipelines_.clear();
  losing_.clear();
  ledger_clock_ = std::make_unique<server::LedgerClock>(clock_);
  sessions_ = std::make_unique<server::SessionRegistry>(options_.session_grace);
  id_budget_ = std::make_unique<server::IdBudget>(options_.pipeline.ids.common_bytes);
  for (uint32_t lane = 0; lane < options_.executors; ++lane) {
    pipelines_.push_back(std::make_unique<server::Pipeline>(
        options_.pipeline, lane, catalog_, *ledger_clock_,
        server::PipelineHooks{.failed = [this](const absl::Status&) { failed_ = true; },
                              .id_budget = id_budget_.get()}));
  }
  return Open();
}

absl::Status SimulatedServer::Reopen() {
  QUOTA_CHECK(store_ == nullptr && !pipelines_.empty());
  return Open();
}

// As Engine::Open does.
absl::Status SimulatedServer::Open() {
  auto faulty = std::make_unique<test::FaultyStore>(
      disk_, test::FaultyStoreOptions{.limits = options_.limits, .immediate = false});
  test::FaultyStore* const stepped = faulty.get();
  std::unique_ptr<storage::Store> store =
      options_.wrap_store ? options_.wrap_store(std::move(faulty)) : std::move(faulty);
  QUOTA_ASSIGN_OR_RETURN(server::RecoveredStore recovered,
                         server::RecoverStore(*store, options_.shards, options_.pipeline.snapshots,
                                              1, [](uint32_t, uint32_t) {}));
  if (recovered_) recovered_(*store, recovered.shards);
  ledger_clock_->Start(recovered.last_at);
  sessions_->RestartGraces(SessionNow());
  std::vector<std::vector<std::unique_ptr<server::OwnedShard>>> of_lane(options_.executors);
  for (auto& shard : recovered.shards) {
    for (const std::string& session : shard->shard().Sessions()) {
      sessions_->Recover(session, SessionNow());
    }
    of_lane[shard->number() % options_.executors].push_back(std::move(shard));
  }
  store_ = std::move(store);
  faulty_ = stepped;
  failed_ = false;
  for (uint32_t lane = 0; lane < options_.executors; ++lane) {
    pipelines_[lane]->Open(*store_, std::move(of_lane[lane]));
  }
  return absl::OkStatus();
}

void SimulatedServer::Crash() {
  disk_->Crash();
  snapshots_ = snapshots();
  for (const auto& pipeline : pipelines_) pipeline->Abandon();
  pipelines_.clear();
  losing_.clear();
  store_.reset();
  faulty_ = nullptr;
  failed_ = false;
}

void SimulatedServer::Close(const absl::Status& status) {
  store_->Drain();
  // A call that is answered now may be submitted again: it is refused.
  const std::unique_ptr<storage::Store> store = std::move(store_);
  faulty_ = nullptr;
  for (const auto& pipeline : pipelines_) pipeline->Close(status);
  if (!store->Close().ok()) failed_ = true;
}

void SimulatedServer::CloseFailed() {
  QUOTA_CHECK(failed_ && store_ != nullptr);
  Close(NotServing());
  failed_ = false;
}

void SimulatedServer::Shutdown() {
  sessions_->StopGraces();
  while (!failed_ && !Idle()) {
    bool worked = false;
    for (uint32_t lane = 0; lane < options_.executors; ++lane) {
      worked = pipelines_[lane]->Step() || worked;
      worked = faulty_->Step(lane, true) || worked;
    }
    if (!worked) break;
  }
  Close(NotServing());
  snapshots_ = snapshots();
  pipelines_.clear();
  losing_.clear();
  failed_ = false;
}

bool SimulatedServer::Idle() const {
  return std::all_of(pipelines_.begin(), pipelines_.end(),
                     [](const auto& pipeline) { return pipeline->Idle(); });
}

void SimulatedServer::Submit(server::Call* call) {
  if (!serving()) {
    call->status = NotServing();
    call->OnAnswered();
    return;
  }
  // As Engine::Route.
  if (!call->command.org.empty()) {
    call->command.org_hash = ledger::HashOf(call->command.org);
    call->shard = static_cast<uint32_t>(call->command.org_hash % options_.shards);
  }
  pipelines_[call->shard % options_.executors]->Submit(call);
}

bool SimulatedServer::StepPipeline(uint32_t lane) {
  return store_ != nullptr && pipelines_[lane]->Step();
}

void SimulatedServer::EndLostSessions() {
  std::erase_if(losing_, [](const auto& call) { return call->done(); });
  if (!serving()) return;
  for (const std::string& session : sessions_->TakeLost(SessionNow())) {
    for (uint32_t shard = 0; shard < options_.shards; ++shard) {
      losing_.push_back(std::make_unique<LoseSessionCall>(*this, session, shard));
      Submit(losing_.back().get());
    }
  }
}

uint64_t SimulatedServer::snapshots() const {
  uint64_t snapshots = snapshots_;
  for (const auto& pipeline : pipelines_) snapshots += pipeline->stats().snapshots;
  return snapshots;
}

}  // namespace quota::simulation
