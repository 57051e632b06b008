#include "benchmarks/synced_file.h"

#include <errno.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace quota::bench {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::perror((std::string(program_invocation_short_name) + ": " + what).c_str());
  std::_Exit(1);
}

}  // namespace

SyncedFile::SyncedFile(const std::string& folder) {
  std::string path = folder + "/synced_file.XXXXXX";
  file_ = mkstemp(path.data());
  if (file_ < 0) Die("can't make " + path);
  unlink(path.c_str());
}

SyncedFile::~SyncedFile() { close(file_); }

void SyncedFile::Append(std::string_view bytes) {
  if (write(file_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) Die("write");
  if (fdatasync(file_) != 0) Die("fdatasync");
}

}  // namespace quota::bench
