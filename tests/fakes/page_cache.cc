#include "tests/fakes/page_cache.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/check.h"

namespace quota::test {
namespace {

namespace fs = std::filesystem;

// What a file system writes at once, and what the device may have written of it.
constexpr uint64_t kPage = 4096;

uint64_t Pick(std::mt19937_64& random, uint64_t low, uint64_t high) {
  return std::uniform_int_distribution<uint64_t>(low, high)(random);
}

std::string FolderOf(const std::string& path) { return fs::path(path).parent_path().string(); }

// One file has one name here: "a//b", as folders of tests may begin, is "a/b".
std::string Normal(const std::string& path) {
  std::string normal = fs::path(path).lexically_normal().string();
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

}  // namespace

struct PageCache::File {
  ~File() { unlink(link.c_str()); }

  std::string link;      // another name of the real file
  uint64_t size = 0;     // of what can be read
  uint64_t durable = 0;  // of what is on the device
  bool sync_failed = false;
};

PageCache::PageCache(std::string shadow) : shadow_(std::move(shadow)) {
  fs::create_directories(shadow_);
}

PageCache::~PageCache() = default;

PageCache::Handle PageCache::Create(const std::string& given) {
  const std::string path = Normal(given);
  auto file = std::make_shared<File>();
  file->link = shadow_ + "/" + std::to_string(++links_);
  QUOTA_CHECK(link(path.c_str(), file->link.c_str()) == 0);
  Do({FolderOf(path), {{path, file}}, {}});
  return file;
}

PageCache::Handle PageCache::Open(const std::string& given) {
  const std::string path = Normal(given);
  if (const auto known = names_.find(path); known != names_.end()) return known->second;
  std::error_code error;
  if (!fs::exists(path, error)) return nullptr;
  // Made before, or by others: as if it had been there for long.
  auto file = std::make_shared<File>();
  file->link = shadow_ + "/" + std::to_string(++links_);
  QUOTA_CHECK(link(path.c_str(), file->link.c_str()) == 0);
  file->size = file->durable = fs::file_size(path);
  names_[path] = durable_names_[path] = file;
  return file;
}

void PageCache::Grow(const Handle& file, uint64_t bytes) { file->size += bytes; }

void PageCache::Truncate(const Handle& file, uint64_t size) {
  file->size = size;
  file->durable = std::min(file->durable, size);
}

void PageCache::Sync(const Handle& file) {
  if (!file->sync_failed) file->durable = file->size;
}

void PageCache::FailSync(const Handle& file) { file->sync_failed = true; }

void PageCache::Rename(const std::string& from, const std::string& to) {
  const Handle file = Open(from);
  if (file == nullptr) return;
  Open(to);
  Do({FolderOf(Normal(to)), {{Normal(to), file}}, {Normal(from)}});
}

void PageCache::Delete(const std::string& path) {
  if (Open(path) != nullptr) Do({FolderOf(Normal(path)), {}, {Normal(path)}});
}

void PageCache::SyncFolder(const std::string& given) {
  const std::string folder = Normal(given);
  const auto in_folder = [&](const Change& change) { return change.folder == folder; };
  for (const Change& change : changes_) {
    if (in_folder(change)) Carry(change, durable_names_);
  }
  std::erase_if(changes_, in_folder);
}

void PageCache::LosePower(std::mt19937_64& random) {
  Names left = durable_names_;
  const uint64_t happened = Pick(random, 0, changes_.size());
  for (uint64_t i = 0; i < happened; ++i) Carry(changes_[i], left);
  for (const auto& [path, file] : names_) fs::remove(path);
  // RocksDB's own log is made anew behind our back.
  for (const auto& [path, file] : left) fs::remove(path);
  for (const auto& [path, file] : left) {
    // As often as all else: nothing of it, all of it.
    const uint64_t kind = Pick(random, 0, 3);
    uint64_t kept = file->durable;
    if (kind == 1) kept = file->size;
    if (kind == 2) kept = Pick(random, file->durable, file->size);
    fs::resize_file(file->link, kept);
    // The file had grown, but its last page had not been written.
    if (kind == 3) kept = std::min(file->size, (kept / kPage + 1) * kPage);
    fs::resize_file(file->link, kept);
    file->size = file->durable = kept;
    file->sync_failed = false;
    QUOTA_CHECK(link(file->link.c_str(), path.c_str()) == 0);
  }
  names_ = left;
  durable_names_ = std::move(left);
  changes_.clear();
}

void PageCache::Carry(const Change& change, Names& names) {
  for (const std::string& path : change.removed) names.erase(path);
  for (const auto& [path, file] : change.added) names[path] = file;
}

void PageCache::Do(Change change) {
  Carry(change, names_);
  changes_.push_back(std::move(change));
}

}  // namespace quota::test
