// Random commands, far beyond what the reference model knows: the largest amounts, any day and
// zone, a clock that jumps by years. Whatever comes, the invariants hold, and the journal gives the
// same shard.
#include <deque>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/check.h"
#include "ledger/ledger.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/ledger/account_invariants.h"

namespace quota::ledger {
namespace {

using fuzz::ByteSource;
using std::chrono::hours;

// What the RPC layer lets pass, and no more.
class CommandMaker {
 public:
  explicit CommandMaker(ByteSource& source) : source_(source) {}

  // Valid as long as this.
  Command Next() {
    const std::string_view org = source_.OneOf<const char*>({"acme", "acme", "beta"});
    switch (source_.Below(16)) {
      case 0:
      case 1:
      case 2:
        return {org, MakeReserve()};
      case 3:
      case 4:
        return {org,
                Commit{Id(), source_.Bool() ? std::optional(Credits(Amount())) : std::nullopt}};
      case 5:
        return {org, Release{Id()}};
      case 6:
        return {org, Extend{Id(), Ttl()}};
      case 7:
        return {org, Charge{Id(), source_.Byte(), Cost(Credits(Amount())), AnyMode()}};
      case 8:
        return {org, GetUsage{}};
      case 9:
        return {"", LoseSession{"session"}};
      case 10:
        return {org, ListOpenDays{}};
      default:
        return {org, Administration()};
    }
  }

 private:
  ReservationId Id() { return ReservationId::FromText(std::string(1, 'a' + source_.Below(8))); }
  int64_t Amount() {
    switch (source_.Below(6)) {
      case 0:
        return kMaxCredits.value() - source_.Byte();
      case 1:
        return static_cast<int64_t>(source_.Below(kMaxCredits.value() + 1));
      default:
        return source_.Byte();
    }
  }
  Duration Ttl() {
    if (source_.Bool()) return std::chrono::seconds(source_.Byte());
    constexpr int64_t kMost = 315'576'000'000LL * 1'000'000;
    return Duration(static_cast<int64_t>(source_.Number(8)) % kMost);
  }
  Mode AnyMode() { return static_cast<Mode>(source_.Below(3)); }
  std::string_view Zone() {
    return source_.OneOf<const char*>({"", "UTC", "Asia/Kolkata", "Pacific/Apia",
                                       "America/Sao_Paulo", "Etc/GMT+12", "Mars/Olympus"});
  }
  std::optional<absl::CivilDay> Day() {
    switch (source_.Below(4)) {
      case 0:
        return std::nullopt;
      case 1:
        return absl::CivilDay(1970 + static_cast<int64_t>(source_.Below(8030)), 12, 31);
      default:
        return absl::CivilDay(2025, 11, 1) + static_cast<int64_t>(source_.Byte());
    }
  }
  std::optional<int64_t> MaybeAmount() {
    return source_.Bool() ? std::optional(Amount()) : std::nullopt;
  }

  Reserve MakeReserve() {
    Reserve reserve;
    reserve.id = Id();
    reserve.fingerprint = source_.Below(2);
    if (source_.Below(8) == 0) {
      reserve.cost = MethodCall{"tickets.delete", {{"records", Amount()}}};
    } else {
      reserve.cost = Credits(Amount());
    }
    reserve.slots = source_.OneOf({0U, 1U, 1U, 2U, 1000U});
    if (source_.Bool()) reserve.ttl = Ttl();
    reserve.mode = AnyMode();
    reserve.commit_on_expiry = source_.Bool();
    if (source_.Bool()) reserve.session = "session";
    return reserve;
  }

  AdminRequest Request() {
    // Mostly new ones.
    const uint64_t number = source_.Below(8) == 0 ? source_.Below(4) : next_request_++;
    request_ids_.push_back("request-" + std::to_string(number));
    return {.request_id = request_ids_.back(), .fingerprint = number, .action = "Fuzz"};
  }

