// Takes backups of the open store, one at a time, on a thread of its own: a backup reads and writes
// everything, which takes minutes where the store is large.
//
//   Backups backups("/backups", clock);
//   backups.Open(store);
//   backups.Take("monday", "request-1", [](const auto& manifest) { ... });
//   backups.Close();                     // stops the one under way, waits for its end
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "server/store_reader.h"
#include "storage/backup/backup.h"

namespace quota::server {

// Thread-safe; Open and Close belong to one thread.
class Backups {
 public:
  using Done = std::function<void(const absl::StatusOr<storage::BackupManifest>&)>;

  // `folder` is the root of all backups; empty: none are taken. `clock` outlives this.
  Backups(std::string folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {}

  // `store` outlives the next Close.
  void Open(storage::Store& store);
  void Close();

  // Calls `done` once, from here or on its own thread, with what storage::TakeBackup returns, or
  //   FAILED_PRECONDITION  none are taken, or another is being taken; names it
  //   UNAVAILABLE          no store is open, or it was closed before the backup was whole
  // The same name and request id again, while the first is under way, waits for that.
  // `recorded` is called before `done` on the backup's thread, once for each backup that is new;
  // its error takes the place of the result.
  using Recorder = std::function<absl::Status(const storage::BackupManifest&)>;
  // `name` is storage::IsBackupName.
  void Take(std::string name, std::string request_id, const Recorder& record, const Done& done);

 private:
  // What is under way, and who waits for it.
  struct UnderWay {
    std::string name;
    std::string request_id;
    Duration begun;
    std::vector<Done> waiting;
  };

  absl::StatusOr<storage::BackupManifest> Run(storage::Store* store,
                                              const storage::BackupOrder& order,
                                              const Recorder& record);
  void End(const absl::StatusOr<storage::BackupManifest>& result);

  const std::string folder_;
  const Clock& clock_;
  std::atomic<bool> stop_{false};
  Mutex mutex_;
  std::optional<UnderWay> under_way_ ABSL_GUARDED_BY(mutex_);
  // Last: its thread uses the rest.
  StoreReader thread_;
};

}  // namespace quota::server
