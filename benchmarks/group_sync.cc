#include "benchmarks/group_sync.h"

#include <utility>

namespace quota::bench {
namespace {

// Half of what a reserve+commit pair has in the journal: scripts/bench --rows wal.
constexpr size_t kBytesAnOperation = 38;

}  // namespace

void GroupSync::Await(int operations, absl::AnyInvocable<void()> answer) {
  operations_ += operations;
  answers_.push_back(std::move(answer));
}

void GroupSync::Step() {
  bytes_.resize(kBytesAnOperation * static_cast<size_t>(std::exchange(operations_, 0)), 'x');
  file_.Append(bytes_);
  // Answering may let more come.
  for (auto& answer : std::exchange(answers_, {})) answer();
}

}  // namespace quota::bench
