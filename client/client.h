// The client of QuotaService: "may this organisation make this call now?"
//
//   absl::StatusOr<std::unique_ptr<Client>> client = Client::Create({.target = "quota:7480"});
//   absl::StatusOr<ReserveOutcome> outcome =
//       (*client)->Reserve({.org_id = "acme", .cost = Credits(3)});
//   if (!outcome.ok()) ...              // no answer: let the call pass or not, as you prefer
//   if (!outcome->granted()) ...        // 429; outcome->refusal() tells why and until when
//   Reservation& reservation = outcome->reservation();
//   ... handle the call ...
//   reservation.Commit();               // dropping it instead gives everything back
//
// Every call is retried under its own id as client/retry.h says. Errors are those that quota.proto
// lists, as absl::Status; ReasonOf() of common/status.h gives the reason, such as OUTCOME_UNKNOWN.
//
// Thread safety: a Client may be used by many threads at once, and is best shared by all of a
// process: it owns one connection. All its calls block for the retry budget at most.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/client_options.h"
#include "client/reservation.h"
#include "common/clock.h"
#include "common/credits.h"
#include "quota/v1/quota.pb.h"

namespace quota::client {

class ClientCore;

// What a call costs: so many credits, or what the catalog asks for a method with its attributes.
using Cost = std::variant<Credits, v1::MethodCall>;

struct ReserveOptions {
  std::string org_id = {};
  Cost cost = {};
  // Concurrency slots, 0 to 1,000.
  uint32_t slots = 1;
  // From 1 s to the catalog's maximum. Absent: the catalog's default.
  std::optional<Duration> ttl = {};
  // Grant what is left, if that is at least 1 credit.
  bool best_effort = false;
  v1::ExpiryAction on_expiry = v1::EXPIRY_ACTION_RELEASE;
  // 1 to 64 bytes. Empty: the client makes a UUID. Give one to repeat a Reserve yourself.
  std::string reservation_id = {};
};

struct ChargeOptions {
  std::string org_id = {};
  Cost cost = {};
  bool best_effort = false;
  // As in ReserveOptions.
  std::string reservation_id = {};
};

// Why a call may not be made now.
class Refusal {
 public:
  explicit Refusal(v1::ReserveResponse response) : response_(std::move(response)) {}

  // Never DECISION_GRANTED.
  v1::Decision decision() const { return response_.decision(); }
  // CREDITS_EXHAUSTED: when the organisation's next day begins. Otherwise nothing.
  std::optional<Instant> resets_at() const;
  // CONCURRENCY_EXHAUSTED: the pool that is full. Otherwise empty.
  const std::string& exhausted_pool() const { return response_.exhausted_pool(); }
  // Where the organisation stands; empty for ORG_UNKNOWN.
  const v1::Snapshot& usage() const { return response_.usage(); }
  const v1::ReserveResponse& response() const { return response_; }

 private:
  v1::ReserveResponse response_;
};

// Granted, with the Reservation; or refused, with the Refusal.
class ReserveOutcome {
 public:
  explicit ReserveOutcome(Reservation reservation) : outcome_(std::move(reservation)) {}
  explicit ReserveOutcome(Refusal refusal) : outcome_(std::move(refusal)) {}

  bool granted() const { return std::holds_alternative<Reservation>(outcome_); }
  // Only where granted().
  Reservation& reservation() { return std::get<Reservation>(outcome_); }
  // Only where not granted().
  const Refusal& refusal() const { return std::get<Refusal>(outcome_); }

 private:
  std::variant<Reservation, Refusal> outcome_;
};

class Client {
 public:
  // Does not connect: the first call does. INVALID_ARGUMENT where `options` make no sense.
  static absl::StatusOr<std::unique_ptr<Client>> Create(const ClientOptions& options);

  // Releases what dropped reservations left, for ClientOptions::drain_timeout at most. Reservations
  // that outlive their Client may still be settled, but a drop leaves them to their ttl.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Holds credits and slots. Where no answer came and the id was the client's own, the hold that
  // may exist is released in the background.
  [[nodiscard]] absl::StatusOr<ReserveOutcome> Reserve(const ReserveOptions& options);

  // Asks what Reserve would answer, and holds nothing.
  [[nodiscard]] absl::StatusOr<v1::ReserveResponse> Check(const ReserveOptions& options);

  // Ends a reservation by its id: for callers that have no Reservation object at hand.
  // `credits` absent: what was held.
  [[nodiscard]] absl::StatusOr<v1::CommitResponse> Commit(
      std::string_view org_id, std::string_view reservation_id,
      std::optional<Credits> credits = std::nullopt);
  [[nodiscard]] absl::StatusOr<v1::ReleaseResponse> Release(std::string_view org_id,
                                                            std::string_view reservation_id);
  // `ttl` counts from when the reservation was made.
  [[nodiscard]] absl::StatusOr<v1::ExtendResponse> Extend(std::string_view org_id,
                                                          std::string_view reservation_id,
                                                          Duration ttl);

  // Reserve and Commit in one step, without a slot. A refusal is in the answer's `decision`.
  [[nodiscard]] absl::StatusOr<v1::ChargeResponse> Charge(const ChargeOptions& options);

  [[nodiscard]] absl::StatusOr<v1::GetUsageResponse> GetUsage(std::string_view org_id);

  // Reservations whose drop was not followed by a release: the queue was full, the server did not
  // answer in time, or the Client was gone. Their ttl ends them.
  int64_t releases_left_to_ttl() const;

 private:
  explicit Client(std::shared_ptr<ClientCore> core);

  // Shared with the reservations.
  const std::shared_ptr<ClientCore> core_;
};

}  // namespace quota::client
