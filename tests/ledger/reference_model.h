// What quotas mean, told a second time: a slow and simple model that shares no code with the
// ledger. Amounts, instants (microseconds) and days (since 1970-01-01) are plain integers, every
// rule looks at everything anew, and answers are lines of text to compare.
//
// It knows the editions tiny, small and enterprise of the test catalog, zones of one offset, and
// nothing of groups, events or pages.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace quota::ledger {

enum class Op {
  kReserve,
  kCommit,
  kRelease,
  kExtend,
  kCharge,
  kGetUsage,
  kCreateOrg,
  kSetEdition,
  kSetAgents,
  kPurchase,
  kSetLimit,
  kLoseSession,
};
enum class AskMode { kNormal, kBestEffort, kCheckOnly };

// One command. Fields that its kind does not have are left alone.
struct Step {
  Op op = Op::kGetUsage;
  std::string org;
  std::string id;
  // Absent: by method ("reports.run": 25 credits and a slot of heavy); of a commit: what was held.
  std::optional<int64_t> credits;
  int slots = 1;
  std::optional<int64_t> ttl;
  AskMode mode = AskMode::kNormal;
  bool commit_on_expiry = false;
  std::string session;

  std::string request_id;
  std::optional<int64_t> expected_revision;
  std::string edition;
  int agents = 0;
  std::string purchase_id;
  bool is_pack = false;
  std::optional<int> first_day;
  std::optional<int> last_day;
  std::string pool;
  std::optional<int64_t> limit;
};

// The same for equal steps, and the request's fingerprint.
std::string Describe(const Step& step);

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
  // The ledger says that it has forgotten the id.
  void Forget(const std::string& org, const std::string& id);
  // Slots that the organisation's open holds have.
  int InFlight(const std::string& org, const std::string& pool) const;
  int OpenHolds(const std::string& org) const;
  bool Exists(const std::string& org) const { return orgs_.count(org) != 0; }
  int64_t Revision(const std::string& org) const;
  int Today(const std::string& org, int64_t now) const;

 private:
  struct Reservation {
    std::string state;  // open, committed, released, expired, lost
    std::string request;
    bool charged_at_once = false;
    bool late = false;
    int64_t held = 0, asked = 0, charged = 0, overage = 0;
    int day = 0;
    int64_t created = 0, deadline = 0, settled_at = 0;
    int slots = 0;
    bool heavy = false, commit_on_expiry = false;
    std::string session;
  };
  struct Day {
    int64_t base = 0, variable = 0, additional = 0, daily = 0;
    int64_t used = 0, held = 0, overage = 0;
    // Draws on packs as a stack: purchase number and credits.
    std::vector<std::pair<int, int64_t>> draws;
    bool closed = false;
  };
  struct Purchase {
    std::string id;
    bool is_pack = false;
    int64_t credits = 0;
    std::optional<int> asked_first, asked_last;
    int first = 0;
    int last = 0;
  };
  struct Request {
    std::string id, request, answer;
    int64_t at = 0;
  };
  struct Org {
    std::string edition;
    int agents = 0;
    int64_t offset = 0;
    int64_t revision = 1;
    std::map<std::string, int64_t> overrides;
    std::map<std::string, Reservation> ids;
    // Every day that was ever touched.
    std::map<int, Day> days;
    std::vector<Purchase> purchases;
    std::vector<Request> requests;
  };

  static int DayOf(const Org& org, int64_t now);
  static int64_t EndOf(const Org& org, int day);
  static int64_t Limit(const Org& org, const std::string& pool);
  static int InFlight(const Org& org, const std::string& pool);
  static int64_t PackLeft(const Org& org, int purchase);
  static int64_t PacksLeft(const Org& org, int day);
  static int64_t Remaining(const Org& org, int day);
  static void Level(Org& org, int day);
  static void Allot(const Org& org, int day_number, Day& day);
  static void Touch(Org& org, int64_t now);
  static void OpenDay(Org& org, int64_t now);
  static void Settle(Org& org, Reservation& r, const std::string& state, int64_t asked,
                     int64_t now);
  static std::string Usage(const Org& org, int64_t now);
  static std::string Details(const Org& org, int64_t now);
  static std::string View(const Org& org, int64_t now);
  static std::string PurchaseView(const Org& org, size_t purchase);

  std::string Reserve(Org& org, const Step& step, int64_t now);
  std::string Commit(Org& org, const Step& step, int64_t now);
  std::string Release(Org& org, const Step& step, int64_t now);
  std::string Extend(Org& org, const Step& step, int64_t now);
  std::string Charge(Org& org, const Step& step, int64_t now);
  std::string Change(Org& org, const Step& step, int64_t now);
  std::string Buy(Org& org, const Step& step, int64_t now);
  std::string Changed(Org& org, const Step& step, const std::string& purchase, int64_t now);
  std::string LoseSession(const Step& step, int64_t now);

  std::map<std::string, Org> orgs_;
};

}  // namespace quota::ledger
