#include "tests/fakes/faulty_store.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "common/status.h"
#include "storage/keys.h"

namespace quota::test {
namespace {

using storage::Batch;
using storage::Precondition;
using storage::WriteOutcome;
using storage::WriteResult;

absl::Status Stopped(const char* why) {
  return WithReason(absl::UnavailableError(absl::StrCat("the store has stopped: ", why)),
                    kStoreStopped);
}

absl::Status NoSpace() { return absl::ResourceExhaustedError("no space left on device"); }

bool Holds(const Precondition& precondition, const FaultyDisk::Entries& entries) {
  const auto found = entries.find(precondition.key);
  return precondition.value.has_value()
             ? found != entries.end() && found->second == *precondition.value
             : found == entries.end();
}

}  // namespace

FaultyStore::FaultyStore(std::shared_ptr<FaultyDisk> disk, const FaultyStoreOptions& options)
    : disk_(std::move(disk)), options_(options) {
  MutexLock lock(mutex_);
  MutexLock disk_lock(disk_->mutex_);
  generation_ = ++disk_->generation_;
  readable_ = disk_->written_;
}

FaultyStore::~FaultyStore() { Drain(); }

// ---- The stages ----

WriteOutcome FaultyStore::Judge(const Batch& batch) {
  if (absl::Status status = Usable(); !status.ok()) {
    return {WriteResult::kRefused, std::move(status)};
  }
  if (absl::Status status = storage::Validate(batch, options_.limits); !status.ok()) {
    return {WriteResult::kRefused, std::move(status)};
  }
  for (const Precondition& precondition : batch.preconditions()) {
    if (Holds(precondition, disk_->written_)) continue;
    return {WriteResult::kRefused, absl::FailedPreconditionError(absl::StrCat(
                                       "precondition on key ",
                                       storage::PrintableKey(precondition.key), " does not hold"))};
  }
  if (disk_->full_ && !batch.writes().empty()) return {WriteResult::kUnknown, NoSpace()};
  return {WriteResult::kDone, absl::OkStatus()};
}

void FaultyStore::Write(uint32_t number, Lane& lane) {
  Pending pending = std::move(lane.queued.front());
  lane.queued.pop_front();
  MutexLock disk_lock(disk_->mutex_);
  pending.outcome = Judge(pending.batch);
  bool apply = pending.outcome.result == WriteResult::kDone && !pending.batch.writes().empty();
  if (apply && lane.fault && *lane.fault != StoreFault::kSyncFails) {
    apply = *lane.fault == StoreFault::kWriteFailsApplied;
    lane.fault.reset();
    pending.outcome = {WriteResult::kUnknown, absl::UnavailableError("a write failed on demand")};
  }
  if (apply) {
    ApplyWrites(pending.batch, disk_->written_);
    disk_->unsynced_.push_back({number, pending.batch});
    pending.listed = true;
  }
  if (pending.outcome.result == WriteResult::kUnknown) Stop("a write failed");
  lane.written.push_back(std::move(pending));
}

void FaultyStore::SyncLane(uint32_t number, Lane& lane) {
  MutexLock disk_lock(disk_->mutex_);
  bool fails = disk_->full_;
  if (lane.fault == StoreFault::kSyncFails) {
    fails = true;
    lane.fault.reset();
  }
  size_t listed = 0;
  for (const Pending& pending : lane.written) listed += pending.listed ? 1 : 0;
  if (!fails && listed > 0) {
    disk_->MakeDurable(number, listed);
    ++stats_.syncs;
  }
  for (Pending& pending : lane.written) {
    if (pending.listed && fails && pending.outcome.result == WriteResult::kDone) {
      pending.outcome = {WriteResult::kUnknown,
                         disk_->full_ ? NoSpace() : absl::UnavailableError("a sync failed")};
      Stop("a sync failed");
    }
    if (pending.listed && !fails) ApplyWrites(pending.batch, readable_);
    if (pending.outcome.result == WriteResult::kRefused) ++stats_.refused;
    if (pending.outcome.result == WriteResult::kDone) {
      ++stats_.batches;
      for (const storage::Write& write : pending.batch.writes()) {
        stats_.bytes_written += write.key.size() + write.value.size() + write.end.size();
      }
    }
    lane.ended.push_back(std::move(pending));
  }
  lane.written.clear();
}

std::optional<FaultyStore::Pending> FaultyStore::TakeEnded(Lane& lane) {
  if (lane.ended.empty()) return std::nullopt;
  std::optional<Pending> ended = std::move(lane.ended.front());
  lane.ended.pop_front();
  --pending_;
  return ended;
}

bool FaultyStore::Step(uint32_t number, bool finish) {
  std::map<uint32_t, Lane> dropped;  // destroyed after the lock is gone, as `ended` is
  std::optional<Pending> ended;
  {
    MutexLock lock(mutex_);
    const auto found = lanes_.find(number);
    if (stepping_ || found == lanes_.end() || Gone(dropped)) return false;
    Lane& lane = found->second;
    if (finish && !lane.ended.empty()) {
      ended = TakeEnded(lane);
    } else if (finish && !lane.written.empty()) {
      SyncLane(number, lane);
    } else if (!lane.queued.empty()) {
      Write(number, lane);
    } else if (!lane.written.empty()) {
      SyncLane(number, lane);
    } else {
      ended = TakeEnded(lane);
      if (!ended) return false;
    }
    if (!ended) return true;
    stepping_ = true;
  }
  ended->done(std::move(ended->outcome));
  ended.reset();  // what the completion owns is gone before anyone who waits goes on
  MutexLock lock(mutex_);
  stepping_ = false;
  stepped_.NotifyAll();
  return true;
}

bool FaultyStore::StepAny() {
  std::vector<uint32_t> lanes;
  {
    MutexLock lock(mutex_);
    for (const auto& [number, lane] : lanes_) lanes.push_back(number);
  }
  bool stepped = false;
  for (const uint32_t lane : lanes) stepped = Step(lane, true) || stepped;
  return stepped;
}

void FaultyStore::FailNext(uint32_t lane, StoreFault fault) {
  MutexLock lock(mutex_);
  lanes_[lane].fault = fault;
}

void FaultyStore::Heal() {
  MutexLock lock(mutex_);
  for (auto& [number, lane] : lanes_) lane.fault.reset();
}

size_t FaultyStore::pending() const {
  MutexLock lock(mutex_);
  return pending_;
}

// ---- The contract ----

absl::StatusOr<std::optional<std::string>> FaultyStore::Get(std::string_view key) {
  MutexLock lock(mutex_);
  MutexLock disk_lock(disk_->mutex_);
  QUOTA_RETURN_IF_ERROR(Usable());
  if (!disk_->Read()) return absl::UnavailableError("a read failed on demand");
  const auto found = readable_.find(key);
  if (found == readable_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<storage::Page> FaultyStore::Scan(std::string_view begin, std::string_view end,
                                                size_t max_entries, size_t max_bytes) {
  if (max_entries == 0) return absl::InvalidArgumentError("a page must allow one entry");
  MutexLock lock(mutex_);
  MutexLock disk_lock(disk_->mutex_);
  QUOTA_RETURN_IF_ERROR(Usable());
  if (!disk_->Read()) return absl::UnavailableError("a read failed on demand");
  storage::Page page;
  size_t bytes = 0;
  for (auto entry = readable_.lower_bound(begin); entry != readable_.end(); ++entry) {
    const auto& [key, value] = *entry;
    if (!end.empty() && key >= end) break;
    bytes += key.size() + value.size();
    if (page.entries.size() == max_entries || (!page.entries.empty() && bytes > max_bytes)) {
      page.next = key;
      break;
    }
    page.entries.emplace_back(key, value);
  }
  return page;
}

void FaultyStore::Apply(uint32_t lane, Batch batch, storage::Completion done) {
  {
    MutexLock lock(mutex_);
    lanes_[lane].queued.push_back({.batch = std::move(batch), .done = std::move(done)});
    ++pending_;
  }
  if (!options_.immediate) return;
  // Whoever is stepping takes this batch too: its next step comes after the push.
  while (StepAny()) {
  }
}

void FaultyStore::Drain() {
  std::map<uint32_t, Lane> dropped;
  for (;;) {
    if (StepAny()) continue;
    MutexLock lock(mutex_);
    if (Gone(dropped) || (pending_ == 0 && !stepping_)) return;
    if (stepping_) stepped_.Wait(mutex_);
  }
}

absl::Status FaultyStore::Sync() {
  Drain();
  MutexLock lock(mutex_);
  MutexLock disk_lock(disk_->mutex_);
  QUOTA_RETURN_IF_ERROR(Usable());
  if (disk_->full_) {
    Stop("a sync failed");
    return NoSpace();
  }
  if (!disk_->Read()) return absl::UnavailableError("a sync failed on demand");
  disk_->MakeAllDurable();
  return absl::OkStatus();
}

storage::StoreStats FaultyStore::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

absl::Status FaultyStore::Close() {
  Drain();
  MutexLock lock(mutex_);
  if (stopped_.ok()) stopped_ = Stopped("it is closed");
  return absl::OkStatus();
}

void FaultyStore::Stop(const char* why) {
  if (stopped_.ok()) stopped_ = Stopped(why);
}

bool FaultyStore::Gone(std::map<uint32_t, Lane>& dropped) {
  {
    MutexLock disk_lock(disk_->mutex_);
    if (!Crashed()) return false;
  }
  dropped.swap(lanes_);
  pending_ = 0;
  return true;
}

absl::Status FaultyStore::Usable() const {
  if (!stopped_.ok()) return stopped_;
  if (Crashed()) return Stopped("it crashed, or its disk was taken over");
  return absl::OkStatus();
}

bool FaultyStore::Crashed() const { return generation_ != disk_->generation_; }

}  // namespace quota::test
