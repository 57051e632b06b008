#include "tests/ledger/model_run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <sstream>

#include "tests/ledger/account_invariants.h"
#include "tests/ledger/answer_text.h"
#include "tests/ledger/step_command.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;

absl::Status Replay(Shard& shard, uint64_t sequence, const std::string& bytes) {
  const auto entry = DecodeEntry(bytes);
  return entry.ok() ? shard.Replay(*entry, sequence) : entry.status();
}

}  // namespace

ModelRun::ModelRun(StepGenerator random, bool crowded)
    : random_(std::move(random)), clock_(test::kNoon) {
  policy_.page_bytes = 2'000;
  if (crowded) policy_.own_bytes = 4'000;
  EXPECT_TRUE(shard_->FinishRecovery().ok());
  model_.Restart(now());
}

void ModelRun::Groups(int count) {
  for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) {
    const Duration pause = random_.Pause();
    clock_.Advance(pause);
    Log(fmt::format("-- {} us later", pause.count()));
    random_.Chance(15) ? SweepGroup() : CommandGroup();
    ForgetInModel();
    CheckWhatAlwaysHolds();
    if (random_.Chance(20)) Maintain();
    if (random_.Chance(4)) CompareWithRebuilt();
  }
  if (!testing::Test::HasFailure()) CompareWithRebuilt();
  if (!testing::Test::HasFailure()) CheckAllIsForgottenInTheEnd();
  if (!testing::Test::HasFailure()) return;
  for (const std::string& line : log_) std::printf("%s\n", line.c_str());
}

void ModelRun::Finish(Group& group) {
  ledger_->FinishGroup(context(), group);
  if (group.entry.count() == 0) return;
  EXPECT_EQ(group.sequence, next_sequence_);
  const std::string bytes = group.entry.Take();
  journal_.push_back(bytes);
  disk_.journal[next_sequence_++] = bytes;
}

void ModelRun::CommandGroup() {
  Group group(clock_.Now(), next_sequence_);
  for (int commands = 1 + random_.Below(5); commands > 0; --commands) {
    const Step step = random_.Next(model_, now());
    absl::Status status;
    Answer answer;
    const Progress progress =
        ledger_->Execute({step.org, ToOperation(step)}, context(), group, status, answer);
    ASSERT_EQ(progress, Progress::kDone);
    const std::string text = ToText(status, answer);
    Log(step.org + ": " + Describe(step) + " " + step.request_id + " -> " + text);
    if (status.code() == absl::StatusCode::kResourceExhausted && step.request_id.empty()) {
      // Which bytes a shard has is not the model's to know: only that it must be short of them.
      EXPECT_GT(shard_->ids().settled_bytes(), policy_.own_bytes);
      model_.Sweep(now());
      continue;
    }
    ASSERT_EQ(text, model_.Run(step, now()));
    See(text);
  }
  Finish(group);
}

void ModelRun::SweepGroup() {
  // The end of a group may forget ids, and so let a day close: that is for the next group.
  for (auto progress = Progress::kAgain;
       progress == Progress::kAgain || shard_->NextTimer() <= clock_.Now();) {
    Group group(clock_.Now(), next_sequence_);
    const int max_events = 1 + random_.Below(10);
    const int max_history = 1 + random_.Below(4);
    progress = ledger_->Sweep(context(), max_events, max_history, group);
    Finish(group);
  }
  model_.Sweep(now());
  // Days that nothing remembers any more have closed within these groups.
  ForgetInModel();
  model_.Sweep(now());
  Log("sweep");
  for (AccountNumber number = 1; number <= shard_->account_count(); ++number) {
    EXPECT_TRUE(DecideDue(*shard_, *shard_->account(number), clock_.Now(), 1).empty())
        << "the timers have missed something of account " << number;
  }
}

void ModelRun::ForgetInModel() {
  const Duration least = policy_.own_bytes < 10'000 ? policy_.shortest_window : policy_.window;
  for (const auto& settled : model_.SettledIds()) {
    const Account* account = shard_->FindAccount(settled.org);
    if (shard_->ids().Find(account->number, ReservationId::FromText(settled.id))) {
      continue;
    }
    const int64_t counts_from =
        std::max(settled.settled_at, serving_since_.time_since_epoch().count());
    EXPECT_GE(now() - counts_from, least.count()) << settled.id << " was forgotten too early";
    model_.Forget(settled.org, settled.id);
  }
}

void ModelRun::CheckWhatAlwaysHolds() {
  size_t holds = 0;
  for (AccountNumber number = 1; number <= shard_->account_count(); ++number) {
    const Account& account = *shard_->account(number);
    ExpectInvariants(account);
    for (const Pool& pool : account.pools) {
      EXPECT_EQ(pool.in_flight, model_.InFlight(account.org, pool.name.text()));
    }
    EXPECT_EQ(static_cast<int>(account.hold_count), model_.OpenHolds(account.org));
    EXPECT_EQ(static_cast<int>(account.purchases.size()), model_.Purchases(account.org));
    holds += account.hold_count;
  }
  EXPECT_EQ(shard_->ids().open_holds(), holds);
}

