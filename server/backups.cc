#include "server/backups.h"

#include <fmt/format.h>

#include <utility>

#include "common/status.h"

namespace quota::server {

void Backups::Open(storage::Store& store) {
  stop_.store(false);
  thread_.Open(store);
}

void Backups::Close() {
  stop_.store(true);
  thread_.Close();
}

void Backups::Take(std::string name, std::string request_id, const Recorder& record,
                   const Done& done) {
  if (folder_.empty()) {
    return done(absl::FailedPreconditionError(
        "quotad takes no backups: start it with --backup-dir FOLDER, under which they go"));
  }
  bool first = false;
  absl::Status busy;
  {
    MutexLock lock(mutex_);
    first = !under_way_;
    if (first) under_way_ = UnderWay{name, request_id, clock_.Elapsed(), {}};
    if (under_way_->name == name && under_way_->request_id == request_id) {
      under_way_->waiting.push_back(done);
    } else {
      const Duration since = clock_.Elapsed() - under_way_->begun;
      busy = absl::FailedPreconditionError(
          fmt::format("backup {} is being taken, since {} s: wait for its end", under_way_->name,
                      std::chrono::floor<std::chrono::seconds>(since).count()));
    }
  }
  if (!busy.ok()) return done(busy);
  if (!first) return;
  thread_.Submit([this,
                  order = storage::BackupOrder{folder_, std::move(name), std::move(request_id)},
                  record](storage::Store* store) { End(Run(store, order, record)); });
}

absl::StatusOr<storage::BackupManifest> Backups::Run(storage::Store* store,
                                                     const storage::BackupOrder& order,
                                                     const Recorder& record) {
  if (store == nullptr) return StoreNotOpen();
  auto taken = storage::TakeBackup(*store, order, clock_, [this] { return stop_.load(); });
  if (absl::IsCancelled(taken.status())) {
    return WithReason(
        absl::UnavailableError("the store was closed before the backup was whole; there is none"),
        kStoreStopped);
  }
  if (!taken.ok()) return taken.status();
  if (!taken->repeated) QUOTA_RETURN_IF_ERROR(record(taken->manifest));
  return std::move(taken->manifest);
}

void Backups::End(const absl::StatusOr<storage::BackupManifest>& result) {
  std::vector<Done> waiting;
  {
    MutexLock lock(mutex_);
    waiting = std::move(under_way_->waiting);
    under_way_.reset();
  }
  for (const Done& done : waiting) done(result);
}

}  // namespace quota::server
