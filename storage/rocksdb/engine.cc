#include "storage/rocksdb/engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/keys.h"
#include "storage/rocksdb/live_files.h"
#include "storage/rocksdb/status.h"

namespace quota::storage {
namespace {

// Bounds the memory that one round takes beside its batches; a batch above it goes alone.
constexpr size_t kMaxRoundBytes = 64 * 1024 * 1024;

rocksdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status ReadError(const rocksdb::Status& status, std::string_view key) {
  return FromRocksDb(status, absl::StrCat("can't read at key ", PrintableKey(key)));
}

rocksdb::Status AddTo(rocksdb::WriteBatch& merged, const Write& write) {
  switch (write.kind) {
    case Write::Kind::kPut:
      return merged.Put(write.key, write.value);
    case Write::Kind::kDelete:
      return merged.Delete(write.key);
    case Write::Kind::kDeleteRange:
      return merged.DeleteRange(write.key, write.end);
  }
  return rocksdb::Status::InvalidArgument("unknown kind of write");
}

}  // namespace

RocksDbEngine::RocksDbEngine(std::unique_ptr<rocksdb::DB> db, const Limits& limits,
                             bool callers_write, std::shared_ptr<const Upkeep> upkeep,
                             std::unique_ptr<ReadLock> lock)
    : limits_(limits),
      callers_write_(callers_write),
      lock_(std::move(lock)),
      upkeep_(std::move(upkeep)),
      db_(std::move(db)),
      writer_([this] { Run(); }) {}

RocksDbEngine::~RocksDbEngine() {
  // Who wants to hear of an unclean end calls Close.
  (void)Close();
}

absl::StatusOr<std::optional<std::string>> RocksDbEngine::Get(std::string_view key) {
  QUOTA_RETURN_IF_ERROR(Stopped());
  std::string value;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return ReadError(status, key);
  return value;
}

absl::StatusOr<Page> RocksDbEngine::Scan(std::string_view begin, std::string_view end,
                                         size_t max_entries, size_t max_bytes) {
  if (max_entries == 0) return absl::InvalidArgumentError("a page must allow one entry");
  Page page;
  QUOTA_RETURN_IF_ERROR(Stopped());
  if (!end.empty() && begin >= end) return page;
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // a scan is recovery's, and reads nothing twice
  const rocksdb::Slice bound = ToSlice(end);
  if (!end.empty()) options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> entries(db_->NewIterator(options));
  size_t bytes = 0;
  for (entries->Seek(ToSlice(begin)); entries->Valid(); entries->Next()) {
    bytes += entries->key().size() + entries->value().size();
    if (page.entries.size() == max_entries || (!page.entries.empty() && bytes > max_bytes)) {
      page.next = std::string(ToView(entries->key()));
      break;
    }
    page.entries.emplace_back(ToView(entries->key()), ToView(entries->value()));
  }
  if (!entries->status().ok()) {
    return ReadError(entries->status(), page.entries.empty() ? begin : page.entries.back().first);
  }
  return page;
}

void RocksDbEngine::Apply(uint32_t, Batch batch, Completion done) {
  Round own;
  own.push_back({std::move(batch), std::move(done)});
  bool refused = false;
  bool wake = false;
  {
    MutexLock lock(mutex_);
    refused = writer_ended_;
    if (!refused) ++handed_over_;
    if (!refused && callers_write_ && !writing_ && queue_.empty()) {
      writing_ = true;
    } else if (!refused) {
      wake = queue_.empty() && !writing_;
      queue_.push_back(std::move(own.front()));
      own.clear();
    }
  }
  // Without the mutex, for which the writer would have to wait at once.
  if (wake) work_.NotifyOne();
  if (refused) {
    own.front().done({WriteResult::kRefused, Stopped()});
  } else if (!own.empty()) {
    Complete(std::move(own));
  }
}

void RocksDbEngine::Drain() {
  MutexLock lock(mutex_);
  const uint64_t target = handed_over_;
  while (done_ < target) completed_.Wait(mutex_);
}

absl::Status RocksDbEngine::Sync() {
  Drain();
  QUOTA_RETURN_IF_ERROR(Stopped());
  rocksdb::Status status = db_->Flush(rocksdb::FlushOptions());
  if (status.ok()) status = db_->SyncWAL();
  if (status.ok()) return absl::OkStatus();
  absl::Status error = FromRocksDb(status, "can't make the store durable");
  Stop(error);
  return error;
}

absl::StatusOr<std::vector<CopiedFile>> RocksDbEngine::CopyTo(const std::string& folder,
                                                              const StopCopying& stop) {
  QUOTA_RETURN_IF_ERROR(Stopped());
  return CopyLiveFiles(*db_, folder, stop);
}

StoreStats RocksDbEngine::stats() const {
  StoreStats stats;
  {
    MutexLock lock(mutex_);
    stats = stats_;
    if (closing_) return stats;
  }
  db_->GetIntProperty("rocksdb.background-errors", &stats.background_errors);
  return stats;
}

absl::Status RocksDbEngine::Close() {
  Drain();
  {
    MutexLock lock(mutex_);
    if (closing_) return absl::OkStatus();
    closing_ = true;
  }
  // What a completion still hands over is refused, in its turn.
  Stop(absl::OkStatus());
  work_.NotifyOne();
  writer_.join();
  return FromRocksDb(db_->Close(), absl::StrCat("can't close the store in ", db_->GetName()));
}

void RocksDbEngine::Run() {
  for (Round round = TakeRound(); !round.empty(); round = TakeRound()) Complete(std::move(round));
}

void RocksDbEngine::Complete(Round round) {
  std::vector<WriteOutcome> outcomes = WriteRound(round);
  for (size_t i = 0; i < round.size(); ++i) round[i].done(std::move(outcomes[i]));
  const size_t completed = round.size();
  round.clear();  // what completions own is gone before anyone who waits goes on
  MutexLock lock(mutex_);
  done_ += completed;
  writing_ = false;
  completed_.NotifyAll();
  if (!queue_.empty()) work_.NotifyOne();
}

RocksDbEngine::Round RocksDbEngine::TakeRound() {
  Round round;
  MutexLock lock(mutex_);
  while (writing_ || (queue_.empty() && !closing_)) work_.Wait(mutex_);
  writer_ended_ = queue_.empty();
  writing_ = !queue_.empty();
  size_t bytes = 0;
  while (!queue_.empty()) {
    bytes += queue_.front().batch.bytes();
    if (!round.empty() && bytes > kMaxRoundBytes) break;
    round.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return round;
}

size_t RocksDbEngine::MergedBytes(const Round& round) {
  // Of RocksDB's: its header; and for each write its type, and two lengths.
  size_t bytes = 16;
  for (const Pending& pending : round) {
    bytes += pending.batch.bytes() + 16 * pending.batch.writes().size();
  }
  return bytes;
}

std::vector<WriteOutcome> RocksDbEngine::WriteRound(const Round& round) {
  std::vector<WriteOutcome> outcomes;
  outcomes.reserve(round.size());
  Overlay before;
  rocksdb::WriteBatch merged(MergedBytes(round));
  rocksdb::Status written;
  StoreStats added;
  for (const Pending& pending : round) {
    absl::Status status = Judge(pending.batch, before);
    if (!status.ok()) {
      ++added.refused;
      outcomes.push_back({WriteResult::kRefused, std::move(status)});
      continue;
    }
    for (const Write& write : pending.batch.writes()) {
      if (written.ok()) written = AddTo(merged, write);
      added.bytes_written += write.key.size() + write.value.size() + write.end.size();
    }
    if (&pending != &round.back()) before.Add(pending.batch);
    highest_.Add(pending.batch);
    ++added.batches;
    outcomes.push_back({WriteResult::kDone, absl::OkStatus()});
  }

  if (written.ok() && merged.Count() > 0) {
    rocksdb::WriteOptions options;
    options.sync = true;
    ++added.syncs;
    written = db_->Write(options, &merged);
  }
  absl::Status error = FromRocksDb(written, "a write failed");
  if (error.ok() && added.syncs > 0) error = FindLog();
  if (!error.ok()) {
    Stop(error);
    added.batches = added.bytes_written = 0;
    for (WriteOutcome& outcome : outcomes) {
      if (outcome.result == WriteResult::kDone) outcome = {WriteResult::kUnknown, error};
    }
  }
  Count(added);
  return outcomes;
}

// A folder that is emptied while it is in use takes the log's name, but the log itself goes on to
// take writes until the process ends: they would be acknowledged, and then be gone. So each round
// looks for the file.
absl::Status RocksDbEngine::FindLog() {
  std::unique_ptr<rocksdb::LogFile> log;
  return FromRocksDb(
      db_->GetCurrentWalFile(&log),
      absl::StrCat("the log is not in ", db_->GetName(), " any more: was the folder emptied, or ",
                   "its log deleted, while it was in use? Restore a backup"));
}

void RocksDbEngine::Count(const StoreStats& added) {
  MutexLock lock(mutex_);
  stats_.syncs += added.syncs;
  stats_.batches += added.batches;
  stats_.bytes_written += added.bytes_written;
  stats_.refused += added.refused;
}

absl::Status RocksDbEngine::Judge(const Batch& batch, const Overlay& before) {
  QUOTA_RETURN_IF_ERROR(Stopped());
  QUOTA_RETURN_IF_ERROR(Validate(batch, limits_));
  for (const Precondition& precondition : batch.preconditions()) {
    QUOTA_RETURN_IF_ERROR(CheckPrecondition(precondition, before));
  }
  return absl::OkStatus();
}

absl::Status RocksDbEngine::CheckPrecondition(const Precondition& precondition,
                                              const Overlay& before) {
  bool holds = false;
  if (const auto effect = before.Find(precondition.key); effect.has_value()) {
    holds = effect->value == precondition.value;
  } else {
    const absl::StatusOr<bool> found = Holds(precondition);
    if (!found.ok()) {
      Stop(found.status());
      return found.status();
    }
    holds = *found;
  }
  if (holds) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("precondition on key ", PrintableKey(precondition.key), " does not hold"));
}

absl::StatusOr<bool> RocksDbEngine::Holds(const Precondition& precondition) {
  if (!precondition.value.has_value()) {
    QUOTA_RETURN_IF_ERROR(LearnHighest(precondition.key));
    if (highest_.Absent(precondition.key)) return true;
  }
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), precondition.key, &value);
  if (status.IsNotFound()) return !precondition.value.has_value();
  if (!status.ok()) return ReadError(status, precondition.key);
  return precondition.value.has_value() && ToView(value) == *precondition.value;
}

