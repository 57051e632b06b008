// Random commands against the reference model: every answer is compared; after every group, what
// must always hold; and the shard against one rebuilt from its journal, and one rebuilt as after a
// restart, from stored accounts, stored pages of ids and the journal's tail.
//
// QUOTA_TEST_SEED=n repeats the run with that seed.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "common/stable_hash.h"
#include "ledger/ledger.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"
#include "tests/ledger/reference_model.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

int64_t Micros(Instant instant) { return instant.time_since_epoch().count(); }

// ---- Steps as commands ----

std::optional<absl::CivilDay> ToDay(const std::optional<int>& day) {
  if (!day) return std::nullopt;
  return absl::CivilDay(1970, 1, 1) + *day;
}

Cost ToCost(const Step& step) {
  if (step.credits) return Credits(*step.credits);
  return MethodCall{"reports.run", {}};
}

// A view into `step`.
Operation ToOperation(const Step& step) {
  const ReservationId id = ReservationId::FromText(step.id.empty() ? "-" : step.id);
  const uint64_t fingerprint = StableHash().Add(Describe(step)).Value();
  const Mode mode = step.mode == AskMode::kNormal       ? Mode::kNormal
                    : step.mode == AskMode::kBestEffort ? Mode::kBestEffort
                                                        : Mode::kCheckOnly;
  const AdminRequest request{step.request_id, fingerprint, step.expected_revision};
  std::optional<Duration> ttl;
  if (step.ttl) ttl = Duration(*step.ttl);
  switch (step.op) {
    case Op::kReserve:
      return Reserve{id,  fingerprint, ToCost(step),          static_cast<uint32_t>(step.slots),
                     ttl, mode,        step.commit_on_expiry, step.session};
    case Op::kCommit: {
      Commit commit{id, std::nullopt};
      if (step.credits) commit.credits = Credits(*step.credits);
      return commit;
    }
    case Op::kRelease:
      return Release{id};
    case Op::kExtend:
      return Extend{id, *ttl};
    case Op::kCharge:
      return Charge{id, fingerprint, ToCost(step), mode};
    case Op::kGetUsage:
      return GetUsage{};
    case Op::kCreateOrg: {
      CreateOrg create;
      create.request = request;
      create.edition = step.edition;
      create.agents = step.agents;
      create.data_center = step.org.back() % 2 != 0 ? "in" : "utc";
      return create;
    }
    case Op::kSetEdition:
      return SetEdition{request, step.edition, {}};
    case Op::kSetAgents:
      return SetAgents{request, step.agents, std::nullopt};
    case Op::kPurchase:
      return PurchaseCredits{request,
                             step.purchase_id,
                             step.is_pack,
                             Credits(*step.credits),
                             ToDay(step.first_day),
                             ToDay(step.last_day)};
    case Op::kSetLimit:
      return SetConcurrencyLimit{request, step.pool, step.limit};
    case Op::kLoseSession:
      return LoseSession{step.session};
  }
  return GetUsage{};
}

// ---- Answers as text ----

std::string ToText(HoldState state) {
  static constexpr const char* kNames[] = {"none",     "open",    "committed",
                                           "released", "expired", "lost"};
  return kNames[static_cast<size_t>(state)];
}

std::string ToText(const Snapshot& s) {
  EXPECT_EQ(s.remaining, s.allotment - s.used - s.held);
  EXPECT_EQ(s.pools.size(), 2u);
  return fmt::format(
      " | allotment {} used {} held {} remaining {} resets {} main {}/{} heavy {}/{}",
      s.allotment.value(), s.used.value(), s.held.value(), s.remaining.value(), Micros(s.resets_at),
      s.pools[0].in_flight, s.pools[0].limit, s.pools[1].in_flight, s.pools[1].limit);
}

int DayNumber(const quota::v1::Date& date) {
  return static_cast<int>(absl::CivilDay(date.year(), date.month(), date.day()) -
                          absl::CivilDay(1970, 1, 1));
}

std::string ToText(const quota::v1::Purchase& p) {
  if (!p.has_pack()) {
    return fmt::format(" [{} daily {} from {}]", p.purchase_id(), p.credits_per_day(),
                       DayNumber(p.first_day()));
  }
  return fmt::format(" [{} pack {} used {} held {} from {}]", p.purchase_id(), p.pack().credits(),
                     p.pack().used(), p.pack().held(), DayNumber(p.first_day()));
}

