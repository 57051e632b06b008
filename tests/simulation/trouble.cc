// The faults of a run.
#include "tests/simulation/run.h"

namespace quota::simulation {

void Run::MakeTrouble() {
  const Duration now = clock_.Elapsed();
  if (disk_->full() && now >= full_until_) disk_->SetFull(false);
  if (dice_.OneIn(profile_.full_disk)) {
    disk_->SetFull(true);
    full_until_ = now + dice_.Milliseconds(50, 15'000);
    ++tally_.disk_full;
  }
  if (dice_.OneIn(profile_.stall)) {
    stalled_[dice_.Below(stalled_.size())] = dice_.Uniform(3, 60);
    ++tally_.stalls;
  }
  if (dice_.OneIn(profile_.restart) && server_.serving()) Restart();
  if (!dice_.OneIn(profile_.failure) || !server_.open()) return;
  const auto lane = static_cast<uint32_t>(dice_.Below(stalled_.size()));
  const auto fault = static_cast<test::StoreFault>(dice_.Uniform(0, 2));
  server_.store()->FailNext(lane, fault);
  if (fault == test::StoreFault::kSyncFails) {
    ++tally_.failed_syncs;
  } else {
    ++tally_.failed_writes;
  }
}

// Asked several times in a step: the process may go between any two things that it does.
void Run::MaybeCrash() {
  if (server_.open() && dice_.OneIn(6 * profile_.crash)) Crash();
}

void Run::Crash() {
  ++tally_.crashes;
  server_.Crash();
  for (Client& client : clients_) client.LoseCalls();
  for (Administrator& administrator : administrators_) administrator.LoseCalls();
  connected_.clear();
  if (dice_.OneIn(2)) {
    ++tally_.power_failures;
    disk_->LoseUnsynced([this](uint32_t, size_t written) {
      return static_cast<size_t>(dice_.Uniform(0, static_cast<int>(written)));
    });
  }
  if (options_.bug.after_crash) options_.bug.after_crash(*disk_);
  down_ = true;
  opens_at_ = clock_.Elapsed() + dice_.Milliseconds(0, 4'000);
  // Somebody set the clock of the machine that starts again.
  if (dice_.OneIn(10)) Jump(DrawJump());
}

void Run::Restart() {
  ++tally_.restarts;
  server_.Shutdown();
  connected_.clear();
  down_ = true;
  opens_at_ = clock_.Elapsed() + dice_.Milliseconds(0, 2'000);
}

void Run::Recover() {
  if (server_.failed() && (calm_ || dice_.OneIn(3))) {
    server_.CloseFailed();
    // Pages that could not be written may be dropped.
    if (dice_.OneIn(2)) {
      disk_->LoseUnsynced([this](uint32_t, size_t written) {
        return static_cast<size_t>(dice_.Uniform(0, static_cast<int>(written)));
      });
    }
    opens_at_ = clock_.Elapsed() + dice_.Milliseconds(200, 3'000);
  }
  if (server_.open() || clock_.Elapsed() < opens_at_) return;
  opening_may_fail_ = disk_->full();
  if (!calm_ && dice_.OneIn(5)) {
    opening_may_fail_ = true;
    disk_->FailRead(static_cast<uint64_t>(dice_.Uniform(1, 40)), dice_.OneIn(2));
  }
  if (down_) {
    Start();
  } else {
    Reopen();
  }
  disk_->HealReads();
}

void Run::Start() {
  const absl::Status started = server_.Start();
  if (!started.ok()) return OnOpeningFailed(started);
  down_ = false;
  clock_audit_.OnStart(server_.ledger_clock(), journal_.last_at());
}

void Run::Reopen() {
  const absl::Status opened = server_.Reopen();
  if (!opened.ok()) return OnOpeningFailed(opened);
  ++tally_.reopened;
  // It is the same process: its time goes on.
  clock_audit_.Look(server_.ledger_clock());
}

void Run::OnOpeningFailed(const absl::Status& status) {
  ++tally_.failed_openings;
  const bool known_fault = opening_may_fail_ && (status.code() == absl::StatusCode::kUnavailable ||
                                                 absl::IsResourceExhausted(status));
  if (!known_fault) findings_.Add(2, "the store cannot be opened: {}", status.ToString());
  opens_at_ = clock_.Elapsed() + dice_.Milliseconds(100, 2'000);
  // The process may have gone with it, and the power.
  if (!dice_.OneIn(2)) return;
  ++tally_.crashes_in_recovery;
  disk_->Crash();
  down_ = true;
  connected_.clear();
  if (dice_.OneIn(2)) {
    disk_->LoseUnsynced([this](uint32_t, size_t written) {
      return static_cast<size_t>(dice_.Uniform(0, static_cast<int>(written)));
    });
  }
}

void Run::Heal() {
  calm_ = true;
  disk_->SetFull(false);
  disk_->HealReads();
  if (server_.open()) server_.store()->Heal();
  for (int& lane : stalled_) lane = 0;
}

}  // namespace quota::simulation