absl::Status RocksDbEngine::LearnHighest(std::string_view key) {
  const std::string_view sequence = HighestKeys::SequenceOf(key);
  if (sequence.empty() || highest_.Knows(sequence)) return absl::OkStatus();
  const std::unique_ptr<rocksdb::Iterator> entries(db_->NewIterator(rocksdb::ReadOptions()));
  const std::string last =
      std::string(sequence) + std::string(key.size() - sequence.size(), '\xff');
  entries->SeekForPrev(last);
  if (!entries->status().ok()) return ReadError(entries->status(), key);
  const bool found = entries->Valid() && entries->key().starts_with(ToSlice(sequence));
  highest_.Learn(sequence, found ? ToView(entries->key()) : sequence);
  return absl::OkStatus();
}

absl::Status RocksDbEngine::Stopped() {
  if (upkeep_ != nullptr) {
    if (const absl::Status failure = upkeep_->failure(); !failure.ok()) Stop(failure);
  }
  MutexLock lock(mutex_);
  return stopped_;
}

void RocksDbEngine::Stop(const absl::Status& cause) {
  MutexLock lock(mutex_);
  if (!stopped_.ok()) return;
  const std::string why = cause.ok() ? "it is closed" : std::string(cause.message());
  stopped_ = WithReason(absl::UnavailableError(absl::StrCat("the store has stopped: ", why)),
                        kStoreStopped);
}

}  // namespace quota::storage
