// A client of the simulation: makes one reservation or charge after the other and sees each
// through, as callers do: it retries what got no answer, for 10 seconds; some of its answers get
// lost; it sends things twice, settles late, reuses an id by mistake, or forgets what it holds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "tests/simulation/answer_audit.h"
#include "tests/simulation/client_call.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/requests.h"
#include "tests/simulation/simulated_server.h"

namespace quota::simulation {

// For how long clients repeat a call: docs/design.md, "Remembered ids".
inline constexpr Duration kRetryTime = std::chrono::seconds(10);

// What all clients share. All outlive them.
struct ClientWorld {
  Dice& dice;
  const Clock& clock;
  SimulatedServer& server;
  Requests& requests;
  AnswerAudit& answers;
  // Organisations; the first ones are called most.
  const std::vector<std::string>& orgs;
  // Names of sessions that are connected now.
  const std::vector<std::string>& sessions;
  // What happens to a call on its way, for planted bugs; may be null. `attempt` counts from 1.
  std::function<void(ClientCall& call, int attempt)> on_its_way;
};

class Client {
 public:
  Client(ClientWorld& world, int number) : world_(world), number_(number) {}

  // Does one thing: begins, sends, hears an answer, gives up, or waits. While `closing`, it begins
  // nothing new.
  void Act(bool closing);
  // The process that had its calls is gone.
  void LoseCalls() { calls_.clear(); }
  bool busy() const { return errand_.has_value() || !calls_.empty(); }

 private:
  enum class Stage : uint8_t { kGrant, kExtend, kSettle };
  // One reservation or charge from the first attempt to its end.
  struct Errand {
    std::string org;
    std::string id;
    uint64_t fingerprint = 0;
    AskedReservation asked;
    bool extends = false;
    bool commits = false;
    bool releases = false;
    std::optional<Credits> amount;
    Stage stage = Stage::kGrant;
    int attempt = 0;
    // Of the stage's first attempt.
    Duration first_sent{};
    // By then it had been committed already, as it expired.
    bool committed_before = false;
    // It waits with the next stage until then.
    Duration waits_until{};
  };

  void Begin();
  void Send();
  void SendCall(std::unique_ptr<ClientCall> call);
  std::unique_ptr<ClientCall> NewCall();
  ledger::Operation OperationOf(ClientCall& call, const AskedReservation& asked,
                                uint64_t fingerprint) const;
  void SendConflicting();
  void SendRead();
  // Hears the answer of a call: true where the stage has its outcome.
  bool Hears(const ClientCall& call);
  // `call` told the outcome of the present one.
  void NextStage(const ClientCall& call);

  ClientWorld& world_;
  const int number_;
  int next_id_ = 1;
  std::optional<Errand> errand_;
  // Of the errand's present stage.
  uint64_t purpose_ = 0;
  // Calls of the present stage, and others that it does not wait for any more.
  std::vector<std::unique_ptr<ClientCall>> calls_;
};

}  // namespace quota::simulation
