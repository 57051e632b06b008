// What a run is made of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "benchmarks/org_chooser.h"

namespace quota::bench {

// One operation of the API, as it is counted and timed.
enum class Op : uint8_t { kReserve, kCommit, kCharge, kUsage };
inline constexpr size_t kOps = 4;
std::string_view NameOf(Op op);

// What is started as one piece: kReserveCommit sends the Commit once its grant has arrived.
enum class Work : uint8_t { kReserveCommit, kReserve, kCharge, kUsage };
inline constexpr size_t kWorks = 4;
std::string_view NameOf(Work work);

// The operation that starts it.
Op FirstOp(Work work);

// How often each kind of work is started.
class Mix {
 public:
  // "reserve+commit", or several with weights: "reserve+commit=80,charge=15,usage=5". Names are
  // reserve+commit, reserve, charge and usage. INVALID_ARGUMENT that says so.
  static absl::StatusOr<Mix> Parse(std::string_view text);

  Work Next(Random& random) const;
  bool Has(Work work) const { return weights_[static_cast<size_t>(work)] > 0; }
  // Operations for each work that is started, on average.
  double MeanOperations() const;

 private:
  std::array<uint32_t, kWorks> weights_{};
  uint32_t sum_ = 0;
  // The only one, where there is one.
  Work only_ = Work::kReserveCommit;
  bool single_ = false;
};

}  // namespace quota::bench
