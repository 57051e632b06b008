#include "storage/memory_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/keys.h"

namespace quota::storage {
namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

absl::Status Stopped(const char* why) {
  return WithReason(absl::UnavailableError(absl::StrCat("the store has stopped: ", why)),
                    kStoreStopped);
}

// The first precondition that does not hold, or nullptr.
const Precondition* FirstFalse(const std::vector<Precondition>& preconditions,
                               const Entries& entries) {
  for (const Precondition& precondition : preconditions) {
    const auto found = entries.find(precondition.key);
    const bool holds = precondition.value.has_value()
                           ? found != entries.end() && found->second == *precondition.value
                           : found == entries.end();
    if (!holds) return &precondition;
  }
  return nullptr;
}

void ApplyWrite(const Write& write, Entries& entries) {
  switch (write.kind) {
    case Write::Kind::kPut:
      entries.insert_or_assign(write.key, write.value);
      return;
    case Write::Kind::kDelete:
      entries.erase(write.key);
      return;
    case Write::Kind::kDeleteRange:
      entries.erase(entries.lower_bound(write.key), entries.lower_bound(write.end));
      return;
  }
}

}  // namespace

void MemoryDisk::Crash() {
  MutexLock lock(mutex_);
  ++generation_;
}

bool MemoryDisk::Damage(std::string_view key, size_t byte) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || byte >= found->second.size()) return false;
  found->second[byte] = static_cast<char>(found->second[byte] ^ 0x10);
  return true;
}

MemoryStore::MemoryStore(std::shared_ptr<MemoryDisk> disk, const MemoryStoreOptions& options)
    : disk_(std::move(disk)), options_(options) {
  MutexLock lock(disk_->mutex_);
  generation_ = ++disk_->generation_;
}

MemoryStore::~MemoryStore() { Drain(); }

bool MemoryStore::Step() {
  Pending pending;
  WriteOutcome outcome;
  std::deque<Pending> dropped;  // destroyed after the lock is gone: completions own what they like
  {
    MutexLock lock(mutex_);
    if (stepping_ || queue_.empty()) return false;
    {
      MutexLock disk_lock(disk_->mutex_);
      if (Crashed()) dropped.swap(queue_);
    }
    if (!dropped.empty()) return false;
    stepping_ = true;
    pending = std::move(queue_.front());
    queue_.pop_front();
    outcome = Try(pending.batch);
  }
  pending.done(std::move(outcome));
  pending = Pending();  // what the completion owns is gone before anyone who waits goes on
  MutexLock lock(mutex_);
  stepping_ = false;
  stepped_.NotifyAll();
  return true;
}

size_t MemoryStore::queued() const {
  MutexLock lock(mutex_);
  return queue_.size() + (stepping_ ? 1 : 0);
}

void MemoryStore::FailWrite(uint64_t nth, WriteFault fault) {
  MutexLock lock(mutex_);
  faults_.insert_or_assign(tried_ + nth, fault);
}

absl::StatusOr<std::optional<std::string>> MemoryStore::Get(std::string_view key) {
  MutexLock lock(mutex_);
  MutexLock disk_lock(disk_->mutex_);
  QUOTA_RETURN_IF_ERROR(Usable());
  const auto found = disk_->entries_.find(key);
  if (found == disk_->entries_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<Page> MemoryStore::Scan(std::string_view begin, std::string_view end,
                                       size_t max_entries, size_t max_bytes) {
  if (max_entries == 0) return absl::InvalidArgumentError("a page must allow one entry");
  MutexLock lock(mutex_);
  MutexLock disk_lock(disk_->mutex_);
  QUOTA_RETURN_IF_ERROR(Usable());
  Page page;
  size_t bytes = 0;
  for (auto entry = disk_->entries_.lower_bound(begin); entry != disk_->entries_.end(); ++entry) {
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

void MemoryStore::Apply(uint32_t, Batch batch, Completion done) {
  {
    MutexLock lock(mutex_);
    queue_.push_back({std::move(batch), std::move(done)});
  }
  if (!options_.immediate) return;
  // Whoever is stepping takes this batch too: its next Step comes after the push.
  while (Step()) {
  }
}

void MemoryStore::Drain() {
  for (;;) {
    if (Step()) continue;
    MutexLock lock(mutex_);
    if (queue_.empty() && !stepping_) return;
    if (stepping_) stepped_.Wait(mutex_);
  }
}

absl::Status MemoryStore::Sync() {
  Drain();
  MutexLock lock(mutex_);
  MutexLock disk_lock(disk_->mutex_);
  return Usable();
}

StoreStats MemoryStore::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

absl::Status MemoryStore::Close() {
  Drain();
  MutexLock lock(mutex_);
  if (stopped_.ok()) stopped_ = Stopped("it is closed");
  return absl::OkStatus();
}

WriteOutcome MemoryStore::Try(const Batch& batch) {
  const auto fault = faults_.extract(++tried_);
  WriteOutcome outcome;
  if (!stopped_.ok()) {
    outcome = {WriteResult::kRefused, stopped_};
  } else if (absl::Status status = Validate(batch, options_.limits); !status.ok()) {
    outcome = {WriteResult::kRefused, std::move(status)};
  } else if (!fault.empty() && fault.mapped() == WriteFault::kRefuse) {
    outcome = {WriteResult::kRefused, absl::AbortedError("refused on demand")};
  } else if (!fault.empty() && fault.mapped() == WriteFault::kUnknownUnapplied) {
    outcome = {WriteResult::kUnknown, absl::UnavailableError("failed on demand")};
  } else {
    outcome = Write(batch);
    if (!fault.empty() && outcome.result == WriteResult::kDone) {
      outcome = {WriteResult::kUnknown, absl::UnavailableError("failed on demand")};
    }
  }
  if (outcome.result == WriteResult::kRefused) ++stats_.refused;
  if (outcome.result == WriteResult::kUnknown) {
    stopped_ = Stopped("a write failed");
  }
  return outcome;
}

WriteOutcome MemoryStore::Write(const Batch& batch) {
  MutexLock disk_lock(disk_->mutex_);
  if (absl::Status status = Usable(); !status.ok()) {
    return {WriteResult::kRefused, std::move(status)};
  }
  if (const Precondition* failed = FirstFalse(batch.preconditions(), disk_->entries_)) {
    return {WriteResult::kRefused,
            absl::FailedPreconditionError(
                absl::StrCat("precondition on key ", PrintableKey(failed->key), " does not hold"))};
  }
  for (const storage::Write& write : batch.writes()) ApplyWrite(write, disk_->entries_);
  ++stats_.batches;
  if (!batch.writes().empty()) ++stats_.syncs;
  for (const storage::Write& write : batch.writes()) {
    stats_.bytes_written += write.key.size() + write.value.size() + write.end.size();
  }
  return {WriteResult::kDone, absl::OkStatus()};
}

absl::Status MemoryStore::Usable() const {
  if (!stopped_.ok()) return stopped_;
  if (Crashed()) return Stopped("it crashed, or its disk was taken over");
  return absl::OkStatus();
}

bool MemoryStore::Crashed() const { return generation_ != disk_->generation_; }

}  // namespace quota::storage