  Operation Administration() {
    switch (source_.Below(9)) {
      case 0:
        return SetEdition{Request(), Edition(), source_.Bool()};
      case 1:
        return SetAgents{Request(), static_cast<int64_t>(source_.Below(10'000'001)), {}};
      case 2:
      case 3:
        return PurchaseCredits{Request(), PurchaseId(), source_.Bool(), Credits(1 + Amount() / 2),
                               Day(),     Day()};
      case 4:
        return RevokeCredits{Request(), PurchaseId()};
      case 5:
        return SetLegacyLimit{Request(), MaybeAmount(), Day()};
      case 6:
        return SetDataCenter{Request(), DataCenter(), Zone()};
      case 7:
        return SetConcurrencyLimit{
            Request(), source_.OneOf<const char*>({"main", "heavy", "x"}),
            source_.Bool() ? std::optional<int64_t>(source_.Below(1'000'001)) : std::nullopt};
      default:
        return Create();
    }
  }
  CreateOrg Create() {
    CreateOrg create;
    create.request = Request();
    create.edition = Edition();
    create.agents = static_cast<int64_t>(source_.Below(10'000'001));
    create.data_center = DataCenter();
    create.own_zone = Zone();
    create.signup_day = Day();
    create.paid = source_.Bool();
    create.legacy_limit = MaybeAmount();
    create.grandfathered_until = Day();
    return create;
  }
  std::string_view Edition() {
    return source_.OneOf<const char*>({"tiny", "small", "enterprise", "none", "x"});
  }
  std::string_view DataCenter() { return source_.OneOf<const char*>({"", "us", "in", "br", "x"}); }
  std::string_view PurchaseId() { return source_.OneOf<const char*>({"p1", "p2", "p3", "p4"}); }

  ByteSource& source_;
  std::deque<std::string> request_ids_;
  uint64_t next_request_ = 4;
};

class FuzzedLedger {
 public:
  FuzzedLedger() {
    QUOTA_CHECK(shard_.FinishRecovery().ok());
    CreateOrg create;
    create.request.request_id = "request-0";
    create.edition = "tiny";
    Run({"acme", create});
  }

  void Run(const Command& command) {
    for (Progress progress = Progress::kAgain; progress == Progress::kAgain;) {
      Group group(now_, sequence_ + 1);
      absl::Status status;
      Answer answer;
      progress = ledger_.Execute(command, context(), group, status, answer);
      Finish(group);
      // Errors are for requests that make no sense, and for what is full.
      QUOTA_CHECK(status.code() != absl::StatusCode::kInternal &&
                  status.code() != absl::StatusCode::kDataLoss);
    }
  }
  void Sweep() {
    for (Progress progress = Progress::kAgain; progress == Progress::kAgain;) {
      Group group(now_, sequence_ + 1);
      progress = ledger_.Sweep(context(), 100, 100, group);
      Finish(group);
    }
  }
  // No further than the journal's instants reach.
  void Advance(Duration by) {
    if (now_ < Instant(hours(24 * 366 * 900))) now_ += by;
  }
  void Check() const {
    for (AccountNumber number = 1; number <= shard_.account_count(); ++number) {
      ExpectInvariants(*shard_.account(number));
    }
    Shard rebuilt(0);
    uint64_t sequence = 1;
    for (const std::string& bytes : journal_) {
      const auto entry = DecodeEntry(bytes);
      QUOTA_CHECK(entry.ok() && rebuilt.Replay(*entry, sequence++).ok());
    }
    QUOTA_CHECK(rebuilt.FinishRecovery().ok());
    QUOTA_CHECK(rebuilt.Dump() == shard_.Dump());
  }

 private:
  Context context() const { return {catalog().At(now_), policy_, now_, test::kNoon}; }
  static const Catalog& catalog() {
    static const std::shared_ptr<const Catalog> catalog = test::TestCatalog();
    return *catalog;
  }
  void Finish(Group& group) {
    ledger_.FinishGroup(context(), group);
    if (group.entry.count() == 0) return;
    ++sequence_;
    journal_.push_back(group.entry.Take());
  }

  Shard shard_{0};
  Ledger ledger_{shard_};
  IdPolicy policy_;
  Instant now_ = test::kNoon;
  uint64_t sequence_ = 0;
  std::vector<std::string> journal_;
};

}  // namespace

FUZZ_TARGET(calls) {
  ByteSource source(input);
  CommandMaker commands(source);
  FuzzedLedger ledger;
  while (!source.done()) {
    switch (source.Below(8)) {
      case 0:
        ledger.Advance(std::chrono::seconds(source.Byte()));
        break;
      case 1:
        ledger.Advance(hours(source.Byte()) * (source.Below(16) == 0 ? 100 : 1));
        ledger.Sweep();
        break;
      default:
        ledger.Run(commands.Next());
    }
  }
  ledger.Check();
}

}  // namespace quota::ledger
