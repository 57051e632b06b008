#include "storage/rocksdb/leftovers.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"

namespace quota::storage {
namespace {

bool MayBeLeft(std::string_view name, uint64_t bytes) {
  // A log with anything in it is none of ours to judge.
  if (name.ends_with(".log")) return bytes == 0;
  return name.ends_with(".sst") || name.ends_with(".dbtmp") || name.starts_with("MANIFEST-") ||
         name.starts_with("OPTIONS-");
}

// Empty where it can't be read.
std::string ReadCurrent(rocksdb::Env& env, const std::string& folder) {
  std::string current;
  if (!rocksdb::ReadFileToString(&env, folder + "/CURRENT", &current).ok()) current.clear();
  return current;
}

}  // namespace

Leftovers::Leftovers(rocksdb::Env& env, std::string folder)
    : env_(&env), folder_(std::move(folder)), current_(ReadCurrent(env, folder_)) {
  std::vector<std::string> files;
  if (env_->GetChildren(folder_, &files).ok()) files_.insert(files.begin(), files.end());
}

void Leftovers::Delete() {
  if (current_.empty() || files_.empty()) return;
  rocksdb::FileLock* lock = nullptr;
  if (!env_->LockFile(folder_ + "/LOCK", &lock).ok()) return;
  const absl::Cleanup unlock = [&] { (void)env_->UnlockFile(lock); };
  if (ReadCurrent(*env_, folder_) != current_) return;
  std::vector<rocksdb::Env::FileAttributes> files;
  if (!env_->GetChildrenFileAttributes(folder_, &files).ok()) return;
  for (const auto& file : files) {
    if (files_.contains(file.name) || !MayBeLeft(file.name, file.size_bytes)) continue;
    (void)env_->DeleteFile(folder_ + "/" + file.name);
  }
}

}  // namespace quota::storage
