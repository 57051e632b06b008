#include "storage/store.h"

#include <memory>
#include <utility>

namespace quota::storage {

absl::StatusOr<std::vector<CopiedFile>> Store::CopyTo(const std::string& /*folder*/,
                                                      const StopCopying& /*stop*/) {
  return absl::UnimplementedError("this store keeps no files that could be copied");
}

WriteOutcome ApplyAndWait(Store& store, uint32_t shard, Batch batch) {
  // Shared with the completion, though Drain outlives it, so that a store that breaks its contract
  // fails a test rather than the stack.
  auto outcome = std::make_shared<WriteOutcome>(
      WriteOutcome{WriteResult::kUnknown, absl::InternalError("the store did not answer")});
  store.Apply(shard, std::move(batch),
              [outcome](WriteOutcome done) { *outcome = std::move(done); });
  store.Drain();
  return *outcome;
}

}  // namespace quota::storage
