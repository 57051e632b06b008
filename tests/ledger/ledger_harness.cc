#include "tests/ledger/ledger_harness.h"

#include <fmt/format.h>

#include "common/check.h"
#include "common/stable_hash.h"

namespace quota::ledger {

Reserve Ask(std::string_view id, int64_t credits) {
  Reserve command;
  command.id = ReservationId::FromText(id);
  command.fingerprint = StableHash().Add("reserve").Add(static_cast<uint64_t>(credits)).Value();
  command.cost = Credits(credits);
  return command;
}

Reserve AskMethod(std::string_view id, std::string_view method) {
  Reserve command;
  command.id = ReservationId::FromText(id);
  command.fingerprint = StableHash().Add("reserve").Add(method).Value();
  command.cost = MethodCall{method, {}};
  return command;
}

Charge AskCharge(std::string_view id, int64_t credits) {
  Charge command;
  command.id = ReservationId::FromText(id);
  command.fingerprint = StableHash().Add("charge").Add(static_cast<uint64_t>(credits)).Value();
  command.cost = Credits(credits);
  return command;
}

LedgerHarness::LedgerHarness(std::string_view edition)
    : shard_(std::make_unique<Shard>(0)), ledger_(std::make_unique<Ledger>(*shard_)) {
  QUOTA_CHECK(shard_->FinishRecovery().ok());
  Create(kOrg, edition);
}

LedgerHarness::LedgerHarness(std::shared_ptr<const Catalog> catalog, Instant start)
    : clock_(start),
      catalog_(std::move(catalog)),
      serving_since_(start),
      shard_(std::make_unique<Shard>(0)),
      ledger_(std::make_unique<Ledger>(*shard_)) {
  QUOTA_CHECK(shard_->FinishRecovery().ok());
}

void LedgerHarness::Finish(Group& group) {
  ledger_->FinishGroup(context(), group);
  if (group.entry.count() > 0) entries_.emplace_back(group.sequence, group.entry.Take());
}

absl::StatusOr<Answer> LedgerHarness::Execute(const Command& command) {
  while (true) {
    Group group(clock_.Now(), ++sequence_);
    absl::Status status;
    Answer answer;
    const Progress progress = ledger_->Execute(command, context(), group, status, answer);
    Finish(group);
    if (progress == Progress::kAgain) continue;
    QUOTA_CHECK(status.ok() != std::holds_alternative<std::monostate>(answer));
    if (!status.ok()) return status;
    return answer;
  }
}

void LedgerHarness::Sweep() {
  for (Progress progress = Progress::kAgain; progress == Progress::kAgain;) {
    Group group(clock_.Now(), ++sequence_);
    progress = ledger_->Sweep(context(), 1000, 1000, group);
    Finish(group);
  }
}

Result<CommitAnswer> LedgerHarness::Commit(std::string_view id, std::optional<int64_t> credits,
                                           std::string_view org) {
  ledger::Commit command{ReservationId::FromText(id), std::nullopt};
  if (credits) command.credits = Credits(*credits);
  return RunAs<CommitAnswer>(org, command);
}

Result<ReleaseAnswer> LedgerHarness::Release(std::string_view id, std::string_view org) {
  return RunAs<ReleaseAnswer>(org, ledger::Release{ReservationId::FromText(id)});
}

Result<ExtendAnswer> LedgerHarness::Extend(std::string_view id, Duration ttl,
                                           std::string_view org) {
  return RunAs<ExtendAnswer>(org, ledger::Extend{ReservationId::FromText(id), ttl});
}

UsageAnswer LedgerHarness::Usage(std::string_view org) {
  return *RunAs<UsageAnswer>(org, GetUsage{});
}

quota::v1::Org LedgerHarness::Org(std::string_view org) {
  return RunAs<OrgAnswer>(org, GetOrg{})->org;
}

LoseSessionAnswer LedgerHarness::LoseSession(std::string_view session) {
  return *RunAs<LoseSessionAnswer>("", ledger::LoseSession{session});
}

ListOrgsAnswer LedgerHarness::ListOrgs(uint32_t first, uint32_t page_size) {
  return *RunAs<ListOrgsAnswer>("", ledger::ListOrgs{first, page_size});
}

void LedgerHarness::Number(AdminRequest& request) {
  if (!request.request_id.empty()) return;
  request_ids_.push_back(std::make_unique<std::string>(fmt::format("request-{}", next_request_)));
  request.request_id = *request_ids_.back();
  request.fingerprint = next_request_++;
}

template <typename Op>
Result<quota::v1::Org> LedgerHarness::RunAdmin(std::string_view org, Op& command) {
  Number(command.request);
  auto answer = RunAs<OrgAnswer>(org, command);
  if (!answer.ok()) return answer.status();
  return std::move(answer->org);
}

Result<quota::v1::Org> LedgerHarness::Run(CreateOrg command, std::string_view org) {
  return RunAdmin(org, command);
}
Result<quota::v1::Org> LedgerHarness::Run(SetEdition command, std::string_view org) {
  return RunAdmin(org, command);
}
Result<quota::v1::Org> LedgerHarness::Run(SetAgents command, std::string_view org) {
  return RunAdmin(org, command);
}
Result<quota::v1::Org> LedgerHarness::Run(SetConcurrencyLimit command, std::string_view org) {
  return RunAdmin(org, command);
}
Result<quota::v1::Org> LedgerHarness::Run(RevokeCredits command, std::string_view org) {
  return RunAdmin(org, command);
}
Result<quota::v1::Org> LedgerHarness::Run(SetLegacyLimit command, std::string_view org) {
  return RunAdmin(org, command);
}
Result<quota::v1::Org> LedgerHarness::Run(SetDataCenter command, std::string_view org) {
  return RunAdmin(org, command);
}
Result<quota::v1::Org> LedgerHarness::Run(SuspendOrg command, std::string_view org) {
  return RunAdmin(org, command);
}
Result<quota::v1::Org> LedgerHarness::Run(ResumeOrg command, std::string_view org) {
  return RunAdmin(org, command);
}

Result<quota::v1::PurchaseCreditsResponse> LedgerHarness::Run(PurchaseCredits command,
                                                              std::string_view org) {
  Number(command.request);
  auto answer = RunAs<PurchaseAnswer>(org, command);
  if (!answer.ok()) return answer.status();
  return std::move(answer->response);
}

void LedgerHarness::Create(std::string_view org, std::string_view edition,
                           std::string_view data_center) {
  CreateOrg command;
  command.edition = edition;
  command.data_center = data_center;
  QUOTA_CHECK(Run(command, org).ok());
}

void LedgerHarness::SetEditionTo(std::string_view edition) {
  QUOTA_CHECK(Run(SetEdition{{}, edition, {}}).ok());
}

void LedgerHarness::BuyPack(std::string_view id, int64_t credits,
                            std::optional<absl::CivilDay> first,
                            std::optional<absl::CivilDay> last) {
  QUOTA_CHECK(Run(PurchaseCredits{{}, id, true, Credits(credits), first, last}).ok());
}

void LedgerHarness::BuyDaily(std::string_view id, int64_t credits,
                             std::optional<absl::CivilDay> first,
                             std::optional<absl::CivilDay> last) {
  QUOTA_CHECK(Run(PurchaseCredits{{}, id, false, Credits(credits), first, last}).ok());
}

Events LedgerHarness::TakeEvents() {
  Events events;
  for (; taken_ < entries_.size(); ++taken_) {
    auto entry = DecodeEntry(entries_[taken_].second);
    QUOTA_CHECK(entry.ok());
    for (Event& event : entry->events) events.push_back(std::move(event));
  }
  return events;
}

void LedgerHarness::Inject(Event event) {
  Group group(clock_.Now(), ++sequence_);
  QUOTA_CHECK(shard_->Apply(event, clock_.Now(), group.sequence).ok());
  group.entry.Add(event);
  Finish(group);
}

std::unique_ptr<Shard> LedgerHarness::Rebuild() const {
  auto shard = std::make_unique<Shard>(0);
  for (const auto& [sequence, bytes] : entries_) {
    const auto entry = DecodeEntry(bytes);
    QUOTA_CHECK(entry.ok());
    QUOTA_CHECK(shard->Replay(*entry, sequence).ok());
  }
  QUOTA_CHECK(shard->FinishRecovery().ok());
  return shard;
}

void LedgerHarness::Restart() {
  auto rebuilt = Rebuild();
  QUOTA_CHECK(rebuilt->Dump() == shard_->Dump());
  ledger_ = std::make_unique<Ledger>(*rebuilt);
  shard_ = std::move(rebuilt);
  serving_since_ = clock_.Now();
}

}  // namespace quota::ledger
