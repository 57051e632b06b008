#include "tests/fakes/faulty_disk.h"

#include <utility>

#include "common/check.h"

namespace quota::test {

void ApplyWrites(const storage::Batch& batch, FaultyDisk::Entries& entries) {
  for (const storage::Write& write : batch.writes()) {
    switch (write.kind) {
      case storage::Write::Kind::kPut:
        entries.insert_or_assign(write.key, write.value);
        break;
      case storage::Write::Kind::kDelete:
        entries.erase(write.key);
        break;
      case storage::Write::Kind::kDeleteRange:
        entries.erase(entries.lower_bound(write.key), entries.lower_bound(write.end));
        break;
    }
  }
}

void FaultyDisk::Observe(Observer observer) {
  MutexLock lock(mutex_);
  observer_ = std::move(observer);
}

void FaultyDisk::Crash() {
  MutexLock lock(mutex_);
  ++generation_;
}

void FaultyDisk::LoseUnsynced(const std::function<size_t(uint32_t, size_t)>& keep) {
  MutexLock lock(mutex_);
  std::map<uint32_t, size_t> kept;
  for (const Written& written : unsynced_) ++kept[written.lane];
  for (auto& [lane, count] : kept) {
    const size_t wanted = keep(lane, count);
    QUOTA_CHECK(wanted <= count);
    count = wanted;
  }
  std::deque<Written> left;
  written_ = durable_;
  for (Written& written : unsynced_) {
    size_t& more = kept[written.lane];
    if (more == 0) continue;
    --more;
    ApplyWrites(written.batch, written_);
    left.push_back(std::move(written));
  }
  unsynced_ = std::move(left);
}

void FaultyDisk::SetFull(bool full) {
  MutexLock lock(mutex_);
  full_ = full;
}

bool FaultyDisk::full() const {
  MutexLock lock(mutex_);
  return full_;
}

void FaultyDisk::FailRead(uint64_t nth, bool crash) {
  MutexLock lock(mutex_);
  reads_left_ = nth;
  read_crashes_ = crash;
}

void FaultyDisk::HealReads() { FailRead(0, false); }

void FaultyDisk::Lose(std::string_view key) {
  MutexLock lock(mutex_);
  for (Entries* entries : {&durable_, &written_}) {
    if (const auto found = entries->find(key); found != entries->end()) entries->erase(found);
  }
}

size_t FaultyDisk::unsynced() const {
  MutexLock lock(mutex_);
  return unsynced_.size();
}

FaultyDisk::Entries FaultyDisk::Readable() const {
  MutexLock lock(mutex_);
  return written_;
}

bool FaultyDisk::Read() {
  if (reads_left_ == 0 || --reads_left_ > 0) return true;
  if (read_crashes_) ++generation_;
  return false;
}

void FaultyDisk::Persist(const storage::Batch& batch) {
  ApplyWrites(batch, durable_);
  if (observer_) observer_(batch);
}

void FaultyDisk::MakeDurable(uint32_t lane, size_t count) {
  for (auto written = unsynced_.begin(); count > 0 && written != unsynced_.end();) {
    if (written->lane != lane) {
      ++written;
      continue;
    }
    Persist(written->batch);
    written = unsynced_.erase(written);
    --count;
  }
}

void FaultyDisk::MakeAllDurable() {
  for (const Written& written : unsynced_) Persist(written.batch);
  unsynced_.clear();
}

}  // namespace quota::test
