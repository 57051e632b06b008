// Which organisation the next operation is for.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace quota::bench {

using Random = std::mt19937_64;

// Numbers organisations from 0; where one is more likely than the rest, it is 0. Immutable, so that
// all threads of a run share one, each with a Random of its own.
class OrgChooser {
 public:
  // Each of `orgs` (1 or more) is as likely.
  static OrgChooser Uniform(uint32_t orgs);
  // The k-th, from 1, is chosen in proportion to 1 / k^exponent (0 or more).
  static OrgChooser Zipf(uint32_t orgs, double exponent);
  // 0 has `share` (0 to 1) of all; the others share the rest evenly.
  static OrgChooser Hot(uint32_t orgs, double share);

  // "uniform", "zipf:EXPONENT" or "hot:SHARE"; INVALID_ARGUMENT that says so.
  static absl::StatusOr<OrgChooser> Parse(std::string_view text, uint32_t orgs);

  uint32_t Next(Random& random) const;
  uint32_t orgs() const { return orgs_; }

 private:
  // Walker's alias method, as Vose builds its table: a cell is chosen evenly, and gives itself with
  // its chance, else its alias. One step whatever the distribution is.
  struct Cell {
    // Of 2^32.
    uint32_t chance;
    uint32_t alias;
  };

  explicit OrgChooser(uint32_t orgs) : orgs_(orgs) {}
  static OrgChooser Weighted(const std::vector<double>& weights);

  uint32_t orgs_;
  // Empty: uniform.
  std::vector<Cell> cells_;
};

}  // namespace quota::bench
