// quotactl replay: charges the requests of an access log through a running server.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/log_arguments.h"
#include "client/quotactl/replay.h"
#include "client/quotactl/replay_report.h"
#include "client/quotactl/request_log.h"
#include "client/quotactl/text_format.h"
#include "common/status.h"

namespace quota::client {
namespace {

// Where stderr is no terminal, a line this often.
constexpr Duration kReplayLineInterval = std::chrono::seconds(10);

constexpr char kReplayExamples[] =
    "  quotactl replay --format combined --default-org acme access.log\n"
    "  quotactl replay --regex-file openstack.regex --prices openstack.prices \\\n"
    "      --default-org metadata --create-orgs enterprise nova-api.log\n"
    "  zcat access.log.1.gz | quotactl replay --format common --speed 10 -\n"
    "\n"
    "A regular expression (RE2) names its groups method and path, and optionally time, status,\n"
    "duration and org: '(?P<method>[A-Z]+) (?P<path>\\S+) .* (?P<duration>[0-9.]+)$'.\n"
    "A price file has lines METHOD PATH PRICE, such as 'GET /tickets/* 1'. See docs/cli.md.";

struct ReplayArguments {
  LogArguments log;
  std::string speed = "max";
  ReplayOptions options;
};

// What a command line and its files come to.
struct ReplayPlan {
  LogReading log;
  ReplayOptions options;
};

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
  QUOTA_ASSIGN_OR_RETURN(LogReading log, args.log.Read());
  QUOTA_ASSIGN_OR_RETURN(const std::optional<double> speed, SpeedOf(args.speed));
  if (speed.has_value() && !log.parser.has_time()) {
    return absl::InvalidArgumentError(
        "--speed needs the time of each request: give the regex a group (?P<time>...)");
  }
  ReplayOptions options = args.options;
  options.speed = speed;
  return ReplayPlan{std::move(log), std::move(options)};
}

// Feeds the requests of one input to `replay`.
absl::Status ReplayInput(std::istream& in, const ReplayPlan& plan, const std::string& default_org,
                         Replay& replay, LogLineCounts& counts) {
  RequestLog log(in, plan.log.parser, default_org, counts);
  while (log.Next()) {
    const AccessLogRequest& request = log.request();
    QUOTA_RETURN_IF_ERROR(
        replay.Add(request.org, request, plan.log.prices.PriceOf(request.method, request.path)));
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
    if (now - *last_line < kReplayLineInterval) return;
    *last_line = now;
    environment.err << FormatAmount(calls) << " calls" << std::endl;
  };
}

ExitCode RunReplay(Command& command, const ReplayArguments& args) {
  const absl::StatusOr<ReplayPlan> plan = PlanOf(args);
  if (!plan.ok()) return RefuseArguments(command, "replay", plan.status());
  const auto inputs = args.log.Open();
  if (!inputs.ok()) return RefuseArguments(command, "replay", inputs.status());
  const auto client = command.NewClient();
  if (!client.ok()) return command.Fail(client.status());
  const auto admin = command.NewAdminClient();
  if (!admin.ok()) return command.Fail(admin.status());

  Replay replay(**client, **admin, plan->options, ShowProgress(command.environment));
  LogLineCounts counts;
  absl::Status status;
  for (const auto& input : *inputs) {
    std::istream& in = input == nullptr ? command.environment.in : *input;
    status = ReplayInput(in, *plan, args.log.default_org, replay, counts);
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
  if (!status.ok()) return RefuseArguments(command, "replay", status);
  return ExitCode::kOk;
}

}  // namespace

void AddReplayCommand(CLI::App& app, Command& command) {
  CLI::App* replay =
      AddCommand(app, "replay", "Charges the requests of an access log, as an API gateway would",
                 kReplayExamples);
  auto args = std::make_shared<ReplayArguments>();
  args->log.AddTo(*replay);
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
