#include "storage/rocksdb/overlay.h"

namespace quota::storage {

void Overlay::Add(const Batch& batch) {
  ++order_;
  for (const Write& write : batch.writes()) {
    switch (write.kind) {
      case Write::Kind::kPut:
        points_.insert_or_assign(write.key, Point{order_, write.value});
        break;
      case Write::Kind::kDelete:
        points_.insert_or_assign(write.key, Point{order_, std::nullopt});
        break;
      case Write::Kind::kDeleteRange:
        ranges_.push_back({order_, write.key, write.end});
        break;
    }
  }
}

std::optional<Overlay::Effect> Overlay::Find(std::string_view key) const {
  const auto point = points_.find(key);
  const size_t written = point == points_.end() ? 0 : point->second.order;
  for (const Range& range : ranges_) {
    if (range.order > written && range.begin <= key && key < range.end) {
      return Effect{std::nullopt};
    }
  }
  if (written == 0) return std::nullopt;
  return Effect{point->second.value};
}

}  // namespace quota::storage
