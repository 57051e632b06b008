// Steps at random, and the time between them. Equal seeds give equal steps.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <utility>

#include "common/clock.h"
#include "tests/ledger/model_step.h"
#include "tests/ledger/reference_model.h"

namespace quota::ledger {

class StepGenerator {
 public:
  explicit StepGenerator(uint64_t seed) : random_(seed) {}

  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint64_t>(bound)); }
  bool Chance(int percent) { return Below(100) < percent; }

  // Mostly short; now and then months, in which nobody calls.
  Duration Pause();
  // A new step, or a retry of one: as it was, or with something changed.
  Step Next(const ReferenceModel& model, int64_t now);

 private:
  Step New(const ReferenceModel& model, int64_t now);
  std::string Id();
  int64_t Amount() { return Chance(70) ? Below(12) * 5 : Below(200); }
  AskMode AnyMode();
  std::string AnyZone();
  std::string AnyDataCenter();
  std::string PurchaseId();
  void FillReserve(Step& step);
  void FillAdmin(const ReferenceModel& model, int64_t now, Step& step);
  void FillCreateOrg(int today, Step& step);
  void FillPurchase(int today, Step& step);
  void FillMove(Step& step);
  void FillLegacyLimit(int today, Step& step);

  std::mt19937_64 random_;
  std::deque<Step> recent_;
  std::deque<std::pair<std::string, std::string>> reserved_;
  std::deque<std::string> bought_;
  int next_request_ = 100;
};

}  // namespace quota::ledger
