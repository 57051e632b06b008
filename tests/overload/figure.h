// What a scenario measured, and how good it must be.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace quota::test {

struct Figure {
  std::string what;
  double value = 0;
  std::string unit;
  // It is to be no more than this, on a machine that has nothing else to do. Absent: it is told
  // only.
  std::optional<double> aim = {};
  // More than this is a defect whatever else the machine does. Absent: the aim.
  std::optional<double> bound = {};

  // Whether it is no defect.
  bool IsWithinBound() const { return value <= (bound ? bound : aim).value_or(value); }
};

using Figures = std::vector<Figure>;

}  // namespace quota::test
