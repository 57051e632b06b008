// An administrator of the simulation: creates the organisations, then changes their plans, buys and
// takes back credits, and lowers limits below what is in flight. Retries what got no answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/client.h"

namespace quota::simulation {

class Administrator {
 public:
  Administrator(ClientWorld& world, int number) : world_(world), number_(number) {}

  // Does one thing. While `closing`, it begins nothing new.
  void Act(bool closing);
  void LoseCalls() { call_.reset(); }
  bool busy() const { return change_.has_value(); }

  // Creates `org` next, before anything else.
  void Create(std::string org);

 private:
  struct Change {
    std::string org;
    ledger::Operation operation;
    // What the operation's views point to.
    std::vector<std::unique_ptr<std::string>> kept;
    std::string request_id;
    Duration first_sent{};
    int attempt = 0;
  };

  void Begin();
  ledger::Operation Draw(Change& change);
  ledger::Operation DrawPurchase(Change& change);
  void Send();
  std::string_view Keep(std::string text);

  ClientWorld& world_;
  const int number_;
  int next_id_ = 1;
  std::optional<Change> change_;
  std::unique_ptr<ClientCall> call_;
  std::vector<std::pair<std::string, std::string>> purchases_;
};

}  // namespace quota::simulation
