// Session streams that send operations without waiting for their answers.
//
//   SessionFlood flood({.target = target, .streams = 10, .orgs = orgs});
//   ...
//   flood.StopSending();
//   EXPECT_TRUE(flood.WaitForAnswers(kPatience));
//   flood.counts()
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "quota/v1/quota.grpc.pb.h"
#include "tests/overload/flood_counts.h"

namespace quota::test {

// Thread-safe, but for construction and destruction.
class SessionFlood {
 public:
  struct Options {
    std::string target;
    // Before each session's and reservation's id.
    std::string name = "flood";
    // Each on a connection of its own.
    int streams = 1;
    // Of each stream: in flight at the most, and their operations. The server's own bounds.
    int batches = 64;
    int operations = 1'024;
    // Of these in turn: each operation is a Charge; or a Reserve, without a slot, that is bound to
    // the session.
    std::vector<std::string> orgs;
    bool holds = false;
    // Whether answers are read.
    bool reads = true;
    // Of each stream. 0: as many as there is room for in flight.
    double batches_per_second = 0;
  };

  // Begins.
  explicit SessionFlood(const Options& options);
  // Cancels what is still open.
  ~SessionFlood();

  void StopSending();
  // After StopSending: blocks until every operation that was sent is answered. False where
  // `timeout` passed, or a stream ended, before.
  bool WaitForAnswers(std::chrono::seconds timeout);

  FloodCounts counts() const;
  // Streams that the server has ended.
  int ended() const;

 private:
  class Stream;

  void Keep(std::stop_token stop);

  std::vector<std::unique_ptr<Stream>> streams_;
  std::jthread pacer_;
};

}  // namespace quota::test
