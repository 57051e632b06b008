// What a power cut would leave of files: which of their bytes, and which of their names, had
// reached the device. Those that had not are kept beside it, so that a test can take them away, or
// bring a deleted file back, as a power cut does.
//
// A file's bytes become durable by a sync of the file, its name by a sync of its folder. After a
// sync that failed, the bytes that it should have written never become durable, though they can be
// read: that is what Linux does (https://wiki.postgresql.org/wiki/Fsync_Errors).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace quota::test {

// For one thread at a time.
class PageCache {
 public:
  struct File;
  using Handle = std::shared_ptr<File>;

  // Keeps links to files in the folder `shadow`, which it makes, on the same file system.
  explicit PageCache(std::string shadow);
  ~PageCache();
  PageCache(const PageCache&) = delete;
  PageCache& operator=(const PageCache&) = delete;

  // To be told of what was done to the real files, each after it was done; Delete and Rename
  // before. Paths are absolute.
  Handle Create(const std::string& path);
  Handle Open(const std::string& path);
  void Grow(const Handle& file, uint64_t bytes);
  void Truncate(const Handle& file, uint64_t size);
  void Sync(const Handle& file);
  void FailSync(const Handle& file);
  void Rename(const std::string& from, const std::string& to);
  void Delete(const std::string& path);
  void SyncFolder(const std::string& folder);

  // Brings the real files into a state that a power cut at this moment could leave: of the changes
  // of names that were not synced, the first few happened; of bytes that were not synced, the first
  // few are there, sometimes with zeros after them up to the end of their 4 KiB. All of it is
  // durable then.
  void LosePower(std::mt19937_64& random);

 private:
  using Names = std::map<std::string, Handle>;
  // One atomic change in a folder.
  struct Change {
    std::string folder;
    std::vector<std::pair<std::string, Handle>> added;
    std::vector<std::string> removed;
  };

  static void Carry(const Change& change, Names& names);
  void Do(Change change);

  const std::string shadow_;
  uint64_t links_ = 0;
  Names names_;
  Names durable_names_;
  std::vector<Change> changes_;  // not durable, oldest first
};

}  // namespace quota::test
