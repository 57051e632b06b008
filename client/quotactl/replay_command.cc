// quotactl replay: charges the requests of an access log through a running server.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/access_log.h"
#include "client/line_reader.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/replay.h"
#include "client/quotactl/replay_report.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

// Where stderr is no terminal, a line this often.
constexpr Duration kLineInterval = std::chrono::seconds(10);

constexpr char kExamples[] =
    "  quotactl replay --format combined --default-org acme access.log\n"
    "  quotactl replay --regex-file openstack.regex --prices openstack.prices \\\n"
    "      --default-org metadata --create-orgs enterprise nova-api.log\n"
    "  zcat access.log.1.gz | quotactl replay --format common --speed 10 -\n"
    "\n"
    "A regular expression (RE2) names its groups method and path, and optionally time, status,\n"
    "duration and org: '(?P<method>[A-Z]+) (?P<path>\\S+) .* (?P<duration>[0-9.]+)$'.\n"
    "A price file has lines METHOD PATH PRICE, such as 'GET /tickets/* 1'. See docs/cli.md.";

struct ReplayArguments {
  std::vector<std::string> files;
  std::string format = "common";
  std::string regex;
  std::string regex_file;
  std::string org_group;
  std::string default_org;
  std::string duration_unit = "s";
  std::string time_format;
  std::string prices;
  std::string speed = "max";
  ReplayOptions options;
};

// What a command line and its files come to.
struct ReplayPlan {
  AccessLogParser parser;
  PriceMap prices;
  ReplayOptions options;
};

absl::Status CannotRead(const std::string& file) {
  return absl::InvalidArgumentError(absl::StrCat("can't read ", file));
}

absl::StatusOr<AccessLogFormat> FormatOf(const ReplayArguments& args) {
  AccessLogFormat format =
      args.format == "combined" ? AccessLogFormat::Combined() : AccessLogFormat::Common();
  if (!args.regex.empty()) format = AccessLogFormat{.regex = args.regex};
  if (!args.regex_file.empty()) {
    std::ifstream in(args.regex_file);
    std::stringstream text;
    if (!in || !(text << in.rdbuf())) return CannotRead(args.regex_file);
    format = AccessLogFormat{.regex = std::string(absl::StripAsciiWhitespace(text.str()))};
  }
  if (!args.org_group.empty()) format.org_group = args.org_group;
  format.time_format = args.time_format;
  if (args.duration_unit == "ms") format.duration_unit = std::chrono::milliseconds(1);
  if (args.duration_unit == "us") format.duration_unit = std::chrono::microseconds(1);
  return format;
}

absl::StatusOr<std::optional<double>> SpeedOf(const std::string& text) {
  if (text == "max") return std::optional<double>();
  double speed = 0;
  if (!absl::SimpleAtod(text, &speed) || !(speed >= 0.001 && speed <= 1e6)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--speed: '", text, "' is neither 'max' nor a number from 0.001 to 1000000"));
  }
  return std::optional<double>(speed);
}

absl::StatusOr<ReplayPlan> PlanOf(const ReplayArguments& args) {
  absl::StatusOr<AccessLogFormat> format = FormatOf(args);
  if (!format.ok()) return format.status();
  absl::StatusOr<AccessLogParser> parser = AccessLogParser::Create(*format);
  if (!parser.ok()) return parser.status();
  PriceMap prices;
  if (!args.prices.empty()) {
    std::ifstream in(args.prices);
    if (!in) return CannotRead(args.prices);
    absl::StatusOr<PriceMap> read = PriceMap::Read(in, args.prices);
    if (!read.ok()) return read.status();
    prices = *std::move(read);
  }
  const absl::StatusOr<std::optional<double>> speed = SpeedOf(args.speed);
  if (!speed.ok()) return speed.status();
  if (speed->has_value() && !parser->has_time()) {
    return absl::InvalidArgumentError(
        "--speed needs the time of each request: give the regex a group (?P<time>...)");
  }
  if (!parser->has_org() && args.default_org.empty()) {
    return absl::InvalidArgumentError(
        "the format names no organisation: give --default-org, or the regex a group (?P<org>...)");
  }
  ReplayOptions options = args.options;
  options.speed = *speed;
  return ReplayPlan{*std::move(parser), std::move(prices), std::move(options)};
}

// Feeds the requests of one input to `replay`.
absl::Status ReplayInput(std::istream& in, const ReplayPlan& plan, const std::string& default_org,
                         Replay& replay, LogLineCounts& counts) {
  LineReader reader(in);
  AccessLogRequest request;
  while (reader.Next()) {
    ++counts.lines;
    if (reader.truncated()) {
      ++counts.too_long;
      continue;
    }
    switch (plan.parser.Parse(reader.line(), request)) {
      case AccessLogLine::kOther:
        ++counts.other;
        continue;
      case AccessLogLine::kUnreadable:
        ++counts.unreadable;
        continue;
      case AccessLogLine::kRequest:
        ++counts.requests;
        break;
    }
    const std::string_view org = request.org.empty() ? default_org : request.org;
    if (org.empty()) {
      ++counts.without_org;
      continue;
    }
    absl::Status added =
        replay.Add(org, request, plan.prices.PriceOf(request.method, request.path));
    if (!added.ok()) return added;
  }
  return absl::OkStatus();
}