std::string ToText(const quota::v1::Org& org) {
  const auto& allots = org.allotment_by_source();
  std::string text = fmt::format(
      "org {} agents {} revision {} main {}{} heavy {}{} allots {} {} {} {}", org.edition(),
      org.agents(), org.revision(), org.pools(0).limit(), org.pools(0).overridden() ? "!" : "",
      org.pools(1).limit(), org.pools(1).overridden() ? "!" : "", allots.base(), allots.variable(),
      allots.additional(), allots.packs());
  for (const auto& purchase : org.purchases()) text += ToText(purchase);
  return text;
}

std::string RefusalText(Decision decision, const std::string& pool, const Snapshot& usage) {
  if (decision == Decision::kOrgUnknown) return "unknown";
  if (decision == Decision::kCreditsExhausted) return "credits exhausted" + ToText(usage);
  if (decision == Decision::kConcurrencyExhausted) return "full " + pool + ToText(usage);
  return fmt::format("decision {}", static_cast<int>(decision));
}

const char* Repeated(bool repeated) { return repeated ? " repeated" : ""; }

struct AnswerText {
  std::string operator()(std::monostate) const { return "nothing"; }
  std::string operator()(const OpenDaysAnswer& a) const {
    return fmt::format("{} open days", a.days.size());
  }
  std::string operator()(const ReserveAnswer& a) const {
    if (a.decision != Decision::kGranted) return RefusalText(a.decision, a.exhausted_pool, a.usage);
    return fmt::format("granted {} until {} state {}{}{}", a.credits.value(), Micros(a.expires_at),
                       ToText(a.state), Repeated(a.repeated), ToText(a.usage));
  }
  std::string operator()(const CommitAnswer& a) const {
    return fmt::format("committed {} overage {}{}{}{}", a.charged.value(), a.overage.value(),
                       a.late ? " late" : "", Repeated(a.repeated), ToText(a.usage));
  }
  std::string operator()(const ReleaseAnswer& a) const {
    return fmt::format("ended {}{}{}", ToText(a.state), Repeated(a.repeated), ToText(a.usage));
  }
  std::string operator()(const ExtendAnswer& a) const {
    return fmt::format("extended {}{}", Micros(a.expires_at), ToText(a.usage));
  }
  std::string operator()(const ChargeAnswer& a) const {
    if (a.decision != Decision::kGranted) return RefusalText(a.decision, "", a.usage);
    return fmt::format("charged {}{}{}", a.charged.value(), Repeated(a.repeated), ToText(a.usage));
  }
  std::string operator()(const UsageAnswer& a) const {
    const BySource& allots = a.allotment_by_source;
    const BySource& uses = a.used_by_source;
    EXPECT_EQ(
        allots.base + allots.variable + allots.grandfathered + allots.additional + allots.packs,
        a.usage.allotment);
    EXPECT_EQ(uses.base + uses.variable + uses.grandfathered + uses.additional + uses.packs,
              a.usage.used);
    return fmt::format("usage {} allots {} {} {} {} uses {} {} {} {} overage {} from {} open {}{}",
                       a.edition, allots.base.value(), allots.variable.value(),
                       allots.additional.value(), allots.packs.value(), uses.base.value(),
                       uses.variable.value(), uses.additional.value(), uses.packs.value(),
                       a.overage.value(), Micros(a.day_starts_at), a.open_reservations,
                       ToText(a.usage));
  }
  std::string operator()(const OrgAnswer& a) const { return ToText(a.org); }
  std::string operator()(const PurchaseAnswer& a) const {
    return "bought" + ToText(a.response.purchase()) + " " + ToText(a.response.org());
  }
  std::string operator()(const ListOrgsAnswer&) const { return "list"; }
  std::string operator()(const LoseSessionAnswer& a) const {
    return fmt::format("lost {}", a.ended);
  }
};

std::string ToText(const absl::Status& status, const Answer& answer) {
  if (status.ok()) return std::visit(AnswerText(), answer);
  return "error " + absl::StatusCodeToString(status.code());
}

