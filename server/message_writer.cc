#include "server/message_writer.h"

#include <grpcpp/support/slice.h>

#include <algorithm>
#include <bit>

namespace quota::server {

void MessageWriter::Double(uint32_t field, double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  if (bits == 0) return;
  MakeRoom(kTagBytes + sizeof(bits));
  PutTag(field, kFixed64);
  google::protobuf::io::CodedOutputStream::WriteLittleEndian64ToArray(
      bits, reinterpret_cast<uint8_t*>(data_ + used_));
  used_ += sizeof(bits);
}

grpc::ByteBuffer MessageWriter::ToByteBuffer() const {
  const grpc::Slice slice(data_, used_);
  return grpc::ByteBuffer(&slice, 1);
}

void MessageWriter::Clear() {
  used_ = 0;
  if (capacity_ <= kKeptBytes) return;
  heap_.reset();
  data_ = inline_;
  capacity_ = kInlineBytes;
}

void MessageWriter::Grow(size_t bytes) {
  const size_t capacity = std::max(2 * capacity_, used_ + bytes);
  auto grown = std::make_unique_for_overwrite<char[]>(capacity);
  std::memcpy(grown.get(), data_, used_);
  heap_ = std::move(grown);
  data_ = heap_.get();
  capacity_ = capacity;
}

void MessageWriter::PutLength(size_t begin, size_t size) {
  const size_t more = google::protobuf::io::CodedOutputStream::VarintSize64(size) - 1;
  MakeRoom(more);
  std::memmove(data_ + begin + more, data_ + begin, size);
  google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(
      size, reinterpret_cast<uint8_t*>(data_ + begin - 1));
  used_ += more;
}

}  // namespace quota::server
