// What callers send: requests, Session messages, and the tokens and positions that they give back.
#include <string>

#include "common/check.h"
#include "server/event_positions.h"
#include "server/fingerprint.h"
#include "server/page_tokens.h"
#include "server/request_reader.h"
#include "server/session_message.h"
#include "tests/fakes/command_words.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/fuzz_target.h"

namespace quota::server {
namespace {

template <typename Request>
concept Fingerprinted = requires(const Request& request) {
  Fingerprint(request);
};

void CheckRefusal(const absl::Status& status) {
  QUOTA_CHECK(status.code() == absl::StatusCode::kInvalidArgument && !status.message().empty());
}

template <typename Request>
void Read(std::string_view bytes) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  ledger::Command command;
  const absl::Status status = ReadRequest(request, command);
  if (!status.ok()) return CheckRefusal(status);
  QUOTA_CHECK(!command.org.empty() && command.org.size() <= 64);
  if constexpr (Fingerprinted<Request>) {
    // The wire has many forms of a message: a retry may come in another one.
    Request again;
    QUOTA_CHECK(again.ParseFromString(request.SerializeAsString()));
    QUOTA_CHECK(Fingerprint(again) == Fingerprint(request));
  }
}

constexpr void (*kReaders[])(std::string_view) = {
    Read<v1::ReserveRequest>,
    Read<v1::CommitRequest>,
    Read<v1::ReleaseRequest>,
    Read<v1::ExtendRequest>,
    Read<v1::ChargeRequest>,
    Read<v1::GetUsageRequest>,
    Read<v1::CreateOrgRequest>,
    Read<v1::GetOrgRequest>,
    Read<v1::SetEditionRequest>,
    Read<v1::SetAgentsRequest>,
    Read<v1::PurchaseCreditsRequest>,
    Read<v1::RevokeCreditsRequest>,
    Read<v1::SetLegacyLimitRequest>,
    Read<v1::SetDataCenterRequest>,
    Read<v1::SuspendOrgRequest>,
    Read<v1::ResumeOrgRequest>,
    Read<v1::SetConcurrencyLimitRequest>,
};

}  // namespace

// The first byte says which request the others are.
FUZZ_TARGET(request) {
  fuzz::ByteSource source(input);
  const size_t kind = source.Below(std::size(kReaders));
  kReaders[kind](source.rest());
}

// Reads it in place as protobuf reads it.
FUZZ_TARGET(session_message) {
  SessionMessage message;
  message.bytes() = input;
  const absl::Status split = message.Read();
  if (!split.ok()) CheckRefusal(split);
  v1::SessionRequest request;
  // Fields are read as they are come to: what is no message may show later than it does here.
  if (!request.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  const int operations = request.batch().operations_size();
  QUOTA_CHECK(split.ok() == (!request.has_batch() || (operations >= 1 && operations <= 1'024)));
  if (!split.ok() || !request.has_batch()) return;
  QUOTA_CHECK(message.sequence() == request.batch().sequence());
  QUOTA_CHECK(std::ssize(message.operations()) == operations);
  for (int i = 0; i < operations; ++i) {
    google::protobuf::Arena arena;
    ledger::Command in_place;
    const absl::Status status = ReadOperation(message.operations()[i], "session", arena, in_place);
    ledger::Command command;
    QUOTA_CHECK(status == ReadOperation(request.batch().operations(i), "session", command));
    if (!status.ok()) CheckRefusal(status);
    QUOTA_CHECK(!status.ok() || test::WordsOf(in_place) == test::WordsOf(command));
  }
}

FUZZ_TARGET(page_token) {
  if (const auto position = ParsePageToken(input); position.ok() && !input.empty()) {
    QUOTA_CHECK(FormatPageToken(*position) == input);
  }
  if (const auto before = ParseDayToken(input); before.ok() && !input.empty()) {
    QUOTA_CHECK(*before >= 0 && FormatDayToken(*before) == input);
  }
  if (const auto key = ParseAuditToken(input); key.ok()) {
    QUOTA_CHECK(FormatAuditToken(*key) == input);
  }
}

// The first byte is the number of shards.
FUZZ_TARGET(event_position) {
  fuzz::ByteSource source(input);
  const size_t shards = source.Byte();
  const auto positions = ParsePositions(source.rest(), shards);
  if (!positions.ok()) return CheckRefusal(positions.status());
  QUOTA_CHECK(positions->size() == shards);
  const auto again = ParsePositions(FormatPositions(*positions), shards);
  QUOTA_CHECK(again.ok() && *again == *positions);
}

}  // namespace quota::server
