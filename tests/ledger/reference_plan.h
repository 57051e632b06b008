// The reference model's plans: what an organisation's plan and the catalog come to on a date, told
// a second time, with figures and dates known by heart (model_catalog.cc has them as a catalog).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/ledger/model_step.h"

namespace quota::ledger::reference {

inline constexpr int64_t kSecond = 1'000'000;
inline constexpr int64_t kDay = 86'400 * kSecond;

struct Figures {
  int64_t base = 0, per_agent = 0, slots = 0;
  std::optional<int64_t> ceiling;
};

// A revision of the catalog.
struct Prices {
  int number = 0;
  int64_t from = 0;
  std::map<std::string, Figures> editions;
  int64_t report = 0;
  int64_t heavy_slots = 0;
};
const Prices& PricesAt(int64_t now);

// Of a zone that is known here, all of one offset.
int64_t OffsetOf(const std::string& zone);

struct Plan {
  std::string edition;
  int agents = 0;
  bool paid = false;
  bool suspended = false;
  std::string data_center;
  std::string own_zone;
  int signup_day = 0;
  std::optional<int64_t> legacy_limit;
  std::optional<int> until;
  std::map<std::string, int64_t> own_limits;

  std::string Zone() const;
  bool OnLimits(int date) const;
  // On limits without having any.
  bool LacksLimit(int date) const { return OnLimits(date) && !legacy_limit; }
  // Base, variable and grandfathered credits of a day; under limits all is base.
  struct Sources {
    int64_t base = 0, variable = 0, grandfathered = 0;
  };
  Sources Allot(const Prices& prices, int date) const;
  int64_t SlotsOf(const std::string& pool, const Prices& prices) const;
  // Makes the step's change; the error's code where it makes no sense, and then nothing has
  // changed that anyone may look at.
  std::string Change(const Step& step, const Prices& prices, int today);
};

// The plan that a step creates, or an error's code.
std::string Create(const Step& step, const Prices& prices, int64_t now, Plan& plan);

}  // namespace quota::ledger::reference