// ---- Steps at random ----

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint64_t>(bound)); }
  bool Chance(int percent) { return Below(100) < percent; }

  Duration Pause() {
    switch (Below(10)) {
      case 0:
      case 1:
        return milliseconds(Below(1000));
      case 2:
      case 3:
        return seconds(Below(5));
      case 4:
        return seconds(Below(60));
      case 5:
        return minutes(Below(3));
      case 6:
        return Chance(50) ? hours(Below(12)) : minutes(Below(60));
      case 7:
        return Chance(20) ? hours(Below(72)) : Duration(Below(1'000'000));
      default:
        return Duration(0);
    }
  }

  // A retry now and then, of a request as it was or with something changed.
  Step Next(const ReferenceModel& model, int64_t now) {
    if (!recent_.empty() && Chance(15)) {
      Step step = recent_[Below(static_cast<int>(recent_.size()))];
      if (step.op >= Op::kCreateOrg && Chance(40)) {
        if (Chance(50)) step.request_id = fmt::format("request-{}", next_request_++);
        if (Chance(50)) step.expected_revision = model.Revision(step.org) - Below(2);
        if (Chance(30)) step.agents = Below(6);
      }
      return step;
    }
    recent_.push_back(New(model, now));
    if (recent_.size() > 30) recent_.pop_front();
    return recent_.back();
  }

 private:
  Step New(const ReferenceModel& model, int64_t now) {
    Step step;
    step.org = fmt::format("org-{}", Below(3));
    step.id = Id();
    const int kind = Below(100);
    if (kind >= 35 && kind < 67 && !reserved_.empty() && Chance(70)) {
      // Of something that was probably granted.
      std::tie(step.org, step.id) = reserved_[Below(static_cast<int>(reserved_.size()))];
    }
    if (kind < 35) {
      FillReserve(step);
    } else if (kind < 55) {
      step.op = Op::kCommit;
      if (Chance(60)) step.credits = Below(Chance(10) ? 500 : 40);
    } else if (kind < 62) {
      step.op = Op::kRelease;
    } else if (kind < 67) {
      step.op = Op::kExtend;
      step.ttl = Chance(20) ? Below(100'000'000) * int64_t{1000} : Below(600) * int64_t{1'000'000};
    } else if (kind < 77) {
      step.op = Op::kCharge;
      step.credits = Amount();
      if (Chance(10)) step.credits.reset();
      step.mode = AnyMode();
    } else if (kind < 84) {
      step.op = Op::kGetUsage;
    } else if (kind < 87) {
      step.op = Op::kLoseSession;
      step.org.clear();
      step.session = fmt::format("session-{}", Below(3));
    } else {
      FillAdmin(model, now, step);
    }
    return step;
  }
  std::string Id() {
    const int number = Below(14);
    // Packed and unpacked, short and long.
    if (number < 5) return fmt::format("0f8fad5b-d9cb-469f-a165-7086772895{:02x}", number);
    if (number < 8) return fmt::format("{:064}", number);
    return fmt::format("id-{}", number);
  }
  int64_t Amount() { return Chance(70) ? Below(12) * 5 : Below(200); }
  AskMode AnyMode() {
    if (Chance(70)) return AskMode::kNormal;
    return Chance(60) ? AskMode::kBestEffort : AskMode::kCheckOnly;
  }

  void FillReserve(Step& step) {
    step.op = Op::kReserve;
    reserved_.emplace_back(step.org, step.id);
    if (reserved_.size() > 6) reserved_.pop_front();
    if (!Chance(15)) step.credits = Amount();
    if (Chance(30)) step.slots = Below(3);
    if (Chance(50)) {
      const int64_t choices[] = {0, 1, 2, 5, 30, 300, 3600, 3601};
      step.ttl = choices[Below(8)] * 1'000'000;
    }
    step.mode = AnyMode();
    step.commit_on_expiry = Chance(20);
    if (Chance(40)) step.session = fmt::format("session-{}", Below(3));
  }

  void FillAdmin(const ReferenceModel& model, int64_t now, Step& step) {
    step.request_id = fmt::format("request-{}", Chance(15) ? Below(10) : next_request_++);
    if (Chance(20)) step.expected_revision = model.Revision(step.org) - (Chance(30) ? 1 : 0);
    const std::string editions[] = {"tiny", "tiny", "small", "enterprise", "unheard-of"};
    switch (model.Exists(step.org) && !Chance(10) ? Below(5) : 5) {
      case 0:
        step.op = Op::kSetEdition;
        step.edition = editions[Below(5)];
        return;
      case 1:
        step.op = Op::kSetAgents;
        step.agents = Below(6);
        return;
      case 2:
        step.op = Op::kSetLimit;
        step.pool = Chance(60) ? "main" : Chance(80) ? "heavy" : "unheard-of";
        if (Chance(60)) step.limit = Below(6);
        return;
      case 3:
      case 4: {
        step.op = Op::kPurchase;
        step.purchase_id = fmt::format("purchase-{}", Chance(20) ? Below(5) : next_request_);
        step.is_pack = Chance(60);
        step.credits = 1 + Below(40);
        const int today = model.Today(step.org, now);
        if (Chance(30)) step.first_day = today - 1 + Below(4);
        if (Chance(70)) step.last_day = today - 1 + Below(5);
        return;
      }
      default:
        step.op = Op::kCreateOrg;
        step.edition = editions[Below(4)];
        step.agents = Below(3);
        step.expected_revision.reset();
    }
  }

  std::mt19937_64 random_;
  std::deque<Step> recent_;
  std::deque<std::pair<std::string, std::string>> reserved_;
  int next_request_ = 100;
};

