// Reads the store for RPCs that look at history, on a thread of its own: reads may wait for the
// device, which neither loops nor executors may.
//
//   reader.Open(store);
//   reader.Submit([](storage::Store* store) { ... });    // null: not open
//   reader.Close();                                      // waits for the job that runs
#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "storage/store.h"

namespace quota::server {

// What a call comes to whose job got null.
absl::Status StoreNotOpen();

// Thread-safe; Open and Close belong to one thread.
class StoreReader {
 public:
  // Called exactly once: with the open store on the reader's thread; or with null, in Submit or on
  // that thread, where none is open or too many jobs wait. It may submit another.
  using Job = std::function<void(storage::Store*)>;

  // A page takes a few milliseconds: what waits longer than a second is better told to come again.
  static constexpr size_t kMaxWaiting = 256;

  StoreReader();
  // Runs what waits with null.
  ~StoreReader();

  // `store` outlives the next Close.
  void Open(storage::Store& store);
  void Close();

  void Submit(Job job);

 private:
  void Run();

  Mutex mutex_;
  CondVar changed_;
  storage::Store* store_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quota::server
