// What the journal says of one account, added up anew by the checker: sums of the facts in its
// events, beside what the ledger makes of them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/account.h"
#include "ledger/answers.h"
#include "ledger/events.h"
#include "tests/simulation/findings.h"

namespace quota::simulation {

// What became of one id, for ever.
struct Fact {
  bool charge = false;
  uint64_t fingerprint = 0;
  Credits held;
  uint32_t slots = 0;
  uint8_t second_pool = 0;
  Instant day_start;
  Instant created_at;
  Instant deadline;
  ledger::HoldState state = ledger::HoldState::kOpen;
  Credits asked;
  Credits charged;
  Credits overage;
  bool late = false;
};

class AccountBook {
 public:
  explicit AccountBook(std::string org) : org_(std::move(org)) {}

  const std::string& org() const { return org_; }
  const Fact* Find(const std::string& id) const;
  const std::map<std::string, std::string>& admin_answers() const { return admin_answers_; }
  // Counts the account's events.
  uint64_t index() const { return index_; }
  // Whether the organisation has stood as `usage` says at some time since `index`.
  bool Stood(const ledger::Snapshot& usage, uint64_t index) const;

  // Takes an event down; finds what contradicts those before it.
  void Add(const ledger::Reserved& event, Instant at, Findings& findings);
  void Add(const ledger::Extended& event, Instant at, Findings& findings);
  void Add(const ledger::Settled& event, Instant at, Findings& findings);
  void Add(const records::DayOpened& event, Instant at, Findings& findings);
  void Add(const records::DayClosed& event, Instant at, Findings& findings);
  void AddAdmin(const records::AdminRequest& request, Findings& findings);

  // After the ledger has applied the event: its account must agree with the book.
  void Compare(const ledger::Account& account, Findings& findings);
  // `account` was just granted something: nothing may be above what there is.
  void CheckGrant(const ledger::Account& account, Instant day_start, const Fact& fact,
                  Findings& findings) const;

 private:
  struct DaySums {
    int64_t used = 0;
    int64_t held = 0;
  };

  void Settle(const ledger::Settled& event, Fact& fact, Instant at, Findings& findings);
  void ComparePools(const ledger::Account& account, Findings& findings) const;
  void ComparePacks(const ledger::Account& account, Findings& findings) const;
  void ChangeSlots(const Fact& fact, int by);

  const std::string org_;
  std::map<std::string, Fact> facts_;
  std::map<Instant, DaySums> days_;
  std::vector<int64_t> in_flight_ = std::vector<int64_t>(1);
  std::map<std::string, std::string> admin_answers_;
  // The end of the latest day that was ever opened.
  Instant last_end_;
  uint64_t index_ = 0;
  // When the organisation last stood like this, by a hash of the snapshot.
  std::unordered_map<uint64_t, uint64_t> stood_;
  std::vector<uint64_t> now_;
};

}  // namespace quota::simulation
