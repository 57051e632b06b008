// A file system of its own, of a few MiB, that a test can fill up or make read-only.
//
//   SmallDisk disk(folder / "disk");
//   if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
//   disk.Fill();
//   disk.MakeRoom();
#pragma once

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace quota::test {

// Mounts a tmpfs, which only root may do, and takes it away in the end.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, kSize) == 0;
    if (!mounted_) why_not_ = std::string("can't mount a tmpfs: ") + std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& why_not() const { return why_not_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  // Not a byte is left.
  void Fill() {
    std::ofstream filler(path_ + "/filler", std::ios::binary | std::ios::app);
    const std::string chunk(4096, 'f');
    while (filler.write(chunk.data(), static_cast<std::streamsize>(chunk.size())).flush()) {
    }
  }
  void MakeRoom() { std::filesystem::remove(path_ + "/filler"); }

  // False where a file is open for writing.
  bool MakeReadOnly(bool read_only) {
    return mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT | (read_only ? MS_RDONLY : 0),
                 kSize) == 0;
  }

 private:
  static constexpr const char* kSize = "size=16m";

  const std::string path_;
  bool mounted_ = false;
  std::string why_not_;
};

}  // namespace quota::test
