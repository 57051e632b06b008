#include "ledger/price.h"

#include <fmt/format.h>

#include <optional>

namespace quota::ledger {
namespace {

using quota::v1::PerUnit;
using quota::v1::Price;
using quota::v1::Steps;

// As many as a request may name an attribute with.
constexpr size_t kMaxAttributeBytes = 64;
// They are walked for each call.
constexpr int kMaxSteps = 1'000;

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

void CheckRange(int64_t value, int64_t min, int64_t max, const std::string& path,
                CatalogMistakes& mistakes) {
  if (value >= min && value <= max) return;
  mistakes.Add(path, fmt::format("{}; it must be {} to {}", value, min, max));
}

void CheckCredits(int64_t credits, const std::string& path, CatalogMistakes& mistakes) {
  CheckRange(credits, 0, kMaxCredits.value(), path, mistakes);
}

void CheckAttribute(const std::string& attribute, const std::string& path,
                    CatalogMistakes& mistakes) {
  if (attribute.empty()) {
    mistakes.Add(path, "it is required");
  } else if (attribute.size() > kMaxAttributeBytes) {
    mistakes.Add(path, fmt::format("{} has {} bytes; at most {}", Quoted(attribute),
                                   attribute.size(), kMaxAttributeBytes));
  }
}

void CheckPerUnit(const PerUnit& price, const std::string& path, CatalogMistakes& mistakes) {
  CheckAttribute(price.attribute(), path + ".attribute", mistakes);
  CheckCredits(price.credits(), path + ".credits", mistakes);
  CheckCredits(price.ceiling(), path + ".ceiling", mistakes);
  CheckRange(price.units(), 0, INT64_MAX, path + ".units", mistakes);
  CheckRange(price.default_value(), 0, INT64_MAX, path + ".default_value", mistakes);
}

void CheckSteps(const Steps& price, const std::string& path, CatalogMistakes& mistakes) {
  CheckAttribute(price.attribute(), path + ".attribute", mistakes);
  CheckRange(price.default_value(), 0, INT64_MAX, path + ".default_value", mistakes);
  const auto& steps = price.steps();
  if (steps.empty()) return mistakes.Add(path + ".steps", "at least one is required");
  if (steps.size() > kMaxSteps) {
    return mistakes.Add(path + ".steps",
                        fmt::format("{} steps; at most {}", steps.size(), kMaxSteps));
  }
  for (int i = 0; i < steps.size(); ++i) {
    const std::string step = fmt::format("{}.steps[{}]", path, i);
    CheckCredits(steps[i].credits(), step + ".credits", mistakes);
    if (!steps[i].has_up_to()) {
      if (i + 1 != steps.size()) mistakes.Add(step, "only the last step may leave out up_to");
      continue;
    }
    CheckRange(steps[i].up_to(), 0, INT64_MAX, step + ".up_to", mistakes);
    if (i > 0 && steps[i - 1].has_up_to() && steps[i].up_to() <= steps[i - 1].up_to()) {
      mistakes.Add(step + ".up_to", fmt::format("{}; it must be above {}, that of the step before",
                                                steps[i].up_to(), steps[i - 1].up_to()));
    }
  }
  const auto& last = *steps.rbegin();
  if (last.has_up_to() && price.default_value() > last.up_to()) {
    mistakes.Add(path + ".default_value",
                 fmt::format("{}; the price ends at {}", price.default_value(), last.up_to()));
  }
}

}  // namespace

void CheckPrice(const Price& price, const std::string& path, CatalogMistakes& mistakes) {
  switch (price.kind_case()) {
    case Price::kFlat:
      return CheckCredits(price.flat(), path + ".flat", mistakes);
    case Price::kPerUnit:
      return CheckPerUnit(price.per_unit(), path + ".per_unit", mistakes);
    case Price::kSteps:
      return CheckSteps(price.steps(), path + ".steps", mistakes);
    case Price::KIND_NOT_SET:
      mistakes.Add(path, "one of flat, per_unit and steps is required");
  }
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
