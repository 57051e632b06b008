// What quotas mean, told a second time: a slow and simple model that shares no code with the
// ledger. Amounts, instants (microseconds) and dates (days since 1970-01-01) are plain integers,
// every rule looks at everything anew, and answers are lines of text to compare.
//
// It knows the editions tiny, small and enterprise, zones of one offset, and nothing of groups,
// events or pages. Plans are in reference_plan.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/ledger/model_step.h"
#include "tests/ledger/reference_plan.h"

namespace quota::ledger {

class ReferenceModel {
 public:
  // The answer to a step at `now`, as text; "error CODE" where it fails.
  std::string Run(const Step& step, int64_t now);
  // Time alone: what has fallen due ends.
  void Sweep(int64_t now);

  // A settled id as the model knows it.
  struct SettledId {
    std::string org;
    std::string id;
    int64_t settled_at;
  };
  std::vector<SettledId> SettledIds() const;
  // The ledger serves anew from `now` on.
  void Restart(int64_t now);
  // The ledger says that it has forgotten the id.
  void Forget(const std::string& org, const std::string& id);
  // Slots that the organisation's open holds have.
  int InFlight(const std::string& org, const std::string& pool) const;
  int OpenHolds(const std::string& org) const;
  // Purchases that are in force, to come, or in the history.
  int Purchases(const std::string& org) const;
  bool Exists(const std::string& org) const { return orgs_.count(org) != 0; }
  int64_t Revision(const std::string& org) const;
  // The date of the day that runs, or would run.
  int Today(const std::string& org, int64_t now) const;

 private:
  struct Reservation {
    std::string state;  // open, committed, released, expired, lost
    std::string request;
    bool charged_at_once = false;
    bool late = false;
    int64_t held = 0, asked = 0, charged = 0, overage = 0;
    // The start of its day.
    int64_t day = 0;
    int64_t created = 0, deadline = 0, settled_at = 0;
    int slots = 0;
    bool heavy = false, commit_on_expiry = false;
    std::string session;
  };
  struct Day {
    int64_t start = 0, end = 0;
    int date = 0;
    std::string zone;
    bool on_limits = false;
    int64_t base = 0, variable = 0, grandfathered = 0, additional = 0, daily = 0;
    int64_t used = 0, held = 0, overage = 0;
    // Draws on packs as a stack: purchase number and credits.
    std::vector<std::pair<int, int64_t>> draws;
    bool closed = false;

    int64_t Sum() const { return base + variable + grandfathered + additional; }
    int64_t Drawn() const;
  };
  struct Purchase {
    std::string id;
    bool is_pack = false;
    int64_t credits = 0;
    std::optional<int> asked_first, asked_last;
    int first = 0;
    int last = 0;
    std::optional<int> revoked;
    // It has left the history.
    bool gone = false;

    bool ValidOn(int date) const { return !revoked && first <= date && date <= last; }
  };
  struct Request {
    std::string id, request, answer;
    int64_t at = 0;
  };
  struct Org {
    reference::Plan plan;
    int64_t revision = 1;
    // In force: they follow the catalog when a day opens or the plan changes.
    std::map<std::string, int64_t> limits;
    std::map<std::string, Reservation> ids;
    // Every day that was ever touched, by its start.
    std::map<int64_t, Day> days;
    std::vector<Purchase> purchases;
    std::vector<Request> requests;
    int64_t serving_since = 0;
  };

  // ---- What follows from the state ----
  static Day* CurrentDay(Org& org, int64_t now);
  static const Day* CurrentDay(const Org& org, int64_t now);
  static Day NextDay(const Org& org, int64_t now);
  static int InFlight(const Org& org, const std::string& pool);
  static int64_t PackLeft(const Org& org, int purchase);
  static int64_t PacksLeft(const Org& org, const Day& day);
  static int64_t Remaining(const Org& org, const Day& day);
  static void Level(Org& org, Day& day);
  static void Allot(const Org& org, int64_t now, Day& day);
  static void SetLimits(Org& org, int64_t now);

  // ---- Time ----
  static void Touch(Org& org, int64_t now);
  static void Close(Org& org, Day& day);
  static void OpenDay(Org& org, int64_t now);
  static void Settle(Org& org, Reservation& r, const std::string& state, int64_t asked,
                     int64_t now);

  // ---- Answers ----
  static std::string Usage(const Org& org, int64_t now);
  static std::string Details(const Org& org, int64_t now);
  static std::string View(const Org& org, int64_t now);
  static std::string PurchaseView(const Org& org, size_t purchase);

  // ---- Calls ----
  static std::string RunCall(Org& org, const Step& step, int64_t now);
  static std::string Refuse(const Org& org, const Step& step, int64_t now, int64_t& credits);
  static std::string Reserve(Org& org, const Step& step, int64_t now);
  static std::string Commit(Org& org, const Step& step, int64_t now);
  static std::string Release(Org& org, const Step& step, int64_t now);
  static std::string Extend(Org& org, const Step& step, int64_t now);
  static std::string Charge(Org& org, const Step& step, int64_t now);
  std::string LoseSession(const Step& step, int64_t now);

  // ---- Administration ----
  std::string CreateOrg(const Step& step, int64_t now);
  static std::string Change(Org& org, const Step& step, int64_t now);
  static std::string Buy(Org& org, const Step& step, int64_t now);
  static bool AboveCeiling(const Org& org, const Purchase& bought, int64_t now);
  static std::string Revoke(Org& org, const Step& step, int64_t now);
  static bool MayForget(const Org& org, const Request& request, int64_t now);
  static std::string Changed(Org& org, const Step& step, const std::string& purchase, int64_t now);

  std::map<std::string, Org> orgs_;
  int64_t serving_since_ = 0;
};

}  // namespace quota::ledger
