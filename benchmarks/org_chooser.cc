#include "benchmarks/org_chooser.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace quota::bench {
namespace {

// A number below `bound`, from 32 random bits. The error is below bound / 2^32.
uint32_t Below(uint32_t bound, uint32_t bits) {
  return static_cast<uint32_t>((static_cast<uint64_t>(bits) * bound) >> 32);
}

}  // namespace

OrgChooser OrgChooser::Uniform(uint32_t orgs) { return OrgChooser(orgs); }

OrgChooser OrgChooser::Zipf(uint32_t orgs, double exponent) {
  std::vector<double> weights(orgs);
  for (uint32_t i = 0; i < orgs; ++i) weights[i] = std::pow(i + 1.0, -exponent);
  return Weighted(weights);
}

OrgChooser OrgChooser::Hot(uint32_t orgs, double share) {
  if (orgs == 1) return Uniform(1);
  std::vector<double> weights(orgs, (1 - share) / (orgs - 1));
  weights[0] = share;
  return Weighted(weights);
}

OrgChooser OrgChooser::Weighted(const std::vector<double>& weights) {
  const auto orgs = static_cast<uint32_t>(weights.size());
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  // Scaled so that the mean is 1: what a cell lacks to 1 is filled from one that has more.
  std::vector<double> scaled(orgs);
  std::vector<uint32_t> poor;
  std::vector<uint32_t> rich;
  for (uint32_t i = 0; i < orgs; ++i) {
    scaled[i] = weights[i] * orgs / sum;
    (scaled[i] < 1 ? poor : rich).push_back(i);
  }
  constexpr double kFull = 4294967295.0;
  OrgChooser chooser(orgs);
  chooser.cells_.resize(orgs);
  while (!poor.empty() && !rich.empty()) {
    const uint32_t lacking = poor.back();
    const uint32_t giving = rich.back();
    poor.pop_back();
    chooser.cells_[lacking] = {static_cast<uint32_t>(scaled[lacking] * kFull), giving};
    scaled[giving] -= 1 - scaled[lacking];
    if (scaled[giving] < 1) {
      rich.pop_back();
      poor.push_back(giving);
    }
  }
  // What is left is 1 but for rounding.
  for (const auto& left : {poor, rich}) {
    for (const uint32_t i : left) chooser.cells_[i] = {static_cast<uint32_t>(kFull), i};
  }
  return chooser;
}

absl::StatusOr<OrgChooser> OrgChooser::Parse(std::string_view text, uint32_t orgs) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  double figure = 0;
  const bool has_figure =
      colon != std::string_view::npos &&
      absl::SimpleAtod(absl::string_view(text.data() + colon + 1, text.size() - colon - 1),
                       &figure) &&
      std::isfinite(figure);
  if (text == "uniform") return Uniform(orgs);
  // Above 10 the second of all would be chosen once in a thousand times.
  if (name == "zipf" && has_figure && figure >= 0 && figure <= 10) return Zipf(orgs, figure);
  if (name == "hot" && has_figure && figure >= 0 && figure <= 1) return Hot(orgs, figure);
  return absl::InvalidArgumentError(
      absl::StrCat("'", std::string(text),
                   "' is none of uniform, zipf:EXPONENT (0 to 10) and hot:SHARE (0 to 1), such as "
                   "zipf:0.99 or hot:0.5"));
}

uint32_t OrgChooser::Next(Random& random) const {
  const uint64_t bits = random();
  const uint32_t cell = Below(orgs_, static_cast<uint32_t>(bits >> 32));
  if (cells_.empty()) return cell;
  return static_cast<uint32_t>(bits) <= cells_[cell].chance ? cell : cells_[cell].alias;
}

}  // namespace quota::bench
