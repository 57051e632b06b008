// Many unary Charge calls at once.
//
//   UnaryFlood flood({.target = target, .connections = 10, .orgs = orgs});
//   ...
//   flood.StopSending();
//   EXPECT_TRUE(flood.WaitForAnswers(kPatience));
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
class UnaryFlood {
 public:
  struct Options {
    std::string target;
    // Before each reservation's id.
    std::string name = "unary";
    int connections = 1;
    // On each connection, at the most. The server takes 1,024.
    int in_flight = 1'024;
    // Charged in turn.
    std::vector<std::string> orgs;
    // On each connection. 0: as many as there is room for in flight.
    double calls_per_second = 0;
  };

  // Begins.
  explicit UnaryFlood(const Options& options);
  // Waits for the answers.
  ~UnaryFlood();

  void StopSending();
  // After StopSending: blocks until every call has ended. False where `timeout` passed before.
  bool WaitForAnswers(std::chrono::seconds timeout);

  FloodCounts counts() const;

 private:
  class Connection;

  void Keep(std::stop_token stop);

  std::vector<std::unique_ptr<Connection>> connections_;
  std::jthread pacer_;
};

}  // namespace quota::test
