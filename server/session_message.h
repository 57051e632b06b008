// One message of a Session stream as it came: what it is, and where the operations of a batch are,
// each of them still in its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "quota/v1/quota.pb.h"

namespace quota::server {

// For one thread.
class SessionMessage {
 public:
  static constexpr size_t kMaxOperations = 1'024;

  enum class Kind : uint8_t { kNone, kOpen, kBatch };

  // What came, to be filled before Read.
  std::string& bytes() { return bytes_; }
  // INVALID_ARGUMENT: the bytes are no SessionRequest, or a batch has not 1 to kMaxOperations
  // operations.
  [[nodiscard]] absl::Status Read();

  Kind kind() const { return kind_; }
  // Of an open.
  const v1::SessionOpen& open() const { return open_; }
  // Of a batch. Operations are bytes of a message of their own, each to be read as one.
  uint64_t sequence() const { return sequence_; }
  const std::vector<std::string_view>& operations() const { return operations_; }

  size_t size() const { return bytes_.size(); }
  // Empties it; keeps its memory, unless that is much.
  void Clear();

 private:
  // Of the bytes; false where they are no message.
  bool Split();
  bool SplitBatch(std::string_view batch);
  // For what is rare, such as a batch in two parts: as protobuf reads it.
  bool SplitAsProtobufDoes();

  // A batch of some hundred operations fits.
  static constexpr size_t kKeptBytes = 64 * 1024;

  std::string bytes_;
  Kind kind_ = Kind::kNone;
  v1::SessionOpen open_;
  uint64_t sequence_ = 0;
  size_t count_ = 0;
  // No more than one above the most that there may be.
  std::vector<std::string_view> operations_;
};

}  // namespace quota::server
