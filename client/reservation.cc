#include "client/reservation.h"

#include <utility>

#include "client/client_core.h"
#include "client/retry.h"

namespace quota::client {
namespace {

absl::Status NotOurs() {
  return absl::FailedPreconditionError("this Reservation was moved from or detached");
}

// True where `status` proves that the server holds nothing (more) under the id.
bool ProvesEnded(const absl::Status& status) {
  return status.ok() || status.code() == absl::StatusCode::kNotFound ||
         status.code() == absl::StatusCode::kAlreadyExists ||
         status.code() == absl::StatusCode::kFailedPrecondition;
}

}  // namespace

Reservation::Reservation(std::shared_ptr<ClientCore> core, std::string org_id,
                         std::string reservation_id, v1::ReserveResponse response)
    : core_(std::move(core)),
      org_id_(std::move(org_id)),
      id_(std::move(reservation_id)),
      response_(std::move(response)),
      expires_at_(FromProto(response_.expires_at())),
      open_(response_.state() == v1::HOLD_STATE_OPEN) {}

Reservation::Reservation(Reservation&& other) noexcept
    : core_(std::exchange(other.core_, nullptr)),
      org_id_(std::move(other.org_id_)),
      id_(std::move(other.id_)),
      response_(std::move(other.response_)),
      expires_at_(other.expires_at_),
      open_(std::exchange(other.open_, false)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  ReleaseInBackground();
  core_ = std::exchange(other.core_, nullptr);
  org_id_ = std::move(other.org_id_);
  id_ = std::move(other.id_);
  response_ = std::move(other.response_);
  expires_at_ = other.expires_at_;
  open_ = std::exchange(other.open_, false);
  return *this;
}

Reservation::~Reservation() { ReleaseInBackground(); }

absl::StatusOr<v1::CommitResponse> Reservation::Commit(std::optional<Credits> credits) {
  if (core_ == nullptr) return NotOurs();
  absl::StatusOr<v1::CommitResponse> response = core_->Commit(org_id_, id_, credits);
  if (ProvesEnded(response.status()) || IsOutcomeUnknown(response.status()) ||
      IsRetryable(response.status())) {
    open_ = false;
  }
  return response;
}

absl::StatusOr<v1::ReleaseResponse> Reservation::Release() {
  if (core_ == nullptr) return NotOurs();
  absl::StatusOr<v1::ReleaseResponse> response = core_->Release(org_id_, id_);
  if (ProvesEnded(response.status())) open_ = false;
  return response;
}

absl::StatusOr<Instant> Reservation::Extend(Duration ttl) {
  if (core_ == nullptr) return NotOurs();
  absl::StatusOr<v1::ExtendResponse> response = core_->Extend(org_id_, id_, ttl);
  if (!response.ok()) return response.status();
  expires_at_ = FromProto(response->expires_at());
  return expires_at_;
}

std::string Reservation::Detach() {
  core_ = nullptr;
  open_ = false;
  return id_;
}

void Reservation::ReleaseInBackground() noexcept {
  if (core_ == nullptr || !open_) return;
  v1::ReleaseRequest request;
  request.set_org_id(org_id_);
  request.set_reservation_id(id_);
  core_->releases().Add(std::move(request));
  open_ = false;
}

}  // namespace quota::client
