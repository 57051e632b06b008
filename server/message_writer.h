// Writes a message of the API in protobuf's encoding field by field, without an object of it: of
// what answers cost beside gRPC that object was the most.
//
//   MessageWriter message;
//   message.Int(1, charged);                                    // CommitResponse.charged
//   message.Message(5, [&] { message.Int(1, allotment); });     // CommitResponse.usage
//   writer.Finish(message.ToByteBuffer(), ...);
//
// What comes out is what protobuf would write of an equal message, if the fields are written in the
// order of their numbers. Numbers of fields are at most 15. For one thread.
#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "google/protobuf/message_lite.h"

namespace quota::server {

class MessageWriter {
 public:
  MessageWriter() = default;
  MessageWriter(const MessageWriter&) = delete;
  MessageWriter& operator=(const MessageWriter&) = delete;

  // Fields without presence: what is at its default is left out. Int also is for uint64, bool and
  // enumerations; Text is UTF-8.
  void Int(uint32_t field, int64_t value) {
    if (value != 0) PutVarint(field, static_cast<uint64_t>(value));
  }
  void Double(uint32_t field, double value);
  void Text(uint32_t field, std::string_view text) {
    if (!text.empty()) PutBytes(field, text);
  }

  // Present even if it is empty. `fill` writes its fields with this writer.
  template <typename Fill>
  void Message(uint32_t field, Fill fill) {
    MakeRoom(2);
    PutTag(field, kBytes);
    // Most lengths have one byte.
    const size_t begin = ++used_;
    fill();
    const size_t size = used_ - begin;
    if (size < 0x80) {
      data_[begin - 1] = static_cast<char>(size);
    } else {
      PutLength(begin, size);
    }
  }
  // The same of one that is an object.
  void Object(uint32_t field, const google::protobuf::MessageLite& message) {
    PutBytes(field, message.SerializeAsString());
  }

  std::string_view bytes() const { return {data_, used_}; }
  // A copy.
  grpc::ByteBuffer ToByteBuffer() const;

  // Empties it; keeps its memory, unless that is much.
  void Clear();

 private:
  // Of protobuf's types on the wire.
  enum Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };
  static constexpr size_t kTagBytes = 1;
  static constexpr size_t kMaxVarintBytes = 10;
  // An answer to a unary call fits in the object itself, a batch of some hundred operations in what
  // is kept.
  static constexpr size_t kInlineBytes = 512;
  static constexpr size_t kKeptBytes = 64 * 1024;

  void MakeRoom(size_t bytes) {
    if (capacity_ - used_ < bytes) Grow(bytes);
  }
  void Grow(size_t bytes);
  void PutTag(uint32_t field, Type type) { data_[used_++] = static_cast<char>(field << 3 | type); }
  void AppendVarint(uint64_t value) {
    auto* const begin = reinterpret_cast<uint8_t*>(data_ + used_);
    used_ += google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(value, begin) - begin;
  }
  void PutVarint(uint32_t field, uint64_t value) {
    MakeRoom(kTagBytes + kMaxVarintBytes);
    PutTag(field, kVarint);
    AppendVarint(value);
  }
  void PutBytes(uint32_t field, std::string_view bytes) {
    MakeRoom(kTagBytes + kMaxVarintBytes + bytes.size());
    PutTag(field, kBytes);
    AppendVarint(bytes.size());
    std::memcpy(data_ + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  // Before `size` bytes at `begin`, where one byte is left for it.
  void PutLength(size_t begin, size_t size);

  char inline_[kInlineBytes];
  std::unique_ptr<char[]> heap_;
  char* data_ = inline_;
  size_t capacity_ = kInlineBytes;
  size_t used_ = 0;
};

}  // namespace quota::server