void ModelRun::Maintain() {
  if (next_sequence_ == 1) return;
  const uint64_t sequence = next_sequence_ - 1;
  for (int accounts = random_.Below(3); accounts > 0; --accounts) {
    const AccountNumber number = shard_->NextDirty(sequence);
    if (number == 0) break;
    disk_.accounts[number] = {sequence, shard_->SaveAccount(number, sequence)};
  }
  if (random_.Chance(50)) {
    if (const IdPage* page = shard_->ids().FirstUnsaved(); page != nullptr && page->sealed) {
      disk_.pages[page->first_sequence] = {page->last_sequence, page->Encode()};
      shard_->mutable_ids().MarkSaved(page->first_sequence);
    }
  }
  // Otherwise stored, but not yet known to be durable: the journal must keep what it covers.
  if (random_.Chance(70)) shard_->ConfirmSaved(sequence);
  if (random_.Chance(30)) Trim();
}

void ModelRun::Trim() {
  const uint64_t mark = std::min(shard_->OldestNeeded(next_sequence_), next_sequence_ - 1);
  disk_.journal.erase(disk_.journal.begin(), disk_.journal.lower_bound(mark));
  const auto& kept = shard_->ids().pages();
  const uint64_t oldest = kept.empty() ? next_sequence_ : kept.front().first_sequence;
  while (!disk_.pages.empty() && disk_.pages.begin()->first < oldest &&
         disk_.pages.begin()->second.first < mark) {
    disk_.pages.erase(disk_.pages.begin());
  }
}

void ModelRun::CompareWithRebuilt() {
  Shard from_journal(0);
  uint64_t sequence = 1;
  for (const std::string& bytes : journal_) {
    ASSERT_TRUE(Replay(from_journal, sequence++, bytes).ok());
  }
  ASSERT_TRUE(from_journal.FinishRecovery().ok());
  ASSERT_EQ(from_journal.Dump(), shard_->Dump());
  CompareWithRestarted();
}

void ModelRun::LoadFromDisk(Shard& from_disk) const {
  for (const auto& [first, page] : disk_.pages) {
    ASSERT_TRUE(from_disk.LoadPage(page.second).ok());
  }
  for (const auto& [number, account] : disk_.accounts) {
    ASSERT_TRUE(from_disk.LoadAccount(account.record, account.sequence).ok());
  }
  for (const auto& [at, bytes] : disk_.journal) {
    const absl::Status replayed = Replay(from_disk, at, bytes);
    ASSERT_TRUE(replayed.ok()) << replayed;
  }
  const absl::Status finished = from_disk.FinishRecovery();
  ASSERT_TRUE(finished.ok()) << finished;
}

void ModelRun::CompareWithRestarted() {
  auto from_disk = std::make_unique<Shard>(0);
  LoadFromDisk(*from_disk);
  if (testing::Test::HasFatalFailure()) return;
  ASSERT_EQ(from_disk->Dump(), shard_->Dump());
  ASSERT_EQ(from_disk->Sessions(), shard_->Sessions());
  ASSERT_EQ(from_disk->last_at(), shard_->last_at());
  if (!random_.Chance(50)) return;
  Log("restart");
  ledger_ = std::make_unique<Ledger>(*from_disk);
  shard_ = std::move(from_disk);
  serving_since_ = clock_.Now();
  model_.Restart(now());
}

void ModelRun::CheckAllIsForgottenInTheEnd() {
  for (int i = 0; i < 4; ++i) {
    clock_.Advance(hours(25));
    SweepGroup();
  }
  EXPECT_EQ(shard_->ids().settled_ids(), 0u);
  EXPECT_EQ(shard_->ids().open_holds(), 0u);
  EXPECT_TRUE(shard_->ids().pages().empty());
  EXPECT_TRUE(shard_->Sessions().empty());
  EXPECT_EQ(shard_->NextTimer(), kNever);
  for (AccountNumber number = 1; number <= shard_->account_count(); ++number) {
    EXPECT_TRUE(shard_->account(number)->days.empty());
  }
}

void ModelRun::See(const std::string& answer) {
  std::istringstream words(answer);
  for (std::string word; words >> word;) {
    if (std::isalpha(static_cast<unsigned char>(word[0])) != 0) seen_.insert(word);
  }
}

void ModelRun::Log(std::string line) {
  log_.push_back(std::move(line));
  if (log_.size() > 60) log_.pop_front();
}

}  // namespace quota::ledger
