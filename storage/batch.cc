#include "storage/batch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/keys.h"

namespace quota::storage {
namespace {

// The keys that one write covers: [begin, end), or `begin` alone when `end` is empty.
struct Span {
  std::string_view begin;
  std::string_view end;

  bool operator<(const Span& other) const { return begin < other.begin; }
};

absl::Status CheckKey(std::string_view key) {
  if (key.empty()) return absl::InvalidArgumentError("a key is empty");
  if (key.size() > kMaxKeyBytes) {
    return absl::InvalidArgumentError(absl::StrCat("a key has ", key.size(), " bytes, at most ",
                                                   kMaxKeyBytes,
                                                   " are allowed: ", PrintableKey(key)));
  }
  return absl::OkStatus();
}

absl::Status CheckWrite(const Write& write, const Limits& limits) {
  QUOTA_RETURN_IF_ERROR(CheckKey(write.key));
  if (write.value.size() > limits.max_value_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("the value of ", PrintableKey(write.key),
                                                   " has ", write.value.size(), " bytes, at most ",
                                                   limits.max_value_bytes, " are allowed"));
  }
  if (write.kind != Write::Kind::kDeleteRange) return absl::OkStatus();
  QUOTA_RETURN_IF_ERROR(CheckKey(write.end));
  if (write.key >= write.end) {
    return absl::InvalidArgumentError(absl::StrCat("a range is empty: ", PrintableKey(write.key),
                                                   " to ", PrintableKey(write.end)));
  }
  return absl::OkStatus();
}

absl::Status CheckWrittenOnce(const std::vector<Write>& writes) {
  std::vector<Span> spans;
  spans.reserve(writes.size());
  for (const Write& write : writes) spans.push_back({write.key, write.end});
  std::sort(spans.begin(), spans.end());
  // While no two overlap, only neighbours can be the first that do.
  for (size_t i = 1; i < spans.size(); ++i) {
    const Span& before = spans[i - 1];
    if (spans[i].begin == before.begin || spans[i].begin < before.end) {
      return absl::InvalidArgumentError(
          absl::StrCat("a key is written twice: ", PrintableKey(spans[i].begin)));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPreconditions(const std::vector<Precondition>& preconditions,
                                const Limits& limits) {
  std::vector<std::string_view> keys;
  keys.reserve(preconditions.size());
  for (const Precondition& precondition : preconditions) {
    QUOTA_RETURN_IF_ERROR(CheckKey(precondition.key));
    if (precondition.value.has_value() && precondition.value->size() > limits.max_value_bytes) {
      return absl::InvalidArgumentError(absl::StrCat("the value required of ",
                                                     PrintableKey(precondition.key),
                                                     " is larger than any value can be"));
    }
    keys.push_back(precondition.key);
  }
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice == keys.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a key is required twice: ", PrintableKey(*twice)));
}

}  // namespace

void Batch::Put(std::string key, std::string value) {
  bytes_ += key.size() + value.size();
  writes_.push_back({Write::Kind::kPut, std::move(key), std::move(value), {}});
}

void Batch::Delete(std::string key) {
  bytes_ += key.size();
  writes_.push_back({Write::Kind::kDelete, std::move(key), {}, {}});
}

void Batch::DeleteRange(std::string begin, std::string end) {
  bytes_ += begin.size() + end.size();
  writes_.push_back({Write::Kind::kDeleteRange, std::move(begin), {}, std::move(end)});
}

void Batch::RequireAbsent(std::string key) {
  bytes_ += key.size();
  preconditions_.push_back({std::move(key), std::nullopt});
}

void Batch::RequireValue(std::string key, std::string value) {
  bytes_ += key.size() + value.size();
  preconditions_.push_back({std::move(key), std::move(value)});
}

void Batch::Append(Batch other) {
  bytes_ += other.bytes_;
  std::move(other.writes_.begin(), other.writes_.end(), std::back_inserter(writes_));
  std::move(other.preconditions_.begin(), other.preconditions_.end(),
            std::back_inserter(preconditions_));
}

absl::Status Validate(const Batch& batch, const Limits& limits) {
  if (batch.operations() > limits.max_operations) {
    return absl::InvalidArgumentError(absl::StrCat("the batch has ", batch.operations(),
                                                   " operations, at most ", limits.max_operations,
                                                   " are allowed"));
  }
  if (batch.bytes() > limits.max_batch_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("the batch has ", batch.bytes(),
                                                   " bytes, at most ", limits.max_batch_bytes,
                                                   " are allowed"));
  }
  for (const Write& write : batch.writes()) {
    QUOTA_RETURN_IF_ERROR(CheckWrite(write, limits));
  }
  QUOTA_RETURN_IF_ERROR(CheckWrittenOnce(batch.writes()));
  return CheckPreconditions(batch.preconditions(), limits);
}

}  // namespace quota::storage
