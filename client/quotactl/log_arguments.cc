#include "client/quotactl/log_arguments.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace quota::client {
namespace {

// A regular expression that is longer would not compile within its bounds anyway.
constexpr size_t kLongestRegex = 64 << 10;

absl::StatusOr<std::string> ReadRegex(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kLongestRegex + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in && !in.eof())) return CannotRead(file);
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kLongestRegex) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": too long; a regular expression may have ", kLongestRegex, " bytes"));
  }
  absl::StripAsciiWhitespace(&text);
  return text;
}

absl::StatusOr<AccessLogFormat> FormatOf(const LogArguments& args) {
  AccessLogFormat format =
      args.format == "combined" ? AccessLogFormat::Combined() : AccessLogFormat::Common();
  if (!args.regex.empty()) format = AccessLogFormat{.regex = args.regex};
  if (!args.regex_file.empty()) {
    QUOTA_ASSIGN_OR_RETURN(std::string regex, ReadRegex(args.regex_file));
    format = AccessLogFormat{.regex = std::move(regex)};
  }
  if (!args.org_group.empty()) format.org_group = args.org_group;
  format.time_format = args.time_format;
  if (args.duration_unit == "ms") format.duration_unit = std::chrono::milliseconds(1);
  if (args.duration_unit == "us") format.duration_unit = std::chrono::microseconds(1);
  return format;
}

}  // namespace

absl::Status CannotRead(const std::string& file) {
  return absl::InvalidArgumentError(absl::StrCat("can't read ", file));
}

void LogArguments::AddTo(CLI::App& app) {
  app.add_option("LOG", files, "Access logs; '-' is the standard input")->required();
  CLI::Option* named = app.add_option("--format", format, "common or combined")
                           ->check(CLI::IsMember({"common", "combined"}))
                           ->capture_default_str();
  CLI::Option* expression =
      app.add_option("--regex", regex, "A regular expression with named groups")->excludes(named);
  app.add_option("--regex-file", regex_file, "A file that holds it")
      ->excludes(named)
      ->excludes(expression);
  app.add_option("--org-group", org_group,
                 "The group that names the organisation; default: org, in the fixed formats user");
  app.add_option("--default-org", default_org,
                 "The organisation of requests that name none; default: they are left out");
  app.add_option("--time-format", time_format,
                 "As strptime, such as '%Y-%m-%d %H:%M:%E*S'; default: the usual ones");
  app.add_option("--duration-unit", duration_unit, "Of the group duration")
      ->check(CLI::IsMember({"s", "ms", "us"}))
      ->capture_default_str();
  app.add_option("--prices", prices, "What requests cost; default: 1 credit each")
      ->type_name("FILE");
}

absl::StatusOr<LogReading> LogArguments::Read() const {
  QUOTA_ASSIGN_OR_RETURN(const AccessLogFormat log_format, FormatOf(*this));
  QUOTA_ASSIGN_OR_RETURN(AccessLogParser parser, AccessLogParser::Create(log_format));
  PriceMap price_map;
  if (!prices.empty()) {
    std::ifstream in(prices);
    if (!in) return CannotRead(prices);
    QUOTA_ASSIGN_OR_RETURN(price_map, PriceMap::Read(in, prices));
  }
  if (!parser.has_org() && default_org.empty()) {
    return absl::InvalidArgumentError(
        "the format names no organisation: give --default-org, or the regex a group (?P<org>...)");
  }
  return LogReading{std::move(parser), std::move(price_map)};
}

absl::StatusOr<std::vector<std::unique_ptr<std::ifstream>>> LogArguments::Open() const {
  std::vector<std::unique_ptr<std::ifstream>> inputs;
  for (const std::string& file : files) {
    inputs.push_back(file == "-" ? nullptr : std::make_unique<std::ifstream>(file));
    std::error_code ignored;
    if (inputs.back() != nullptr &&
        (!*inputs.back() || std::filesystem::is_directory(file, ignored))) {
      return CannotRead(file);
    }
  }
  return inputs;
}

ExitCode RefuseArguments(const Command& command, std::string_view name,
                         const absl::Status& status) {
  command.environment.err << "quotactl " << name << ": " << status.message() << '\n';
  return ExitCode::kUsage;
}

}  // namespace quota::client
