// A server, an organisation with few credits and slots, and clients that contend for them.
//
//   Stage stage({.seed = seed});
//   for (int i = 0; i < 20; ++i) EXPECT_TRUE(stage.Play({.unary = 4, .calls = 20}));
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "tests/fakes/dice.h"
#include "tests/histories/call_record.h"
#include "tests/histories/linearizability.h"
#include "tests/integration/test_server.h"

namespace quota::test {

// The edition "small" of TestCatalog.
inline constexpr OrgFigures kSmall{.allotment = 50, .limit = 2};

struct Cast {
  int unary = 3;
  int session = 2;
  // So many of the session players die.
  int dying = 0;
  // Of each client.
  int calls = 15;
  bool plain = false;
  // What clients are told of the organisation.
  OrgFigures figures = kSmall;
};

// Belongs to one thread.
class Stage {
 public:
  struct Options {
    uint64_t seed = 1;
    // Absent: a store in memory.
    server::StoreOpener open_store = {};
    uint32_t executors = 1;
  };

  explicit Stage(Options options);
  ~Stage();

  TestServer& server() { return server_; }
  std::string target() const { return server_.target(); }

  // A new organisation, its history, and the verification of that. Clients speak to `target`, where
  // it is not empty, in the server's place.
  Verification Play(const Cast& cast, const std::string& target = "");

  // Called while the clients of each play are at work.
  void InTheMidst(std::function<void()> event) { event_ = std::move(event); }

  // Writes until the store has failed so often in all, where it has not: a failure that was asked
  // for is not left to the next play.
  void WriteUntilFailures(uint64_t failures);

  size_t calls() const { return calls_; }
  size_t unanswered() const { return unanswered_; }

 private:
  History Record(const Cast& cast, const std::string& target, const std::string& org);
  void PassGrace();

  Dice dice_;
  TestServer server_;
  std::function<void()> event_;
  int plays_ = 0;
  size_t calls_ = 0;
  size_t unanswered_ = 0;
  // The server's clock goes on, so that its pauses and graces end.
  std::atomic<bool> done_{false};
  std::thread time_;
};

}  // namespace quota::test
