#include "storage/range_reader.h"

#include "common/status.h"

namespace quota::storage {
namespace {

// A page fits a message of any engine, and is large enough for a round trip to be a small part.
constexpr size_t kPageEntries = 1024;
constexpr size_t kPageBytes = 1024 * 1024;

}  // namespace

RangeReader::RangeReader(Store& store, std::string begin, std::string end)
    : store_(&store), end_(std::move(end)) {
  page_.next = std::move(begin);
}

absl::StatusOr<std::optional<RangeReader::Entry>> RangeReader::Next() {
  if (position_ == page_.entries.size()) {
    if (page_.next.empty() && started_) return std::nullopt;
    QUOTA_ASSIGN_OR_RETURN(Page page, store_->Scan(page_.next, end_, kPageEntries, kPageBytes));
    page_ = std::move(page);
    position_ = 0;
    started_ = true;
    if (page_.entries.empty()) return std::nullopt;
  }
  return std::move(page_.entries[position_++]);
}

}  // namespace quota::storage
