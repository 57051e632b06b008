// A batch: the writes that a store applies whole or not at all, with the conditions under which it
// does.
//
//   Batch batch;
//   batch.RequireAbsent(key);
//   batch.Put(key, value);
//   store.Apply(shard, std::move(batch), [](WriteOutcome outcome) { ... });
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace quota::storage {

// What an engine accepts in one batch. Layers above split what they write to fit.
struct Limits {
  size_t max_operations;   // writes and preconditions together
  size_t max_batch_bytes;  // keys and values of all writes and preconditions together
  size_t max_value_bytes;
};

// What layers above may count on from every engine.
inline constexpr Limits kLeastLimits{16, 16 * 1024, 4 * 1024};

// Keys are short: the longest of ours hold a tag, three numbers and a name of 64 bytes.
inline constexpr size_t kMaxKeyBytes = 512;

// One write. A delete-range covers [key, end).
struct Write {
  enum class Kind { kPut, kDelete, kDeleteRange };
  Kind kind;
  std::string key;
  std::string value;  // kPut only
  std::string end;    // kDeleteRange only
};

// What must hold before the batch: the key has exactly this value, or, without one, is absent.
struct Precondition {
  std::string key;
  std::optional<std::string> value;
};

// A value: copyable, movable, for one thread at a time. Building one never fails; Validate tells
// whether an engine accepts it. Preconditions speak of the state before the batch, so a key may be
// both required and written.
class Batch {
 public:
  void Put(std::string key, std::string value);
  void Delete(std::string key);
  // Deletes every key in [begin, end).
  void DeleteRange(std::string begin, std::string end);
  void RequireAbsent(std::string key);
  void RequireValue(std::string key, std::string value);

  // Adds everything that is in `other`.
  void Append(Batch other);

  const std::vector<Write>& writes() const { return writes_; }
  const std::vector<Precondition>& preconditions() const { return preconditions_; }

  // What counts against Limits::max_operations and Limits::max_batch_bytes.
  size_t operations() const { return writes_.size() + preconditions_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  std::vector<Write> writes_;
  std::vector<Precondition> preconditions_;
  size_t bytes_ = 0;
};

// Whether an engine with `limits` accepts `batch`: the one check that every engine makes. An empty
// batch is valid. INVALID_ARGUMENT, naming the key, when
//   - the batch exceeds a limit, or has a key that is empty or above kMaxKeyBytes;
//   - a range is empty (begin >= end);
//   - a key is written twice, ranges included: a put inside a range that the batch deletes, or two
//     ranges that overlap (engines differ in which of the two would win);
//   - a key is required twice.
[[nodiscard]] absl::Status Validate(const Batch& batch, const Limits& limits);

}  // namespace quota::storage
