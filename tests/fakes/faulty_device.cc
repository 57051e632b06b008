#include "tests/fakes/faulty_device.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/mutex.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "tests/fakes/page_cache.h"

namespace quota::test {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus ToStatus(DiskError error, const std::string& file) {
  switch (error) {
    case DiskError::kInputOutput:
      return IOStatus::IOError("While using " + file, "Input/output error");
    case DiskError::kFull: {
      // As RocksDB's own file system says it.
      IOStatus full = IOStatus::NoSpace("While using " + file, "No space left on device");
      full.SetRetryable(true);
      return full;
    }
    case DiskError::kReadOnly:
      return IOStatus::IOError("While using " + file, "Read-only file system");
    case DiskError::kHang:
      return IOStatus::OK();
  }
  return IOStatus::IOError("unknown fault");
}

// The faults in force, and the files' states. Thread-safe; changes are one after the other.
class State {
 public:
  explicit State(const std::string& shadow) : cache_(shadow) {}

  void Fail(std::optional<DiskFault> fault) {
    MutexLock lock(mutex_);
    fault_ = std::move(fault);
    changed_.NotifyAll();
  }
  void Lie(const std::string& file) {
    MutexLock lock(mutex_);
    lie_ = file;
  }
  void CutPower(uint64_t after) {
    MutexLock lock(mutex_);
    changes_left_ = after;
  }
  void RestorePower(std::mt19937_64& random) {
    MutexLock lock(mutex_);
    cache_.LosePower(random);
    changes_left_.reset();
    fault_.reset();
    changed_.NotifyAll();
  }
  bool powered() const {
    MutexLock lock(mutex_);
    return changes_left_ != 0;
  }
  uint64_t changes() const {
    MutexLock lock(mutex_);
    return changes_;
  }
  uint64_t failed() const {
    MutexLock lock(mutex_);
    return failed_;
  }

  // What a read is answered, where it fails.
  IOStatus Read(const std::string& file) {
    MutexLock lock(mutex_);
    return Admit(kReadFile, file);
  }

  // Carries out a change of `file` with no other at the same time: `change` gets the cache, or the
  // error with which the change is to fail.
  template <typename Function>
  IOStatus Change(uint32_t kind, const std::string& file, Function change) {
    MutexLock lock(mutex_);
    ++changes_;
    const IOStatus admitted = Admit(kind, file);
    const bool has_power = changes_left_ != 0;
    if (changes_left_.has_value() && *changes_left_ > 0) --*changes_left_;
    return change(cache_, admitted, has_power);
  }

  // Whether a sync of the file is only said to have been done. Within Change.
  bool Lies(const std::string& file) {
    return lie_.has_value() && file.find(*lie_) != std::string::npos;
  }

 private:
  IOStatus Admit(uint32_t kind, const std::string& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (changes_left_ == 0) return IOStatus::IOError("While using " + file, "The power is off");
    if (!fault_ || (fault_->calls & kind) == 0 || file.find(fault_->file) == std::string::npos) {
      return IOStatus::OK();
    }
    if (fault_->after > 0) {
      --fault_->after;
      return IOStatus::OK();
    }
    if (fault_->times == 0) return IOStatus::OK();
    --fault_->times;
    ++failed_;
    if (fault_->error != DiskError::kHang) return ToStatus(fault_->error, file);
    while (fault_ && fault_->error == DiskError::kHang) changed_.Wait(mutex_);
    return IOStatus::OK();
  }

  mutable Mutex mutex_;
  CondVar changed_;
  // Used with the lock held, in lambdas, which the analysis can't follow.
  PageCache cache_;
  std::optional<std::string> lie_;
  std::optional<DiskFault> fault_ ABSL_GUARDED_BY(mutex_);
  std::optional<uint64_t> changes_left_ ABSL_GUARDED_BY(mutex_);
  uint64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t failed_ ABSL_GUARDED_BY(mutex_) = 0;
};

class WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(State& state, std::string path, PageCache::Handle handle,
               std::unique_ptr<rocksdb::FSWritableFile>&& file)
      : FSWritableFileOwnerWrapper(std::move(file)),
        state_(state),
        path_(std::move(path)),
        handle_(std::move(handle)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    return state_.Change(kAppend, path_, [&](PageCache& cache, IOStatus status, bool has_power) {
      const bool cut_short = !status.ok() && has_power;
      const Slice written(data.data(), cut_short ? data.size() / 2 : data.size());
      if (!status.ok() && !has_power) return status;
      const IOStatus done = target()->Append(written, options, dbg);
      if (done.ok()) cache.Grow(handle_, written.size());
      return cut_short ? status : done;
    });
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("positioned appends are for direct I/O");
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&,
                            const rocksdb::DataVerificationInfo&, IODebugContext*) override {
    return IOStatus::NotSupported("positioned appends are for direct I/O");
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* dbg) override {
    return state_.Change(kAppend, path_, [&](PageCache& cache, IOStatus status, bool) {
      if (status.ok()) status = target()->Truncate(size, options, dbg);
      if (status.ok()) cache.Truncate(handle_, size);
      return status;
    });
  }
  // The real device is not troubled: what is durable is for the cache to say.
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return state_.Change(kSyncFile, path_, [&](PageCache& cache, IOStatus status, bool) {
      if (!status.ok()) {
        cache.FailSync(handle_);
      } else if (!state_.Lies(path_)) {
        cache.Sync(handle_);
      }
      return status;
    });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Sync(options, dbg);
  }
  // Starts writing, and waits for nothing: nothing is durable by it.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  State& state_;
  const std::string path_;
  const PageCache::Handle handle_;
};

