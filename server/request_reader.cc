#include "server/request_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/absl_view.h"
#include "common/status.h"
#include "server/field_rules.h"
#include "server/fingerprint.h"
#include "server/operation_fields.h"
#include "server/wire_fields.h"

namespace quota::server {
namespace {

constexpr int64_t kMaxSlots = 1'000;
constexpr size_t kMaxMethodBytes = 128;
constexpr int kMaxAttributes = 16;
constexpr int64_t kMaxAttributeValue = 1'000'000'000'000;

absl::Status ReadMode(v1::ReserveMode value, ledger::Mode& mode) {
  switch (value) {
    case v1::RESERVE_MODE_UNSPECIFIED:
    case v1::RESERVE_MODE_NORMAL:
      mode = ledger::Mode::kNormal;
      return absl::OkStatus();
    case v1::RESERVE_MODE_BEST_EFFORT:
      mode = ledger::Mode::kBestEffort;
      return absl::OkStatus();
    case v1::RESERVE_MODE_CHECK_ONLY:
      mode = ledger::Mode::kCheckOnly;
      return absl::OkStatus();
    default:
      return InvalidField(
          "mode", absl::StrCat(static_cast<int>(value), "; it must be a value of ReserveMode"));
  }
}

absl::Status ReadExpiryAction(v1::ExpiryAction value, bool& commit) {
  switch (value) {
    case v1::EXPIRY_ACTION_UNSPECIFIED:
    case v1::EXPIRY_ACTION_RELEASE:
      commit = false;
      return absl::OkStatus();
    case v1::EXPIRY_ACTION_COMMIT:
      commit = true;
      return absl::OkStatus();
    default:
      return InvalidField("on_expiry", absl::StrCat(static_cast<int>(value),
                                                    "; it must be a value of ExpiryAction"));
  }
}

absl::Status ReadMethod(const v1::MethodCall& method, ledger::MethodCall& out) {
  QUOTA_RETURN_IF_ERROR(CheckBytes("method.name", method.name(), 1, kMaxMethodBytes));
  const auto& attributes = method.attributes();
  if (attributes.size() > kMaxAttributes) {
    return InvalidField("method.attributes", absl::StrCat(attributes.size(), " entries; at most ",
                                                          kMaxAttributes, " may be given"));
  }
  out.name = method.name();
  out.attributes.reserve(attributes.size());
  for (const auto& [name, value] : attributes) out.attributes.emplace_back(name, value);
  // Sorted before they are checked: of several faults, the same one is always told.
  std::sort(out.attributes.begin(), out.attributes.end());
  for (const auto& [name, value] : out.attributes) {
    QUOTA_RETURN_IF_ERROR(CheckBytes("method.attributes: a name", name, 1, kMaxNameBytes));
    if (value >= 0 && value <= kMaxAttributeValue) continue;
    const std::string escaped = absl::CHexEscape(AbslView(name));
    return CheckRange(absl::StrCat("method.attributes[\"", escaped, "\"]"), value, 0,
                      kMaxAttributeValue);
  }
  return absl::OkStatus();
}

// The oneof that Reserve and Charge share.
template <typename Request>
absl::Status ReadCost(const Request& request, ledger::Cost& cost) {
  if (request.has_credits()) {
    cost = Credits(request.credits());
    return CheckRange("credits", request.credits(), 0, kMaxCredits.value());
  }
  if (request.has_method()) return ReadMethod(request.method(), cost.emplace<ledger::MethodCall>());
  return InvalidField("cost", "missing; credits or method must be given");
}

absl::Status ReadOrg(std::string_view org_id, ledger::Command& command) {
  command.org = org_id;
  return CheckId("org_id", org_id);
}

absl::Status ReadId(std::string_view text, ReservationId& id) {
  QUOTA_RETURN_IF_ERROR(CheckId("reservation_id", text));
  id = ReservationId::FromText(text);
  return absl::OkStatus();
}

// A call that only asks needs no id.
absl::Status ReadId(std::string_view text, ledger::Mode mode, ReservationId& id) {
  if (mode == ledger::Mode::kCheckOnly && text.empty()) return absl::OkStatus();
  return ReadId(text, id);
}

// Of a message, or of fields that were read in place.

template <typename Request>
absl::Status ReadReserve(const Request& request, ledger::Command& command,
                         std::string_view session) {
  auto& reserve = command.operation.emplace<ledger::Reserve>();
  QUOTA_RETURN_IF_ERROR(ReadOrg(request.org_id(), command));
  QUOTA_RETURN_IF_ERROR(ReadMode(request.mode(), reserve.mode));
  QUOTA_RETURN_IF_ERROR(ReadId(request.reservation_id(), reserve.mode, reserve.id));
  QUOTA_RETURN_IF_ERROR(ReadCost(request, reserve.cost));
  if (request.has_slots()) {
    QUOTA_RETURN_IF_ERROR(CheckRange("slots", request.slots(), 0, kMaxSlots));
    reserve.slots = request.slots();
  }
  if (request.has_ttl()) {
    QUOTA_RETURN_IF_ERROR(ReadDuration("ttl", request.ttl(), reserve.ttl.emplace()));
  }
  QUOTA_RETURN_IF_ERROR(ReadExpiryAction(request.on_expiry(), reserve.commit_on_expiry));
  if (request.bind_to_session()) {
    if (session.empty()) {
      return InvalidField("bind_to_session", "true; it must be false outside a Session stream");
    }
    reserve.session = session;
  }
  reserve.fingerprint = Fingerprint(request);
  return absl::OkStatus();
}

template <typename Request>
absl::Status ReadCommit(const Request& request, ledger::Command& command) {
  auto& commit = command.operation.emplace<ledger::Commit>();
  QUOTA_RETURN_IF_ERROR(ReadOrg(request.org_id(), command));
  QUOTA_RETURN_IF_ERROR(ReadId(request.reservation_id(), commit.id));
  if (request.has_credits()) {
    QUOTA_RETURN_IF_ERROR(CheckRange("credits", request.credits(), 0, kMaxCredits.value()));
    commit.credits = Credits(request.credits());
  }
  return absl::OkStatus();
}

template <typename Request>
absl::Status ReadRelease(const Request& request, ledger::Command& command) {
  auto& release = command.operation.emplace<ledger::Release>();
  QUOTA_RETURN_IF_ERROR(ReadOrg(request.org_id(), command));
  return ReadId(request.reservation_id(), release.id);
}

template <typename Request>
absl::Status ReadCharge(const Request& request, ledger::Command& command) {
  auto& charge = command.operation.emplace<ledger::Charge>();
  QUOTA_RETURN_IF_ERROR(ReadOrg(request.org_id(), command));
  QUOTA_RETURN_IF_ERROR(ReadMode(request.mode(), charge.mode));
  QUOTA_RETURN_IF_ERROR(ReadId(request.reservation_id(), charge.mode, charge.id));
  QUOTA_RETURN_IF_ERROR(ReadCost(request, charge.cost));
  charge.fingerprint = Fingerprint(request);
  return absl::OkStatus();
}

// Nothing where protobuf is to read it.
std::optional<absl::Status> ReadInPlace(std::string_view bytes, std::string_view session,
                                        ledger::Command& command) {
  WireFields in(bytes);
  if (!in.Next()) return std::nullopt;
  const uint32_t tag = in.tag();
  const auto read = [&in](auto& fields) {
    // One field that takes up all of it: several kinds, or a kind in parts, are rare.
    const std::string_view request = in.Bytes();
    return in.ok() && in.done() && ReadFields(request, fields);
  };
  if (tag == WireFields::BytesTag(v1::Operation::kReserveFieldNumber)) {
    if (ReserveFields fields; read(fields)) return ReadReserve(fields, command, session);
  } else if (tag == WireFields::BytesTag(v1::Operation::kCommitFieldNumber)) {
    if (CommitFields fields; read(fields)) return ReadCommit(fields, command);
  } else if (tag == WireFields::BytesTag(v1::Operation::kReleaseFieldNumber)) {
    if (ReleaseFields fields; read(fields)) return ReadRelease(fields, command);
  } else if (tag == WireFields::BytesTag(v1::Operation::kChargeFieldNumber)) {
    if (ChargeFields fields; read(fields)) return ReadCharge(fields, command);
  }
  return std::nullopt;
}

}  // namespace

absl::Status ReadRequest(const v1::ReserveRequest& request, ledger::Command& command,
                         std::string_view session) {
  return ReadReserve(request, command, session);
}

absl::Status ReadRequest(const v1::CommitRequest& request, ledger::Command& command) {
  return ReadCommit(request, command);
}

absl::Status ReadRequest(const v1::ReleaseRequest& request, ledger::Command& command) {
  return ReadRelease(request, command);
}

absl::Status ReadRequest(const v1::ChargeRequest& request, ledger::Command& command) {
  return ReadCharge(request, command);
}

absl::Status ReadRequest(const v1::ExtendRequest& request, ledger::Command& command) {
  auto& extend = command.operation.emplace<ledger::Extend>();
  QUOTA_RETURN_IF_ERROR(ReadOrg(request.org_id(), command));
  QUOTA_RETURN_IF_ERROR(ReadId(request.reservation_id(), extend.id));
  if (!request.has_ttl()) return InvalidField("ttl", "missing; it must be given");
  return ReadDuration("ttl", request.ttl(), extend.ttl);
}

absl::Status ReadRequest(const v1::GetUsageRequest& request, ledger::Command& command) {
  command.operation.emplace<ledger::GetUsage>();
  return ReadOrg(request.org_id(), command);
}

absl::Status ReadOperation(const v1::Operation& operation, std::string_view session,
                           ledger::Command& command) {
  switch (operation.kind_case()) {
    case v1::Operation::kReserve:
      return ReadRequest(operation.reserve(), command, session);
    case v1::Operation::kCommit:
      return ReadRequest(operation.commit(), command);
    case v1::Operation::kRelease:
      return ReadRequest(operation.release(), command);
    case v1::Operation::kExtend:
      return ReadRequest(operation.extend(), command);
    case v1::Operation::kCharge:
      return ReadRequest(operation.charge(), command);
    case v1::Operation::kGetUsage:
      return ReadRequest(operation.get_usage(), command);
    case v1::Operation::KIND_NOT_SET:
      break;
  }
  return InvalidField("operation", "missing; one of its kinds must be given");
}

absl::Status ReadOperation(std::string_view bytes, std::string_view session,
                           google::protobuf::Arena& arena, ledger::Command& command) {
  std::optional<absl::Status> read = ReadInPlace(bytes, session, command);
  if (read) return *std::move(read);
  // No request is this one, if it is none.
  command.operation.emplace<ledger::ListOpenDays>();
  auto* const operation = google::protobuf::Arena::CreateMessage<v1::Operation>(&arena);
  if (!operation->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidField("operation", "no Operation; it must be one");
  }
  return ReadOperation(*operation, session, command);
}

}  // namespace quota::server
