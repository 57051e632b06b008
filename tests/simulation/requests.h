// What clients have asked for, by the ids that they made. Nothing else may happen to an account
// besides what time brings.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock.h"
#include "common/credits.h"
#include "ledger/commands.h"

namespace quota::simulation {

// A reservation or charge, and what was to become of it.
struct AskedReservation {
  bool charge = false;
  Credits credits;
  ledger::Mode mode = ledger::Mode::kNormal;
  uint32_t slots = 0;
  Duration ttl{};
  bool commit_on_expiry = false;
  std::string session;
  // Amounts that commits have asked for; absent: what is held.
  std::set<std::optional<Credits>> commits;
  bool release = false;
};

class Requests {
 public:
  AskedReservation& Ask(const std::string& org, const std::string& id) { return asked_[{org, id}]; }
  const AskedReservation* Find(const std::string& org, const std::string& id) const {
    const auto found = asked_.find({org, id});
    return found == asked_.end() ? nullptr : &found->second;
  }

  void AskAdmin(const std::string& org, const std::string& request_id) {
    admin_.insert({org, request_id});
  }
  bool HasAdmin(const std::string& org, const std::string& request_id) const {
    return admin_.contains({org, request_id});
  }

 private:
  std::map<std::pair<std::string, std::string>, AskedReservation> asked_;
  std::set<std::pair<std::string, std::string>> admin_;
};

}  // namespace quota::simulation
