#include "server/session_message.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/field_rules.h"
#include "server/wire_fields.h"

namespace quota::server {
namespace {

constexpr uint32_t kOpenTag = WireFields::BytesTag(v1::SessionRequest::kOpenFieldNumber);
constexpr uint32_t kBatchTag = WireFields::BytesTag(v1::SessionRequest::kBatchFieldNumber);
constexpr uint32_t kSequenceTag = WireFields::VarintTag(v1::Batch::kSequenceFieldNumber);
constexpr uint32_t kOperationTag = WireFields::BytesTag(v1::Batch::kOperationsFieldNumber);

}  // namespace

absl::Status SessionMessage::Read() {
  if (!Split()) return InvalidField("message", "no SessionRequest; it must be one");
  if (kind_ != Kind::kBatch || (count_ >= 1 && count_ <= kMaxOperations)) return absl::OkStatus();
  return InvalidField("batch.operations", absl::StrCat(count_, " operations in batch ", sequence_,
                                                       "; there must be 1 to ", kMaxOperations));
}

bool SessionMessage::Split() {
  WireFields in(bytes_);
  std::string_view batch;
  while (in.Next()) {
    if (in.tag() == kBatchTag && kind_ == Kind::kNone) {
      kind_ = Kind::kBatch;
      batch = in.Bytes();
    } else if (in.tag() == kBatchTag || in.tag() == kOpenTag) {
      return SplitAsProtobufDoes();
    } else {
      in.Skip();
    }
  }
  return in.ok() && (kind_ == Kind::kNone || SplitBatch(batch));
}

bool SessionMessage::SplitBatch(std::string_view batch) {
  WireFields in(batch);
  while (in.Next()) {
    if (in.tag() == kOperationTag) {
      const std::string_view operation = in.Bytes();
      ++count_;
      if (operations_.size() <= kMaxOperations) operations_.push_back(operation);
    } else if (in.tag() == kSequenceTag) {
      sequence_ = in.Varint();
    } else {
      in.Skip();
    }
  }
  return in.ok();
}

bool SessionMessage::SplitAsProtobufDoes() {
  v1::SessionRequest request;
  if (!request.ParseFromString(bytes_)) return false;
  if (request.has_open()) {
    kind_ = Kind::kOpen;
    open_ = std::move(*request.mutable_open());
    return true;
  }
  // Once written by protobuf it is in one part.
  kind_ = Kind::kBatch;
  std::string batch = request.batch().SerializeAsString();
  bytes_ = std::move(batch);
  return SplitBatch(bytes_);
}

void SessionMessage::Clear() {
  if (bytes_.capacity() > kKeptBytes) {
    bytes_ = std::string();
    operations_ = std::vector<std::string_view>();
  }
  bytes_.clear();
  kind_ = Kind::kNone;
  open_.Clear();
  sequence_ = 0;
  count_ = 0;
  operations_.clear();
}

}  // namespace quota::server