// ---- The run ----

// What a store would hold, as the maintenance of a server fills it.
struct Disk {
  struct StoredAccount {
    uint64_t sequence;
    std::string record;
  };
  std::map<AccountNumber, StoredAccount> accounts;
  // By first sequence; with the last.
  std::map<uint64_t, std::pair<uint64_t, std::string>> pages;
  std::map<uint64_t, std::string> journal;
};

class Run {
 public:
  Run(uint64_t seed, bool crowded) : random_(seed), clock_(test::kNoon) {
    policy_.page_bytes = 2'000;
    if (crowded) policy_.max_bytes = 4'000;
    EXPECT_TRUE(shard_->FinishRecovery().ok());
  }

  // The kinds of answers that came.
  const std::set<std::string>& seen() const { return seen_; }

  void Groups(int count) {
    for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) {
      const Duration pause = random_.Pause();
      clock_.Advance(pause);
      Log(fmt::format("-- {} us later", pause.count()));
      random_.Chance(15) ? SweepGroup() : CommandGroup();
      ForgetInModel();
      CheckWhatAlwaysHolds();
      if (random_.Chance(20)) Maintain();
      if (random_.Chance(4)) CompareWithRebuilt();
    }
    if (!testing::Test::HasFailure()) CompareWithRebuilt();
    if (!testing::Test::HasFailure()) CheckAllIsForgottenInTheEnd();
    if (testing::Test::HasFailure()) PrintLog();
  }

 private:
  Context context() const {
    return {catalog_->At(clock_.Now()), policy_, clock_.Now(), serving_since_};
  }
  int64_t now() const { return Micros(clock_.Now()); }

  void Finish(Group& group) {
    ledger_->FinishGroup(context(), group);
    if (group.entry.count() == 0) return;
    EXPECT_EQ(group.sequence, next_sequence_);
    const std::string bytes = group.entry.Take();
    journal_.push_back(bytes);
    disk_.journal[next_sequence_++] = bytes;
  }

  void CommandGroup() {
    Group group(clock_.Now(), next_sequence_);
    for (int commands = 1 + random_.Below(5); commands > 0; --commands) {
      const Step step = random_.Next(model_, now());
      absl::Status status;
      Answer answer;
      const Progress progress =
          ledger_->Execute({step.org, ToOperation(step)}, context(), group, status, answer);
      ASSERT_EQ(progress, Progress::kDone);
      const std::string text = ToText(status, answer);
      Log(step.org + ": " + Describe(step) + " " + step.request_id + " -> " + text);
      if (status.code() == absl::StatusCode::kResourceExhausted && step.request_id.empty()) {
        // Which bytes a shard has is not the model's to know: only that it must be short of them.
        EXPECT_GT(shard_->ids().settled_bytes(), policy_.max_bytes);
        model_.Sweep(now());
        continue;
      }
      ASSERT_EQ(text, model_.Run(step, now()));
      seen_.insert(status.ok() ? text.substr(0, text.find(' ')) : text);
    }
    Finish(group);
  }

  void SweepGroup() {
    // The end of a group may forget ids, and so let a day close: that is for the next group.
    for (auto progress = Progress::kAgain;
         progress == Progress::kAgain || shard_->NextTimer() <= clock_.Now();) {
      Group group(clock_.Now(), next_sequence_);
      progress = ledger_->Sweep(context(), static_cast<size_t>(1 + random_.Below(10)),
                                static_cast<size_t>(1 + random_.Below(4)), group);
      Finish(group);
    }
    model_.Sweep(now());
    Log("sweep");
    for (AccountNumber number = 1; number <= shard_->account_count(); ++number) {
      EXPECT_TRUE(DecideDue(*shard_->account(number), clock_.Now(), 1).empty())
          << "the timers have missed something of account " << number;
    }
  }

  // The ledger decides when an id is forgotten, within bounds.
  void ForgetInModel() {
    const Duration least = policy_.max_bytes < 10'000 ? policy_.shortest_window : policy_.window;
    for (const auto& settled : model_.SettledIds()) {
      const Account* account = shard_->FindAccount(settled.org);
      if (shard_->ids().Find(account->number, ReservationId::FromText(settled.id)) != nullptr) {
        continue;
      }
      const int64_t counts_from = std::max(settled.settled_at, Micros(serving_since_));
      EXPECT_GE(now() - counts_from, least.count()) << settled.id << " was forgotten too early";
      model_.Forget(settled.org, settled.id);
    }
  }

  void CheckWhatAlwaysHolds() {
    size_t holds = 0;
    for (AccountNumber number = 1; number <= shard_->account_count(); ++number) {
      const Account& account = *shard_->account(number);
      EXPECT_LE(account.days.size(), kMaxOpenDays);
      for (const Day& day : account.days) {
        Credits drawn;
        for (const PackDraw& draw : day.draws) {
          EXPECT_GT(draw.credits, kZeroCredits);
          drawn += draw.credits;
        }
        EXPECT_EQ(drawn, day.PackPart()) << "day " << day.date;
        EXPECT_GE(day.used, kZeroCredits);
        EXPECT_GE(day.held, kZeroCredits);
        EXPECT_GE(day.daily, day.allotment.Sum());
      }
      for (size_t i = 1; i < account.days.size(); ++i) {
        EXPECT_GE(account.days[i].start, account.days[i - 1].end);
      }
      for (const Purchase& pack : account.purchases) {
        Credits drawn = pack.settled;
        for (const Day& day : account.days) {
          for (const PackDraw& draw : day.draws) {
            if (draw.purchase == pack.number) drawn += draw.credits;
          }
        }
        if (pack.is_pack) {
          EXPECT_LE(drawn, pack.credits) << pack.purchase_id;
        }
      }
      for (const Pool& pool : account.pools) {
        EXPECT_EQ(pool.in_flight, model_.InFlight(account.org, pool.name.text()));
      }
      EXPECT_EQ(static_cast<int>(account.hold_count), model_.OpenHolds(account.org));
      holds += account.hold_count;
    }
    EXPECT_EQ(shard_->ids().open_holds(), holds);
  }

  // A step of a server's maintenance: stores accounts and pages, or trims the journal.
  void Maintain() {
    if (next_sequence_ == 1) return;
    const uint64_t sequence = next_sequence_ - 1;
    for (int accounts = random_.Below(3); accounts > 0; --accounts) {
      const AccountNumber number = shard_->NextDirty(sequence);
      if (number == 0) break;
      disk_.accounts[number] = {sequence, shard_->SaveAccount(number, sequence)};
    }
    if (random_.Chance(50)) {
      if (const IdPage* page = shard_->ids().FirstUnsaved(); page != nullptr && page->sealed) {
        disk_.pages[page->first_sequence] = {page->last_sequence, RememberedIds::EncodePage(*page)};
        shard_->mutable_ids().MarkSaved(page->first_sequence);
      }
    }
    // Otherwise stored, but not yet known to be durable: the journal must keep what it covers.
    if (random_.Chance(70)) shard_->ConfirmSaved(sequence);
    if (random_.Chance(30)) Trim();
  }

  void Trim() {
    const uint64_t mark = std::min(shard_->OldestNeeded(next_sequence_), next_sequence_ - 1);
    disk_.journal.erase(disk_.journal.begin(), disk_.journal.lower_bound(mark));
    const auto& kept = shard_->ids().pages();
    const uint64_t oldest = kept.empty() ? next_sequence_ : kept.front().first_sequence;
    while (!disk_.pages.empty() && disk_.pages.begin()->first < oldest &&
           disk_.pages.begin()->second.first < mark) {
      disk_.pages.erase(disk_.pages.begin());
    }
  }

  static absl::Status Replay(Shard& shard, uint64_t sequence, const std::string& bytes) {
    const auto entry = DecodeEntry(bytes);
    return entry.ok() ? shard.Replay(*entry, sequence) : entry.status();
  }

  void CompareWithRebuilt() {
    Shard from_journal(0);
    uint64_t sequence = 1;
    for (const std::string& bytes : journal_) {
      ASSERT_TRUE(Replay(from_journal, sequence++, bytes).ok());
    }
    ASSERT_TRUE(from_journal.FinishRecovery().ok());
    ASSERT_EQ(from_journal.Dump(), shard_->Dump());

    auto from_disk = std::make_unique<Shard>(0);
    for (const auto& [first, page] : disk_.pages) {
      ASSERT_TRUE(from_disk->LoadPage(page.second).ok());
    }
    for (const auto& [number, account] : disk_.accounts) {
      ASSERT_TRUE(from_disk->LoadAccount(account.record, account.sequence).ok());
    }
    for (const auto& [at, bytes] : disk_.journal) {
      const absl::Status replayed = Replay(*from_disk, at, bytes);
      ASSERT_TRUE(replayed.ok()) << replayed;
    }
    const absl::Status finished = from_disk->FinishRecovery();
    ASSERT_TRUE(finished.ok()) << finished;
    ASSERT_EQ(from_disk->Dump(), shard_->Dump());
    ASSERT_EQ(from_disk->Sessions(), shard_->Sessions());
    ASSERT_EQ(from_disk->last_at(), shard_->last_at());
    if (!random_.Chance(50)) return;
    Log("restart");
    ledger_ = std::make_unique<Ledger>(*from_disk);
    shard_ = std::move(from_disk);
    serving_since_ = clock_.Now();
  }

  void CheckAllIsForgottenInTheEnd() {
    for (int i = 0; i < 4; ++i) {
      clock_.Advance(hours(25));
      SweepGroup();
    }
    EXPECT_EQ(shard_->ids().settled_ids(), 0u);
    EXPECT_EQ(shard_->ids().open_holds(), 0u);
    EXPECT_TRUE(shard_->ids().pages().empty());
    EXPECT_TRUE(shard_->Sessions().empty());
    EXPECT_EQ(shard_->NextTimer(), kNever);
    for (AccountNumber number = 1; number <= shard_->account_count(); ++number) {
      EXPECT_TRUE(shard_->account(number)->days.empty());
    }
  }

  void Log(std::string line) {
    log_.push_back(std::move(line));
    if (log_.size() > 60) log_.pop_front();
  }
  void PrintLog() const {
    for (const std::string& line : log_) std::printf("%s\n", line.c_str());
  }

  Generator random_;
  test::SimulatedClock clock_;
  std::shared_ptr<const Catalog> catalog_ = test::TestCatalog();
  IdPolicy policy_;
  Instant serving_since_ = test::kNoon;
  std::unique_ptr<Shard> shard_ = std::make_unique<Shard>(0);
  std::unique_ptr<Ledger> ledger_ = std::make_unique<Ledger>(*shard_);
  ReferenceModel model_;
  uint64_t next_sequence_ = 1;
  std::vector<std::string> journal_;
  Disk disk_;
  std::deque<std::string> log_;
  std::set<std::string> seen_;
};

