// Clients of one organisation that write down a history.
//
//   UnaryPlayer player({.target = target, .org = "acme", .client = 1, .seed = seed, .calls = 20});
//   player.Run();
//   player.history();
#pragma once

#include <cstdint>
#include <string>

#include "tests/histories/call_record.h"
#include "tests/histories/request_maker.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {

// One client. Run belongs to one thread, history to whoever joined it.
class Player {
 public:
  virtual ~Player() = default;
  virtual void Run() = 0;
  const History& history() const { return history_; }

 protected:
  History history_;
};

// Later than all that were taken before, on any thread.
Tick NextTick();

struct PlayerOptions {
  std::string target;
  std::string org;
  int client = 0;
  uint64_t seed = 1;
  int calls = 20;
  // Charges under ids of their own, and looks, alone.
  bool plain = false;
  // Of a SessionPlayer: at the end it cuts its stream, with calls in flight and holds open, and
  // does not come back.
  bool dies = false;
};

// Makes one call after the other. One that got no answer is made again, as another call.
// Run belongs to one thread.
class UnaryPlayer final : public Player {
 public:
  explicit UnaryPlayer(const PlayerOptions& options);
  void Run() override;
  // One more call: GetUsage.
  void Look();

 private:
  void CallUntilAnswered(const CallRequest& request);
  // True where it was answered.
  bool Call(const CallRequest& request);

  const PlayerOptions options_;
  QuotaCalls calls_;
  RequestMaker requests_;
};

}  // namespace quota::test
