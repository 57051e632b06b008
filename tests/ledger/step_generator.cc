#include "tests/ledger/step_generator.h"

#include <fmt/format.h>

#include <tuple>

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kEditions[] = {"tiny", "tiny", "small", "enterprise", "unheard-of"};

}  // namespace

Duration StepGenerator::Pause() {
  if (Chance(1)) {
    // The longest lets purchases leave the history.
    const int days = Chance(20) ? 395 + Below(20) : 20 + Below(120);
    return hours(24 * days) + seconds(Below(86'400));
  }
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

Step StepGenerator::Next(const ReferenceModel& model, int64_t now) {
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

Step StepGenerator::New(const ReferenceModel& model, int64_t now) {
  Step step;
  step.org = fmt::format("org-{}", Below(4));
  step.id = Id();
  const int kind = Below(100);
  if (kind >= 35 && kind < 64 && !reserved_.empty() && Chance(70)) {
    // Of something that was probably granted.
    std::tie(step.org, step.id) = reserved_[Below(static_cast<int>(reserved_.size()))];
  }
  if (kind < 35) {
    FillReserve(step);
  } else if (kind < 53) {
    step.op = Op::kCommit;
    if (Chance(60)) step.credits = Below(Chance(10) ? 500 : 40);
  } else if (kind < 59) {
    step.op = Op::kRelease;
  } else if (kind < 64) {
    step.op = Op::kExtend;
    step.ttl = Chance(20) ? Below(100'000'000) * int64_t{1000} : Below(600) * int64_t{1'000'000};
  } else if (kind < 74) {
    step.op = Op::kCharge;
    step.credits = Amount();
    if (Chance(10)) step.credits.reset();
    step.mode = AnyMode();
  } else if (kind < 81) {
    step.op = Op::kGetUsage;
  } else if (kind < 84) {
    step.op = Op::kLoseSession;
    step.org.clear();
    step.session = fmt::format("session-{}", Below(3));
  } else {
    FillAdmin(model, now, step);
  }
  return step;
}

std::string StepGenerator::Id() {
  const int number = Below(14);
  // Packed and unpacked, short and long.
  if (number < 5) return fmt::format("0f8fad5b-d9cb-469f-a165-7086772895{:02x}", number);
  if (number < 8) return fmt::format("{:064}", number);
  return fmt::format("id-{}", number);
}

AskMode StepGenerator::AnyMode() {
  if (Chance(70)) return AskMode::kNormal;
  return Chance(60) ? AskMode::kBestEffort : AskMode::kCheckOnly;
}

std::string StepGenerator::AnyZone() {
  constexpr const char* kZones[] = {"",          "",           "UTC",         "Asia/Kolkata",
                                    "Etc/GMT+8", "Etc/GMT-13", "Mars/Olympus"};
  return kZones[Below(7)];
}

std::string StepGenerator::AnyDataCenter() {
  constexpr const char* kDataCenters[] = {"",     "utc",   "in",    "soon",
                                          "soon", "later", "later", "mars"};
  return kDataCenters[Below(8)];
}

std::string StepGenerator::PurchaseId() {
  if (!bought_.empty() && Chance(80)) return bought_[Below(static_cast<int>(bought_.size()))];
  return fmt::format("purchase-{}", Below(5));
}

void StepGenerator::FillReserve(Step& step) {
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

// ---- Administration ----

void StepGenerator::FillAdmin(const ReferenceModel& model, int64_t now, Step& step) {
  step.request_id = fmt::format("request-{}", Chance(15) ? Below(10) : next_request_++);
  if (Chance(20)) step.expected_revision = model.Revision(step.org) - (Chance(30) ? 1 : 0);
  const int today = model.Today(step.org, now);
  switch (model.Exists(step.org) && !Chance(7) ? Below(13) : 13) {
    case 0:
      step.op = Op::kSetEdition;
      step.edition = kEditions[Below(5)];
      if (Chance(40)) step.paid = Chance(70);
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
    case 4:
    case 5:
      return FillPurchase(today, step);
    case 6:
      step.op = Op::kRevoke;
      step.purchase_id = PurchaseId();
      return;
    case 7:
      // A suspended organisation does not do much: it is soon resumed.
      step.op = Chance(60) ? Op::kResume : Op::kSuspend;
      return;
    case 8:
      step.op = Op::kResume;
      return;
    case 9:
    case 10:
      return FillMove(step);
    case 11:
    case 12:
      return FillLegacyLimit(today, step);
    default:
      return FillCreateOrg(today, step);
  }
}

void StepGenerator::FillPurchase(int today, Step& step) {
  step.op = Op::kPurchase;
  step.purchase_id = Chance(20) ? PurchaseId() : fmt::format("purchase-{}", next_request_);
  bought_.push_back(step.purchase_id);
  if (bought_.size() > 12) bought_.pop_front();
  step.is_pack = Chance(60);
  step.credits = 1 + Below(40);
  if (Chance(30)) step.first_day = today - 1 + Below(4);
  if (Chance(70)) step.last_day = today - 1 + Below(Chance(20) ? 100 : 5);
}

void StepGenerator::FillMove(Step& step) {
  step.op = Op::kSetDataCenter;
  step.data_center = AnyDataCenter();
  if (Chance(60)) step.zone = AnyZone();
}

void StepGenerator::FillLegacyLimit(int today, Step& step) {
  step.op = Op::kSetLegacyLimit;
  if (Chance(80)) step.limit = Below(250);
  if (Chance(50)) step.until = today - 1 + Below(Chance(50) ? 4 : 60);
}

void StepGenerator::FillCreateOrg(int today, Step& step) {
  step.op = Op::kCreateOrg;
  step.edition = kEditions[Below(Chance(90) ? 4 : 5)];
  step.agents = Below(3);
  step.expected_revision.reset();
  step.data_center = AnyDataCenter();
  if (Chance(30)) step.zone = AnyZone();
  step.paid = Chance(70);
  if (Chance(60)) step.signup_day = today - Below(400) + (Chance(10) ? 1 : 0);
  if (Chance(70)) step.limit = Below(250);
  if (Chance(20)) step.until = today + Below(30);
}

}  // namespace quota::ledger
