// Ends the reservations of a lost session in one shard: repeats itself while some are left. Where
// that can't be done the session gets another grace, and with its end another attempt.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "ledger/answers.h"
#include "ledger/commands.h"
#include "server/call.h"

namespace quota::server {

class SessionLossCall : public Call {
 public:
  SessionLossCall(std::string session, uint32_t in_shard) : session_(std::move(session)) {
    shard = in_shard;
    command.operation = ledger::LoseSession{session_};
  }

  void OnAnswered() final {
    const auto* ended = std::get_if<ledger::LoseSessionAnswer>(&answer);
    if (status.ok() && ended != nullptr && ended->more) {
      answer.emplace<std::monostate>();
      return Repeat();
    }
    if (!status.ok()) Recover(session_);
    End();
  }

 private:
  // Submits this call again.
  virtual void Repeat() = 0;
  // Begins another grace of the session.
  virtual void Recover(const std::string& session) = 0;
  // The call is over, and may be deleted.
  virtual void End() = 0;

  const std::string session_;
};

}  // namespace quota::server
