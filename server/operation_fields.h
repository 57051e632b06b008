// The operations that come most, read in place from the bytes of a Session's message: an object for
// each would cost more than to decide it (adr/0036).
//
//   ReserveFields fields;
//   if (ReadFields(bytes, fields)) status = ReadReserve(fields, command, session);
//
// They have the accessors of the messages that they stand for, so that one reader serves both.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "google/protobuf/duration.pb.h"
#include "quota/v1/quota.pb.h"

namespace quota::server {

// Of a ReleaseRequest, and what the others have, too. Views point into the bytes.
struct ReleaseFields {
  std::string_view org_id() const { return org; }
  std::string_view reservation_id() const { return id; }

  std::string_view org;
  std::string_view id;
};

// Of a CommitRequest.
struct CommitFields : ReleaseFields {
  bool has_credits() const { return amount.has_value(); }
  int64_t credits() const { return *amount; }

  std::optional<int64_t> amount;
};

// Of a ChargeRequest. A cost by method is left to the message.
struct ChargeFields : CommitFields {
  static bool has_method() { return false; }
  static const v1::MethodCall& method() { return v1::MethodCall::default_instance(); }
  v1::ReserveMode mode() const { return how; }

  v1::ReserveMode how = v1::RESERVE_MODE_UNSPECIFIED;
};

// Of a ReserveRequest.
struct ReserveFields : ChargeFields {
  bool has_slots() const { return count.has_value(); }
  uint32_t slots() const { return *count; }
  bool has_ttl() const { return life.has_value(); }
  const google::protobuf::Duration& ttl() const { return *life; }
  v1::ExpiryAction on_expiry() const { return at_expiry; }
  bool bind_to_session() const { return bind; }

  std::optional<uint32_t> count;
  std::optional<google::protobuf::Duration> life;
  v1::ExpiryAction at_expiry = v1::EXPIRY_ACTION_UNSPECIFIED;
  bool bind = false;
};

// Reads `bytes`, a message, into `fields`, which are empty and refer to it afterwards. False where
// it has what is rare, such as a field that is unknown or a text beyond ASCII, or is no message at
// all: protobuf is to read it then.
[[nodiscard]] bool ReadFields(std::string_view bytes, ReleaseFields& fields);
[[nodiscard]] bool ReadFields(std::string_view bytes, CommitFields& fields);
[[nodiscard]] bool ReadFields(std::string_view bytes, ChargeFields& fields);
[[nodiscard]] bool ReadFields(std::string_view bytes, ReserveFields& fields);

}  // namespace quota::server