class Folder final : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(State& state, std::string path, std::unique_ptr<rocksdb::FSDirectory>&& folder)
      : FSDirectoryWrapper(std::move(folder)), state_(state), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const std::string name = path_ + "/.";
    return state_.Change(kSyncFolder, name, [&](PageCache& cache, IOStatus status, bool) {
      if (status.ok() && !state_.Lies(name)) cache.SyncFolder(path_);
      return status;
    });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, dbg);
  }

 private:
  State& state_;
  const std::string path_;
};

class SequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  SequentialFile(State& state, std::string path, std::unique_ptr<rocksdb::FSSequentialFile>&& file)
      : FSSequentialFileOwnerWrapper(std::move(file)), state_(state), path_(std::move(path)) {}

  IOStatus Read(size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* dbg) override {
    const IOStatus status = state_.Read(path_);
    return status.ok() ? target()->Read(n, options, result, scratch, dbg) : status;
  }

 private:
  State& state_;
  const std::string path_;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  RandomAccessFile(State& state, std::string path,
                   std::unique_ptr<rocksdb::FSRandomAccessFile>&& file)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), state_(state), path_(std::move(path)) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* dbg) const override {
    const IOStatus status = state_.Read(path_);
    return status.ok() ? target()->Read(offset, n, options, result, scratch, dbg) : status;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* dbg) override {
    const IOStatus status = state_.Read(path_);
    return status.ok() ? target()->MultiRead(requests, count, options, dbg) : status;
  }

 private:
  State& state_;
  const std::string path_;
};

}  // namespace

class FaultyDevice::Files final : public rocksdb::FileSystemWrapper {
 public:
  explicit Files(const std::string& shadow)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), state(shadow) {}

  const char* Name() const override { return "FaultyDevice"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* dbg) override {
    return state.Change(kCreateFile, path, [&](PageCache& cache, IOStatus status, bool) {
      if (!status.ok()) return status;
      // A new file, not the old one made empty: power may bring that one back.
      cache.Delete(path);
      (void)target()->DeleteFile(path, rocksdb::IOOptions(), dbg);
      std::unique_ptr<rocksdb::FSWritableFile> file;
      status = target()->NewWritableFile(path, options, &file, dbg);
      if (!status.ok()) return status;
      *result = std::make_unique<WritableFile>(state, path, cache.Create(path), std::move(file));
      return status;
    });
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* dbg) override {
    return state.Change(kCreateFile, path, [&](PageCache& cache, IOStatus status, bool) {
      if (!status.ok()) return status;
      std::unique_ptr<rocksdb::FSWritableFile> file;
      status = target()->ReopenWritableFile(path, options, &file, dbg);
      if (!status.ok()) return status;
      *result = std::make_unique<WritableFile>(state, path, cache.Open(path), std::move(file));
      return status;
    });
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* dbg) override {
    return state.Change(kRename, to, [&](PageCache& cache, IOStatus status, bool) {
      if (!status.ok()) return status;
      cache.Rename(from, to);
      return target()->RenameFile(from, to, options, dbg);
    });
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* dbg) override {
    return state.Change(kDelete, path, [&](PageCache& cache, IOStatus status, bool) {
      if (!status.ok()) return status;
      cache.Delete(path);
      return target()->DeleteFile(path, options, dbg);
    });
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext* dbg) override {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    IOStatus status = target()->NewDirectory(path, options, &folder, dbg);
    if (status.ok()) *result = std::make_unique<Folder>(state, path, std::move(folder));
    return status;
  }
  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext* dbg) override {
    IOStatus status = state.Read(path);
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    if (status.ok()) status = target()->NewSequentialFile(path, options, &file, dbg);
    if (status.ok()) *result = std::make_unique<SequentialFile>(state, path, std::move(file));
    return status;
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* dbg) override {
    IOStatus status = state.Read(path);
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    if (status.ok()) status = target()->NewRandomAccessFile(path, options, &file, dbg);
    if (status.ok()) *result = std::make_unique<RandomAccessFile>(state, path, std::move(file));
    return status;
  }
  // What the cache would not hear of; our options ask for none of it.
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("logs are not recycled");
  }
  IOStatus NewRandomRWFile(const std::string&, const FileOptions&,
                           std::unique_ptr<rocksdb::FSRandomRWFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("files are only appended to");
  }
  IOStatus LinkFile(const std::string&, const std::string&, const IOOptions&,
                    IODebugContext*) override {
    return IOStatus::NotSupported("no links");
  }

  State state;
};

FaultyDevice::FaultyDevice(const std::string& shadow)
    : files_(std::make_shared<Files>(shadow)), env_(rocksdb::NewCompositeEnv(files_)) {}

FaultyDevice::~FaultyDevice() = default;

rocksdb::Env* FaultyDevice::env() { return env_.get(); }
void FaultyDevice::Fail(DiskFault fault) { files_->state.Fail(std::move(fault)); }
void FaultyDevice::Heal() { files_->state.Fail(std::nullopt); }
void FaultyDevice::LieAboutSyncs(const std::string& file) { files_->state.Lie(file); }
void FaultyDevice::CutPower(uint64_t after_changes) { files_->state.CutPower(after_changes); }
void FaultyDevice::RestorePower(std::mt19937_64& random) { files_->state.RestorePower(random); }
bool FaultyDevice::powered() const { return files_->state.powered(); }
uint64_t FaultyDevice::changes() const { return files_->state.changes(); }
uint64_t FaultyDevice::failed() const { return files_->state.failed(); }

}  // namespace quota::test
