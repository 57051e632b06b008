// What a run found wrong. A run ends at its first finding: what follows would be its consequence.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace quota::simulation {

class Findings {
 public:
  // "invariant 2: what was seen", with the invariant's number in docs/design.md.
  template <typename... Args>
  void Add(int invariant, fmt::format_string<Args...> format, Args&&... args) {
    if (texts_.size() >= kMost) return;
    texts_.push_back(fmt::format("invariant {}: {}", invariant,
                                 fmt::format(format, std::forward<Args>(args)...)));
  }

  bool any() const { return !texts_.empty(); }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  // The first tells what happened; a few more may help.
  static constexpr size_t kMost = 5;

  std::vector<std::string> texts_;
};

}  // namespace quota::simulation
