#include "tests/ledger/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "absl/time/time.h"
#include "common/absl_view.h"

namespace quota::ledger {
namespace {

constexpr std::string_view kArrow = "->";

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

Statement::Statement(std::string_view line) {
  const size_t arrow = line.find(kArrow);
  if (arrow != std::string_view::npos) {
    // Figures have commas too, without a space behind them.
    for (std::string_view rest = line.substr(arrow + kArrow.size()); !rest.empty();) {
      const size_t comma = std::min(rest.find(", "), rest.size());
      expected_.emplace_back(Trimmed(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 2, rest.size()));
    }
    if (expected_.empty()) AddMistake("nothing is expected behind the arrow");
  }
  std::istringstream words{std::string(line.substr(0, arrow))};
  words >> verb_;
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      words_.push_back(word);
    } else if (!options_.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      AddMistake(fmt::format("{} is given twice", word.substr(0, equals)));
    }
  }
}

std::string_view Statement::Word(std::string_view what) {
  if (words_.empty()) {
    AddMistake(fmt::format("{} is missing", what));
    return "-";
  }
  taken_.push_back(words_.front());
  words_.erase(words_.begin());
  return taken_.back();
}

bool Statement::Flag(std::string_view name) {
  return std::erase_if(words_, [name](const std::string& word) { return word == name; }) != 0;
}

std::optional<std::string_view> Statement::Text(std::string_view name) {
  const auto found = options_.find(name);
  if (found == options_.end()) return std::nullopt;
  taken_.push_back(found->second);
  options_.erase(found);
  return taken_.back();
}

std::optional<int64_t> Statement::Number(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  return ToNumber(*text);
}

std::optional<absl::CivilDay> Statement::Day(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  absl::CivilDay day;
  if (!absl::ParseCivilTime(AbslView(*text), &day)) AddMistake(fmt::format("{} is no day", *text));
  return day;
}

std::optional<Duration> Statement::Span(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  return ToSpan(*text);
}

std::vector<std::pair<std::string_view, int64_t>> Statement::OtherNumbers() {
  std::vector<std::pair<std::string_view, int64_t>> numbers;
  while (!options_.empty()) {
    taken_.push_back(options_.begin()->first);
    const std::string& name = taken_.back();
    numbers.emplace_back(name, *Number(name));
  }
  return numbers;
}

int64_t Statement::ToNumber(std::string_view word) {
  std::string digits(word);
  std::erase(digits, ',');
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    AddMistake(fmt::format("{} is no number", word));
  }
  return number;
}

Instant Statement::ToInstant(std::string_view word) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%dT%H:%M%Ez", AbslView(word), &time, &error)) {
    AddMistake(fmt::format("{} is no instant: {}", word, error));
    return {};
  }
  return Instant(Duration(absl::ToUnixMicros(time)));
}

Duration Statement::ToSpan(std::string_view word) {
  absl::Duration span;
  if (!absl::ParseDuration(AbslView(word), &span)) {
    AddMistake(fmt::format("{} is no span of time", word));
  }
  return Duration(absl::ToInt64Microseconds(span));
}

std::vector<std::string> Statement::Mistakes() const {
  std::vector<std::string> mistakes = mistakes_;
  for (const std::string& word : words_) {
    mistakes.push_back(fmt::format("{} does not know the word {}", verb_, word));
  }
  for (const auto& [name, value] : options_) {
    mistakes.push_back(fmt::format("{} has no option {}", verb_, name));
  }
  return mistakes;
}

std::string Grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (size_t place = digits.size(); place > 3;) digits.insert(place -= 3, 1, ',');
  return digits;
}

}  // namespace quota::ledger