void RunSeeds(bool crowded, uint64_t first, int count) {
  if (const char* given = std::getenv("QUOTA_TEST_SEED")) {
    first = std::strtoull(given, nullptr, 10);
    count = 1;
  }
  std::set<std::string> seen;
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(count); ++seed) {
    Run run(seed, crowded);
    run.Groups(300);
    ASSERT_FALSE(testing::Test::HasFailure()) << "repeat it with QUOTA_TEST_SEED=" << seed;
    seen.insert(run.seen().begin(), run.seen().end());
  }
  if (count == 1) return;
  // The steps are worth something: they bring every kind of answer.
  for (const char* kind :
       {"granted", "credits", "full", "charged", "committed", "ended", "extended", "usage", "lost",
        "org", "bought", "unknown", "error ABORTED", "error ALREADY_EXISTS",
        "error FAILED_PRECONDITION", "error INVALID_ARGUMENT", "error NOT_FOUND"}) {
    EXPECT_TRUE(seen.count(kind) != 0) << "no step was answered: " << kind;
  }
}

TEST(ModelTest, EveryAnswerIsTheModelsAndEveryRestartGivesAnEqualShard) {
  RunSeeds(/*crowded=*/false, 1, 40);
}

TEST(ModelTest, TheSameWhereMemoryForIdsIsShort) { RunSeeds(/*crowded=*/true, 1001, 20); }

}  // namespace
}  // namespace quota::ledger
