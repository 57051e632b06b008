#include "client/quotactl/arguments.h"

#include <charconv>
#include <limits>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace quota::client {
namespace {

// absl would read "+5s", blanks and years of any length, too.
bool LooksLikeDate(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9')) return false;
  }
  return true;
}

// The number, where it is one and fits T.
template <class T>
T ParseNumber(const std::string& name, const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  throw CLI::ValidationError(
      name, absl::StrCat("'", text, "' is no whole number from ", std::numeric_limits<T>::min(),
                         " to ", std::numeric_limits<T>::max()));
}

template <class T, class Target>
CLI::Option* AddNumberOf(CLI::App& app, const std::string& name, Target& target,
                         const std::string& description) {
  return app
      .add_option_function<std::string>(
          name, [name, &target](const std::string& text) { target = ParseNumber<T>(name, text); },
          description)
      ->type_name("N");
}

}  // namespace

CLI::Option* AddNumber(CLI::App& app, const std::string& name, int64_t& target,
                       const std::string& description) {
  return AddNumberOf<int64_t>(app, name, target, description);
}

CLI::Option* AddNumber(CLI::App& app, const std::string& name, std::optional<int64_t>& target,
                       const std::string& description) {
  return AddNumberOf<int64_t>(app, name, target, description);
}

CLI::Option* AddNumber(CLI::App& app, const std::string& name, int32_t& target,
                       const std::string& description) {
  return AddNumberOf<int32_t>(app, name, target, description);
}

CLI::Option* AddNumber(CLI::App& app, const std::string& name, uint32_t& target,
                       const std::string& description) {
  return AddNumberOf<uint32_t>(app, name, target, description);
}

CLI::Option* AddDuration(CLI::App& app, const std::string& name, std::optional<Duration>& target,
                         const std::string& description) {
  return app
      .add_option_function<std::string>(
          name,
          [name, &target](const std::string& text) {
            absl::Duration duration;
            if (!absl::ParseDuration(text, &duration) || duration == absl::InfiniteDuration() ||
                duration == -absl::InfiniteDuration()) {
              throw CLI::ValidationError(
                  name, absl::StrCat("'", text, "' is no duration: write 500ms, 60s or 1m30s"));
            }
            target = Duration(absl::ToInt64Microseconds(duration));
          },
          description)
      ->type_name("DURATION");
}

CLI::Option* AddDate(CLI::App& app, const std::string& name, std::optional<v1::Date>& target,
                     const std::string& description) {
  return app
      .add_option_function<std::string>(
          name,
          [name, &target](const std::string& text) {
            absl::CivilDay day;
            if (!LooksLikeDate(text) || !absl::ParseCivilTime(text, &day)) {
              throw CLI::ValidationError(
                  name,
                  absl::StrCat("'", text, "' is no day: write YYYY-MM-DD, such as 2026-01-31"));
            }
            target.emplace();
            target->set_year(static_cast<int32_t>(day.year()));
            target->set_month(day.month());
            target->set_day(day.day());
          },
          description)
      ->type_name("DAY");
}

void CostArguments::AddTo(CLI::App& app) {
  CLI::Option_group* group = app.add_option_group("What the call costs");
  AddNumber(*group, "--credits", credits, "So many credits");
  CLI::Option* method_option =
      group->add_option("--method", method, "What the catalog asks for this method")
          ->type_name("NAME");
  group->require_option(1);
  app.add_option_function<std::vector<std::string>>(
         "--attribute",
         [this](const std::vector<std::string>& pairs) {
           for (const std::string& pair : pairs) {
             const size_t equals = pair.find('=');
             int64_t value = 0;
             if (equals == std::string::npos || equals == 0 ||
                 !absl::SimpleAtoi(pair.substr(equals + 1), &value)) {
               throw CLI::ValidationError(
                   "--attribute",
                   absl::StrCat("'", pair, "' is no attribute: write NAME=NUMBER, as from=100"));
             }
             attributes[pair.substr(0, equals)] = value;
           }
         },
         "What the method's price depends on; may be given more than once")
      ->type_name("NAME=NUMBER")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->needs(method_option);
}

Cost CostArguments::ToCost() const {
  if (credits.has_value()) return Credits(*credits);
  v1::MethodCall call;
  call.set_name(method);
  call.mutable_attributes()->insert(attributes.begin(), attributes.end());
  return call;
}

}  // namespace quota::client
