// quotactl health: the standard gRPC health check, for probes.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "client/health.h"
#include "client/quotactl/command.h"

namespace quota::client {
namespace {

const char* Name(ServingStatus status) {
  switch (status) {
    case ServingStatus::kServing:
      return "SERVING";
    case ServingStatus::kNotServing:
      return "NOT_SERVING";
    case ServingStatus::kServiceUnknown:
      return "SERVICE_UNKNOWN";
    case ServingStatus::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

}  // namespace

void AddHealthCommand(CLI::App& app, Command& command) {
  CLI::App* health =
      AddCommand(app, "health", "Asks whether the server is serving; exit code 0 or 4",
                 "  quotactl health\n"
                 "  quotactl health --timeout 1s && echo up");
  auto service = std::make_shared<std::string>();
  health->add_option("--service", *service, "One service; default: the server as a whole")
      ->type_name("NAME");
  SetAction(*health, command, [service](Command& c) {
    const absl::StatusOr<ServingStatus> status = CheckHealth(c.client_options(), *service);
    if (!status.ok()) return c.Fail(status.status());
    if (c.json) {
      c.out() << nlohmann::ordered_json({{"status", Name(*status)}}).dump(1) << '\n';
    } else {
      c.out() << Name(*status) << '\n';
    }
    return *status == ServingStatus::kServing ? ExitCode::kOk : ExitCode::kUnavailable;
  });
}

}  // namespace quota::client
