// Steps at random, and the time between them. Equal seeds, or choices, give equal steps.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <string>
#include <utility>

#include "common/clock.h"
#include "tests/ledger/model_step.h"
#include "tests/ledger/reference_model.h"

namespace quota::ledger {

class StepGenerator {
 public:
  // Gives a number from 0 to below its argument.
  using Choice = std::function<int(int)>;

  explicit StepGenerator(uint64_t seed)
      : StepGenerator([random = std::mt19937_64(seed)](int bound) mutable {
          return static_cast<int>(random() % static_cast<uint64_t>(bound));
        }) {}
  explicit StepGenerator(Choice choice) : choice_(std::move(choice)) {}

  int Below(int bound) { return choice_(bound); }
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

  const Choice choice_;
  std::deque<Step> recent_;
  std::deque<std::pair<std::string, std::string>> reserved_;
  std::deque<std::string> bought_;
  int next_request_ = 100;
};

}  // namespace quota::ledger
