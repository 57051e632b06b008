// Accounts and their parts as stored records, and back. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/account.h"
#include "ledger/remembered_ids.h"
#include "quota/records/records.pb.h"

namespace quota::ledger {

records::Plan ToRecord(const Plan& plan);
Plan FromRecord(const records::Plan& record);

records::DailyCredits ToRecord(const DailyCredits& credits);
DailyCredits FromRecord(const records::DailyCredits& record);

records::Day ToRecord(const Day& day);
Day FromRecord(const records::Day& record);

records::Purchase ToRecord(const Purchase& purchase);
Purchase FromRecord(const records::Purchase& record);

RememberedRequest FromRecord(const records::AdminRequest& record);

// The account with its open holds. `session_name` tells the name of a session by Hold::session.
// The same account gives the same bytes: holds are in the order of their ids.
std::string EncodeAccount(const Account& account,
                          const std::function<std::string(uint32_t)>& session_name);

// A stored account before it is part of a shard.
struct DecodedAccount {
  Account account;
  // Its holds; `session` is an index into `sessions`, plus 1.
  std::vector<Hold> holds;
  std::vector<std::string> sessions;
};

// DATA_LOSS where the bytes are no account.
absl::StatusOr<DecodedAccount> DecodeAccount(std::string_view bytes);

// The same message gives the same bytes, maps included.
std::string ToBytes(const google::protobuf::MessageLite& message);

inline int64_t ToMicros(Instant instant) { return instant.time_since_epoch().count(); }
inline Instant FromMicros(int64_t micros) { return Instant(Duration(micros)); }

}  // namespace quota::ledger
