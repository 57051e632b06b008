#include "storage/rocksdb/highest_keys.h"

namespace quota::storage {
namespace {

constexpr size_t kNumberBytes = 8;

}  // namespace

std::string_view HighestKeys::SequenceOf(std::string_view key) {
  return key.size() > kNumberBytes ? key.substr(0, key.size() - kNumberBytes) : std::string_view();
}

void HighestKeys::Learn(std::string_view sequence, std::string_view highest) {
  if (highest_.size() >= kMostSequences) highest_.clear();
  highest_.insert_or_assign(std::string(sequence), highest);
}

bool HighestKeys::Absent(std::string_view key) const {
  const auto it = highest_.find(SequenceOf(key));
  return it != highest_.end() && key > it->second;
}

void HighestKeys::Add(const Batch& batch) {
  for (const Write& write : batch.writes()) {
    if (write.kind != Write::Kind::kPut) continue;
    const auto it = highest_.find(SequenceOf(write.key));
    if (it != highest_.end() && write.key > it->second) it->second = write.key;
  }
}

}  // namespace quota::storage
