// A call of a simulated client: what it asks, and what was known when it was sent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/commands.h"
#include "server/call.h"

namespace quota::simulation {

class ClientCall final : public server::Call {
 public:
  // `answered` is called with the call as soon as it has its answer: what the server promises, it
  // promises then, whether or not the answer arrives.
  ClientCall(std::string org, std::function<void(ClientCall&)> answered)
      : org_(std::move(org)), answered_hook_(std::move(answered)) {
    command.org = org_;
  }

  void OnAnswered() override {
    answered = true;
    answered_hook_(*this);
  }

  // Keeps what the command's views point to.
  const std::string& Keep(std::string text) {
    kept_.push_back(std::make_unique<std::string>(std::move(text)));
    return *kept_.back();
  }

  const std::string& org() const { return org_; }

  bool answered = false;
  // The reservation's id, or the request's of an administrator.
  std::string id;
  // What its maker sent it for; 0: it does not wait for the answer.
  uint64_t purpose = 0;
  // Another request under an id that was granted: it must be told.
  bool conflicting = false;
  // Sent within the time for which clients retry, counted from the first attempt.
  bool in_time = true;

  // What was durable when it was sent: the account's index in its book, whether the id was granted,
  // and whether it was committed by a commit.
  uint64_t book_index = 0;
  bool was_granted = false;
  bool was_committed = false;

 private:
  const std::string org_;
  const std::function<void(ClientCall&)> answered_hook_;
  std::vector<std::unique_ptr<std::string>> kept_;
};

}  // namespace quota::simulation
