#include "ledger/price.h"

#include <fmt/format.h>

#include <optional>

namespace quota::ledger {
namespace {

using quota::v1::PerUnit;
using quota::v1::Price;
using quota::v1::Steps;

bool InRange(int64_t credits) { return credits >= 0 && credits <= kMaxCredits.value(); }

// The attribute's value, or the default of the price, or an error naming what the call lacks.
absl::StatusOr<int64_t> Attribute(const MethodCall& call, const std::string& name,
                                  std::optional<int64_t> default_value) {
  for (const auto& [key, value] : call.attributes) {
    if (key == name) return value;
  }
  if (default_value) return *default_value;
  return absl::InvalidArgumentError(fmt::format(
      "method: {} is priced by the attribute \"{}\", which is missing", call.name, name));
}

absl::StatusOr<Credits> EvaluatePerUnit(const PerUnit& price, const MethodCall& call) {
  const auto value = Attribute(
      call, price.attribute(),
      price.has_default_value() ? std::optional<int64_t>(price.default_value()) : std::nullopt);
  if (!value.ok()) return value.status();
  const int64_t units = price.units() == 0 ? 1 : price.units();
  const int64_t groups = *value / units + (*value % units != 0 ? 1 : 0);
  const int64_t ceiling = price.has_ceiling() ? price.ceiling() : kMaxCredits.value();
  if (price.credits() != 0 && groups > ceiling / price.credits()) {
    if (price.has_ceiling()) return Credits(ceiling);
    return absl::InvalidArgumentError(
        fmt::format("method: {} comes to more than {} credits", call.name, kMaxCredits.value()));
  }
  return Credits(groups * price.credits());
}

absl::StatusOr<Credits> EvaluateSteps(const Steps& price, const MethodCall& call) {
  const auto value = Attribute(
      call, price.attribute(),
      price.has_default_value() ? std::optional<int64_t>(price.default_value()) : std::nullopt);
  if (!value.ok()) return value.status();
  for (const auto& step : price.steps()) {
    if (!step.has_up_to() || *value <= step.up_to()) return Credits(step.credits());
  }
  return absl::InvalidArgumentError(fmt::format("method: {}: {} is {}; the price ends at {}",
                                                call.name, price.attribute(), *value,
                                                price.steps().rbegin()->up_to()));
}

absl::Status CheckPerUnit(const Price& price) {
  const PerUnit& per_unit = price.per_unit();
  if (per_unit.attribute().empty()) {
    return absl::InvalidArgumentError(
        fmt::format("price of {}: attribute is empty", price.methods(0)));
  }
  if (!InRange(per_unit.credits()) || per_unit.units() < 0 || !InRange(per_unit.ceiling()) ||
      per_unit.default_value() < 0) {
    return absl::InvalidArgumentError(fmt::format(
        "price of {}: credits, units, ceiling or default_value out of range", price.methods(0)));
  }
  return absl::OkStatus();
}

absl::Status CheckSteps(const Price& price) {
  const Steps& steps = price.steps();
  if (steps.attribute().empty() || steps.steps().empty()) {
    return absl::InvalidArgumentError(
        fmt::format("price of {}: steps need an attribute and a step", price.methods(0)));
  }
  if (steps.default_value() < 0) {
    return absl::InvalidArgumentError(
        fmt::format("price of {}: default_value out of range", price.methods(0)));
  }
  for (int i = 0; i < steps.steps_size(); ++i) {
    if (!InRange(steps.steps(i).credits())) {
      return absl::InvalidArgumentError(
          fmt::format("price of {}: step {}: credits out of range", price.methods(0), i + 1));
    }
    const bool last = i + 1 == steps.steps_size();
    const bool rises = i == 0 || steps.steps(i).up_to() > steps.steps(i - 1).up_to();
    if (last ? steps.steps(i).has_up_to() && !rises : !steps.steps(i).has_up_to() || !rises) {
      return absl::InvalidArgumentError(
          fmt::format("price of {}: step {}: up_to must rise; only the last may leave it out",
                      price.methods(0), i + 1));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPrice(const Price& price) {
  switch (price.kind_case()) {
    case Price::kFlat:
      if (InRange(price.flat())) return absl::OkStatus();
      return absl::InvalidArgumentError(
          fmt::format("price of {}: flat: {} credits; it must be 0 to {}", price.methods(0),
                      price.flat(), kMaxCredits.value()));
    case Price::kPerUnit:
      return CheckPerUnit(price);
    case Price::kSteps:
      return CheckSteps(price);
    case Price::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      fmt::format("price of {}: one of flat, per_unit, steps is required", price.methods(0)));
}

absl::StatusOr<Credits> Evaluate(const Price& price, const MethodCall& call) {
  switch (price.kind_case()) {
    case Price::kPerUnit:
      return EvaluatePerUnit(price.per_unit(), call);
    case Price::kSteps:
      return EvaluateSteps(price.steps(), call);
    default:
      return Credits(price.flat());
  }
}

}  // namespace quota::ledger
