#include "benchmarks/group_sync.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace quota::bench {
namespace {

// Half of what a reserve+commit pair has in the journal: scripts/bench --rows wal.
constexpr size_t kBytesAnOperation = 38;

[[noreturn]] void Die(const std::string& what) {
  std::perror(("noop_server: " + what).c_str());
  std::_Exit(1);
}

}  // namespace

GroupSync::GroupSync(const std::string& folder) {
  std::string path = folder + "/group_sync.XXXXXX";
  file_ = mkstemp(path.data());
  if (file_ < 0) Die("can't make " + path);
  unlink(path.c_str());
}

GroupSync::~GroupSync() { close(file_); }

void GroupSync::Await(int operations, absl::AnyInvocable<void()> answer) {
  operations_ += operations;
  answers_.push_back(std::move(answer));
}

void GroupSync::Step() {
  bytes_.resize(kBytesAnOperation * static_cast<size_t>(std::exchange(operations_, 0)), 'x');
  if (write(file_, bytes_.data(), bytes_.size()) != static_cast<ssize_t>(bytes_.size())) {
    Die("write");
  }
  if (fdatasync(file_) != 0) Die("fdatasync");
  // Answering may let more come.
  for (auto& answer : std::exchange(answers_, {})) answer();
}

}  // namespace quota::bench
