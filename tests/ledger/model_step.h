// A command of the model test, as plain values that both sides understand: the ledger's commands
// are made of it (step_command.h), and the reference model runs it (reference_model.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace quota::ledger {

enum class Op {
  kReserve,
  kCommit,
  kRelease,
  kExtend,
  kCharge,
  kGetUsage,
  kLoseSession,
  // From here on: administration.
  kCreateOrg,
  kSetEdition,
  kSetAgents,
  kPurchase,
  kRevoke,
  kSetLimit,
  kSetLegacyLimit,
  kSetDataCenter,
  kSuspend,
  kResume,
};
enum class AskMode { kNormal, kBestEffort, kCheckOnly };

// Fields that its kind does not have are left alone. Days are numbered since 1970-01-01.
struct Step {
  Op op = Op::kGetUsage;
  std::string org;
  std::string id;
  // Absent: by method ("reports.run"); of a commit: what was held.
  std::optional<int64_t> credits;
  int slots = 1;
  std::optional<int64_t> ttl;
  AskMode mode = AskMode::kNormal;
  bool commit_on_expiry = false;
  std::string session;

  std::string request_id;
  std::optional<int64_t> expected_revision;
  std::string edition;
  int agents = 0;
  std::optional<bool> paid;
  std::string data_center;
  std::optional<std::string> zone;
  std::optional<int> signup_day;
  // Of a pool, or the legacy one.
  std::optional<int64_t> limit;
  std::optional<int> until;
  std::string pool;
  std::string purchase_id;
  bool is_pack = false;
  std::optional<int> first_day;
  std::optional<int> last_day;
};

// The same for equal steps, and the request's fingerprint.
std::string Describe(const Step& step);

}  // namespace quota::ledger
