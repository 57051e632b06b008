// A statement of a worked example: a verb, what it says more, and what it is expected to come to.
//
//   charge c1 method=tickets.list from=3000 -> charged 5, remaining 25,995
//
// Parts are taken one by one by who runs the statement; Mistakes() tells what made no sense and
// what nobody took, so that nothing that is written has no meaning.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/clock.h"

namespace quota::ledger {

// Not thread-safe. Views that it returns live as long as it does.
class Statement {
 public:
  explicit Statement(std::string_view line);

  std::string_view verb() const { return verb_; }
  // The facts behind the arrow.
  const std::vector<std::string>& expected() const { return expected_; }

  // The next word that must be there.
  std::string_view Word(std::string_view what);
  // Whether the word `name` is there.
  bool Flag(std::string_view name);
  // Options, name=value.
  std::optional<std::string_view> Text(std::string_view name);
  std::optional<int64_t> Number(std::string_view name);
  std::optional<absl::CivilDay> Day(std::string_view name);
  std::optional<Duration> Span(std::string_view name);
  // All options that are left, as numbers, by name.
  std::vector<std::pair<std::string_view, int64_t>> OtherNumbers();

  // Words that are an instant (2025-11-03T09:00-08:00) or a span of time (90s, 25h).
  Instant ToInstant(std::string_view word);
  Duration ToSpan(std::string_view word);

  void AddMistake(std::string mistake) { mistakes_.push_back(std::move(mistake)); }
  std::vector<std::string> Mistakes() const;

 private:
  int64_t ToNumber(std::string_view word);

  std::string verb_;
  // What nobody has taken yet.
  std::vector<std::string> words_;
  std::map<std::string, std::string, std::less<>> options_;
  // What somebody has taken: the views' owner.
  std::deque<std::string> taken_;
  std::vector<std::string> expected_;
  std::vector<std::string> mistakes_;
};

// 25,997
std::string Grouped(int64_t number);

}  // namespace quota::ledger
