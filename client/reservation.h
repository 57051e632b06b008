// Credits and slots that the server holds for one API call. Made by Client::Reserve.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/credits.h"
#include "quota/v1/quota.pb.h"

namespace quota::client {

class ClientCore;

// Releases itself when it is dropped while it is still open: a call that failed on its way costs
// nothing. The drop never blocks and makes no call itself: it hands the release to a queue of the
// Client that one background thread works off; where that queue is full the hold ends by its ttl.
//
// Once a Commit was tried and got no final answer, a drop releases nothing: the call was made, and
// may have been charged. Commit again, or leave it to the ttl and to ReserveOptions::on_expiry.
//
// Move-only. A moved-from or detached Reservation does nothing when dropped, and its calls return
// FAILED_PRECONDITION. Thread safety: one thread at a time.
class Reservation {
 public:
  Reservation(std::shared_ptr<ClientCore> core, std::string org_id, std::string reservation_id,
              v1::ReserveResponse response);
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

  const std::string& org_id() const { return org_id_; }
  const std::string& id() const { return id_; }
  // What is held: below what was asked for only with best_effort.
  Credits credits() const { return Credits(response_.credits()); }
  // When it expires, as of the last Reserve or Extend.
  Instant expires_at() const { return expires_at_; }
  // The whole answer to Reserve: state and `repeated` matter where the caller gave the id.
  const v1::ReserveResponse& response() const { return response_; }
  // True while a drop would release it.
  bool releases_on_drop() const { return core_ != nullptr && open_; }

  // Charges what the call really cost; absent: what is held.
  [[nodiscard]] absl::StatusOr<v1::CommitResponse> Commit(
      std::optional<Credits> credits = std::nullopt);
  // Gives everything back now, and waits for the answer.
  [[nodiscard]] absl::StatusOr<v1::ReleaseResponse> Release();
  // A new time to live, from when the reservation was made. Returns the new expires_at.
  [[nodiscard]] absl::StatusOr<Instant> Extend(Duration ttl);
  // Leaves the hold to whoever knows its id: a drop no longer releases it. Returns the id.
  std::string Detach();

 private:
  void ReleaseInBackground() noexcept;

  // Null once moved from or detached.
  std::shared_ptr<ClientCore> core_;
  std::string org_id_;
  std::string id_;
  v1::ReserveResponse response_;
  Instant expires_at_;
  // False once the server has ended the hold, or a Commit got no final answer.
  bool open_ = false;
};

}  // namespace quota::client
