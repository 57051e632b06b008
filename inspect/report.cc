#include "inspect/report.h"

#include <utility>

namespace quota::inspect {

void Report::Add(std::string where, std::string what) {
  ++found_;
  if (findings_.size() < kMostFindings) findings_.push_back({std::move(where), std::move(what)});
}

}  // namespace quota::inspect
