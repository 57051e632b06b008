#include "benchmarks/mix.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace quota::bench {
namespace {

constexpr std::array<std::string_view, kOps> kOpNames = {"reserve", "commit", "charge", "usage"};
constexpr std::array<std::string_view, kWorks> kWorkNames = {"reserve+commit", "reserve", "charge",
                                                             "usage"};
constexpr uint32_t kMaxWeight = 1'000'000;

}  // namespace

std::string_view NameOf(Op op) { return kOpNames[static_cast<size_t>(op)]; }
std::string_view NameOf(Work work) { return kWorkNames[static_cast<size_t>(work)]; }

Op FirstOp(Work work) {
  switch (work) {
    case Work::kReserveCommit:
    case Work::kReserve:
      return Op::kReserve;
    case Work::kCharge:
      return Op::kCharge;
    case Work::kUsage:
      return Op::kUsage;
  }
  return Op::kReserve;
}

absl::StatusOr<Mix> Mix::Parse(std::string_view text) {
  const absl::Status mistake = absl::InvalidArgumentError(absl::StrCat(
      "'", std::string(text),
      "' is no mix: give one of reserve+commit, reserve, charge, usage, or several with whole "
      "weights, such as reserve+commit=80,charge=15,usage=5"));
  Mix mix;
  int kinds = 0;
  const std::vector<std::string> parts = absl::StrSplit(std::string(text), ',');
  for (const std::string& part : parts) {
    const size_t equals = part.find('=');
    uint32_t weight = 1;
    if (equals != std::string::npos && (!absl::SimpleAtoi(part.substr(equals + 1), &weight) ||
                                        weight < 1 || weight > kMaxWeight)) {
      return mistake;
    }
    size_t work = 0;
    while (work < kWorks && kWorkNames[work] != part.substr(0, equals)) ++work;
    if (work == kWorks || mix.weights_[work] > 0) return mistake;
    mix.weights_[work] = weight;
    mix.sum_ += weight;
    mix.only_ = static_cast<Work>(work);
    ++kinds;
  }
  mix.single_ = kinds == 1;
  return mix;
}

Work Mix::Next(Random& random) const {
  if (single_) return only_;
  auto at = static_cast<uint32_t>(random() % sum_);
  size_t work = 0;
  while (at >= weights_[work]) at -= weights_[work++];
  return static_cast<Work>(work);
}

double Mix::MeanOperations() const {
  const uint32_t pairs = weights_[static_cast<size_t>(Work::kReserveCommit)];
  return 1 + static_cast<double>(pairs) / sum_;
}

}  // namespace quota::bench