Replay::Progress ShowProgress(const Environment& environment) {
  const SteadyTime time;
  auto last_line = std::make_shared<Duration>(time.Elapsed());
  return [&environment, last_line](int64_t calls) {
    if (environment.err_is_terminal) {
      environment.err << '\r' << FormatAmount(calls) << " calls " << std::flush;
      return;
    }
    const Duration now = SteadyTime().Elapsed();
    if (now - *last_line < kLineInterval) return;
    *last_line = now;
    environment.err << FormatAmount(calls) << " calls" << std::endl;
  };
}

ExitCode UsageError(const Command& command, const absl::Status& status) {
  command.environment.err << "quotactl replay: " << status.message() << '\n';
  return ExitCode::kUsage;
}

// Opens all before the first call is made: half a replay because of a wrong name is no use.
absl::StatusOr<std::vector<std::unique_ptr<std::ifstream>>> OpenAll(
    const std::vector<std::string>& files) {
  std::vector<std::unique_ptr<std::ifstream>> inputs;
  for (const std::string& file : files) {
    // Null stands for the standard input.
    inputs.push_back(file == "-" ? nullptr : std::make_unique<std::ifstream>(file));
    std::error_code ignored;
    if (inputs.back() != nullptr &&
        (!*inputs.back() || std::filesystem::is_directory(file, ignored))) {
      return CannotRead(file);
    }
  }
  return inputs;
}

ExitCode RunReplay(Command& command, const ReplayArguments& args) {
  const absl::StatusOr<ReplayPlan> plan = PlanOf(args);
  if (!plan.ok()) return UsageError(command, plan.status());
  const auto inputs = OpenAll(args.files);
  if (!inputs.ok()) return UsageError(command, inputs.status());
  const auto client = command.NewClient();
  if (!client.ok()) return command.Fail(client.status());
  const auto admin = command.NewAdminClient();
  if (!admin.ok()) return command.Fail(admin.status());

  Replay replay(**client, **admin, plan->options, ShowProgress(command.environment));
  LogLineCounts counts;
  absl::Status status;
  for (const auto& input : *inputs) {
    std::istream& in = input == nullptr ? command.environment.in : *input;
    status = ReplayInput(in, *plan, args.default_org, replay, counts);
    if (!status.ok()) break;
  }
  const ReplayReport report = replay.Finish();
  if (command.environment.err_is_terminal) command.environment.err << '\r' << std::flush;
  PrintReplayReport(command, counts, report);
  if (!report.first_failure.ok()) {
    command.environment.err << (report.stopped ? "stopped: too many calls failed, such as\n"
                                               : "some calls failed, such as\n");
    return command.Fail(report.first_failure);
  }
  if (!status.ok()) return UsageError(command, status);
  return ExitCode::kOk;
}

void AddLogOptions(CLI::App& app, ReplayArguments& args) {
  app.add_option("LOG", args.files, "Access logs; '-' is the standard input")->required();
  CLI::Option* format = app.add_option("--format", args.format, "common or combined")
                            ->check(CLI::IsMember({"common", "combined"}))
                            ->capture_default_str();
  CLI::Option* regex =
      app.add_option("--regex", args.regex, "A regular expression with named groups")
          ->excludes(format);
  app.add_option("--regex-file", args.regex_file, "A file that holds it")
      ->excludes(format)
      ->excludes(regex);
  app.add_option("--org-group", args.org_group,
                 "The group that names the organisation; default: org, in the fixed formats user");
  app.add_option("--default-org", args.default_org,
                 "The organisation of requests that name none; default: they are left out");
  app.add_option("--time-format", args.time_format,
                 "As strptime, such as '%Y-%m-%d %H:%M:%E*S'; default: the usual ones");
  app.add_option("--duration-unit", args.duration_unit, "Of the group duration")
      ->check(CLI::IsMember({"s", "ms", "us"}))
      ->capture_default_str();
  app.add_option("--prices", args.prices, "What requests cost; default: 1 credit each")
      ->type_name("FILE");
}

}  // namespace

void AddReplayCommand(CLI::App& app, Command& command) {
  CLI::App* replay = AddCommand(
      app, "replay", "Charges the requests of an access log, as an API gateway would", kExamples);
  auto args = std::make_shared<ReplayArguments>();
  AddLogOptions(*replay, *args);
  replay
      ->add_option("--speed", args->speed,
                   "max: as fast as possible, nothing is held for its duration; N: N times as "
                   "fast as recorded")
      ->capture_default_str();
  AddNumber(*replay, "--in-flight", args->options.in_flight,
            "Calls of one organisation at a time; default: its concurrency limit, and "
            "with a speed no limit")
      ->check(CLI::Range(1, 1'000'000));
  AddNumber(*replay, "--workers", args->options.workers, "Calls of all organisations at a time")
      ->check(CLI::Range(1, 256))
      ->default_str(absl::StrCat(args->options.workers));
  replay
      ->add_option("--create-orgs", args->options.create_edition,
                   "Create unknown organisations with this edition")
      ->type_name("EDITION");
  AddNumber(*replay, "--agents", args->options.create_agents, "Agents of those that are created")
      ->default_str(absl::StrCat(args->options.create_agents));
  AddNumber(*replay, "--max-failures", args->options.most_failures,
            "Stop after so many calls that failed")
      ->check(CLI::Range(1, 1'000'000'000))
      ->default_str(absl::StrCat(args->options.most_failures));
  SetAction(*replay, command, [args](Command& c) { return RunReplay(c, *args); });
}

}  // namespace quota::client
