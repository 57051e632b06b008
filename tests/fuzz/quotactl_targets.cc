// What quotactl reads of files, of its command line, and of servers.
#include <sys/mman.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <vector>

#include "client/grpc_status.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/org_facts.h"
#include "client/quotactl/position_file.h"
#include "client/quotactl/text_format.h"
#include "common/check.h"
#include "common/status.h"
#include "grpcpp/support/status.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/fuzz_target.h"

namespace quota::client {

FUZZ_TARGET(org_table) {
  static const std::shared_ptr<const ledger::Catalog> catalog = test::TestCatalog();
  const ledger::CatalogRevision& revision = catalog->At(test::kNoon);
  OrgFacts defaults;
  defaults.plan.data_center = revision.data_centers().front().name;
  std::istringstream in{std::string(input)};
  const auto table = OrgTable::Read(in, "fuzz", revision, defaults);
  if (!table.ok()) {
    QUOTA_CHECK(table.status().code() == absl::StatusCode::kInvalidArgument);
    return;
  }
  const OrgFacts& facts = table->Of("acme");
  QUOTA_CHECK(facts.plan.agents >= 0 && facts.additional >= kZeroCredits);
  QUOTA_CHECK(!facts.plan.data_center.empty());
}

FUZZ_TARGET(position_file) {
  const int file = memfd_create("position", 0);
  QUOTA_CHECK(file >= 0);
  QUOTA_CHECK(write(file, input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  const auto position = PositionFile("/proc/self/fd/" + std::to_string(file)).Read();
  close(file);
  QUOTA_CHECK(position.ok() || position.status().code() == absl::StatusCode::kFailedPrecondition);
}

// Figures of a server that may be newer, or none of ours.
FUZZ_TARGET(text_format) {
  fuzz::ByteSource source(input);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(static_cast<int64_t>(source.Number(8)));
  timestamp.set_nanos(static_cast<int32_t>(source.Number(4)));
  const int number = static_cast<int>(source.Number(4));
  const auto amount = static_cast<int64_t>(source.Number(8));
  v1::Date date;
  date.set_year(number);
  date.set_month(static_cast<int32_t>(amount));
  QUOTA_CHECK(!FormatInstant(timestamp, test::kNoon).empty());
  QUOTA_CHECK(!FormatAmount(amount).empty());
  QUOTA_CHECK(!FormatSpan(Duration(amount)).empty());
  QUOTA_CHECK(!FormatLatency(Duration(amount)).empty());
  QUOTA_CHECK(!FormatDate(true, date).empty());
  QUOTA_CHECK(!FormatDecision(static_cast<v1::Decision>(number)).empty());
  QUOTA_CHECK(!FormatHoldState(static_cast<v1::HoldState>(number)).empty());
  QUOTA_CHECK(!FormatModel(static_cast<v1::Model>(number)).empty());
}

// The words behind a command's name, one a line.
FUZZ_TARGET(argument) {
  CLI::App program;
  program.require_subcommand(1);
  CLI::App& app = *program.add_subcommand("command");
  std::optional<Duration> duration;
  std::optional<v1::Date> date;
  int64_t wide = 0;
  uint32_t narrow = 0;
  CostArguments cost;
  AddDuration(app, "--duration", duration, "");
  AddDate(app, "--date", date, "");
  AddNumber(app, "--wide", wide, "");
  AddNumber(app, "--narrow", narrow, "");
  cost.AddTo(app);
  // CLI11 takes them from the back.
  std::vector<std::string> words;
  std::istringstream lines{std::string(input)};
  for (std::string word; std::getline(lines, word);) {
    // Refused before they come here.
    if (!word.empty()) words.insert(words.begin(), word);
  }
  words.emplace_back("command");
  try {
    program.parse(words);
  } catch (const CLI::Error&) {
    return;
  }
  static_cast<void>(cost.ToCost());
}

// The first byte is the code, the rest the details.
FUZZ_TARGET(grpc_status) {
  fuzz::ByteSource source(input);
  // Codes that no one has defined too, as far as the type has room for them.
  const auto code = static_cast<grpc::StatusCode>(source.Byte() % 32);
  const absl::Status status =
      FromGrpcStatus(grpc::Status(code, "message", std::string(source.rest())));
  QUOTA_CHECK(status.ok() == (code == grpc::StatusCode::OK));
  static_cast<void>(ReasonOf(status));
  const auto delay = RetryDelayOf(status);
  QUOTA_CHECK(!delay || (*delay >= Duration::zero() && *delay <= std::chrono::hours(25)));
}

}  // namespace quota::client
