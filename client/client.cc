#include "client/client.h"

#include <utility>

#include "client/client_core.h"
#include "client/uuid.h"
#include "common/status.h"

namespace quota::client {
namespace {

using Stub = v1::QuotaService::StubInterface;

template <class Request>
void SetCost(const Cost& cost, Request& request) {
  if (const Credits* credits = std::get_if<Credits>(&cost)) {
    request.set_credits(credits->value());
  } else {
    *request.mutable_method() = std::get<v1::MethodCall>(cost);
  }
}

v1::ReserveRequest ToRequest(const ReserveOptions& options) {
  v1::ReserveRequest request;
  request.set_org_id(options.org_id);
  SetCost(options.cost, request);
  request.set_slots(options.slots);
  if (options.ttl.has_value()) *request.mutable_ttl() = ToProto(*options.ttl);
  request.set_mode(options.best_effort ? v1::RESERVE_MODE_BEST_EFFORT : v1::RESERVE_MODE_NORMAL);
  request.set_on_expiry(options.on_expiry);
  return request;
}

v1::ReleaseRequest MakeReleaseRequest(std::string_view org_id, std::string_view id) {
  v1::ReleaseRequest request;
  request.set_org_id(std::string(org_id));
  request.set_reservation_id(std::string(id));
  return request;
}

}  // namespace

Instant FromProto(const google::protobuf::Timestamp& timestamp) {
  return Instant(std::chrono::seconds(timestamp.seconds())) + Duration(timestamp.nanos() / 1000);
}

google::protobuf::Duration ToProto(Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(duration.count() / 1'000'000);
  proto.set_nanos(static_cast<int32_t>(duration.count() % 1'000'000 * 1000));
  return proto;
}

std::optional<Instant> Refusal::resets_at() const {
  if (decision() != v1::DECISION_CREDITS_EXHAUSTED || !usage().has_resets_at()) {
    return std::nullopt;
  }
  return FromProto(usage().resets_at());
}

ClientCore::ClientCore(Connection connection, const ClientOptions& options)
    : connection_(std::move(connection)),
      stub_(v1::QuotaService::NewStub(connection_.channel())),
      releases_(options.release_queue_limit, options.drain_timeout, connection_.policy(),
                [this](const v1::ReleaseRequest& request, Duration timeout) {
                  v1::ReleaseResponse response;
                  return Connection::Attempt(*stub_, &Stub::Release, request, timeout, &response);
                }) {}

absl::StatusOr<v1::CommitResponse> ClientCore::Commit(std::string_view org_id, std::string_view id,
                                                      std::optional<Credits> credits) const {
  v1::CommitRequest request;
  request.set_org_id(std::string(org_id));
  request.set_reservation_id(std::string(id));
  if (credits.has_value()) request.set_credits(credits->value());
  return connection_.Call(*stub_, &Stub::Commit, request);
}

absl::StatusOr<v1::ReleaseResponse> ClientCore::Release(std::string_view org_id,
                                                        std::string_view id) const {
  return connection_.Call(*stub_, &Stub::Release, MakeReleaseRequest(org_id, id));
}

absl::StatusOr<v1::ExtendResponse> ClientCore::Extend(std::string_view org_id, std::string_view id,
                                                      Duration ttl) const {
  v1::ExtendRequest request;
  request.set_org_id(std::string(org_id));
  request.set_reservation_id(std::string(id));
  *request.mutable_ttl() = ToProto(ttl);
  return connection_.Call(*stub_, &Stub::Extend, request);
}

absl::StatusOr<std::unique_ptr<Client>> Client::Create(const ClientOptions& options) {
  QUOTA_ASSIGN_OR_RETURN(Connection connection, Connection::Create(options));
  return std::unique_ptr<Client>(
      new Client(std::make_shared<ClientCore>(std::move(connection), options)));
}

Client::Client(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}

Client::~Client() { core_->releases().Stop(); }

absl::StatusOr<ReserveOutcome> Client::Reserve(const ReserveOptions& options) {
  v1::ReserveRequest request = ToRequest(options);
  const bool own_id = options.reservation_id.empty();
  request.set_reservation_id(own_id ? NewUuid() : options.reservation_id);

  absl::StatusOr<v1::ReserveResponse> response =
      core_->connection().Call(core_->stub(), &Stub::Reserve, request);
  if (!response.ok()) {
    // Nobody but us knows this id, so nobody could ever settle the hold that may exist under it.
    if (own_id && IsOutcomeUnknown(response.status())) {
      core_->releases().Add(MakeReleaseRequest(request.org_id(), request.reservation_id()));
    }
    return response.status();
  }
  if (response->decision() != v1::DECISION_GRANTED) {
    return ReserveOutcome(Refusal(*std::move(response)));
  }
  return ReserveOutcome(
      Reservation(core_, request.org_id(), request.reservation_id(), *std::move(response)));
}

absl::StatusOr<v1::ReserveResponse> Client::Check(const ReserveOptions& options) {
  v1::ReserveRequest request = ToRequest(options);
  request.set_mode(v1::RESERVE_MODE_CHECK_ONLY);
  request.set_reservation_id(options.reservation_id);
  return core_->connection().Call(core_->stub(), &Stub::Reserve, request);
}

absl::StatusOr<v1::CommitResponse> Client::Commit(std::string_view org_id,
                                                  std::string_view reservation_id,
                                                  std::optional<Credits> credits) {
  return core_->Commit(org_id, reservation_id, credits);
}

absl::StatusOr<v1::ReleaseResponse> Client::Release(std::string_view org_id,
                                                    std::string_view reservation_id) {
  return core_->Release(org_id, reservation_id);
}

absl::StatusOr<v1::ExtendResponse> Client::Extend(std::string_view org_id,
                                                  std::string_view reservation_id, Duration ttl) {
  return core_->Extend(org_id, reservation_id, ttl);
}

absl::StatusOr<v1::ChargeResponse> Client::Charge(const ChargeOptions& options) {
  v1::ChargeRequest request;
  request.set_org_id(options.org_id);
  request.set_reservation_id(options.reservation_id.empty() ? NewUuid() : options.reservation_id);
  SetCost(options.cost, request);
  request.set_mode(options.best_effort ? v1::RESERVE_MODE_BEST_EFFORT : v1::RESERVE_MODE_NORMAL);
  return core_->connection().Call(core_->stub(), &Stub::Charge, request);
}

absl::StatusOr<v1::GetUsageResponse> Client::GetUsage(std::string_view org_id) {
  v1::GetUsageRequest request;
  request.set_org_id(std::string(org_id));
  return core_->connection().Call(core_->stub(), &Stub::GetUsage, request);
}

int64_t Client::releases_left_to_ttl() const { return core_->releases().left_out(); }

}  // namespace quota::client
