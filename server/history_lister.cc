#include "server/history_lister.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "server/field_rules.h"
#include "server/grpc_status.h"
#include "server/page_tokens.h"
#include "storage/history.h"

namespace quota::server {
namespace {

constexpr int kMaxDays = 400;
constexpr int kDefaultDays = 31;
// An entry with many purchases has some 30 KiB; most have one.
constexpr int kMaxEntries = 1'000;
constexpr int kDefaultEntries = 100;

int64_t StartOf(const v1::DayUsage& day) {
  return day.starts_at().seconds() * 1'000'000 + day.starts_at().nanos() / 1'000;
}

template <typename Message>
absl::Status Parse(const storage::HistoryPage::Record& record, Message& message) {
  if (message.ParseFromString(record.payload)) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the record ", storage::PrintableKey(record.key), " does not decode"));
}

}  // namespace

HistoryLister::HistoryLister(UnaryRpc& rpc, const ServiceContext& context, Method method)
    : rpc_(rpc),
      context_(context),
      in_flight_(context.in_flight, rpc.context()),
      method_(method),
      started_(std::chrono::steady_clock::now()) {
  context_.metrics.AddUnaryCalls(1);
}

void HistoryLister::Begin() {
  status = in_flight_.Take(InFlight::kPageBytes) ? Read() : InFlight::Refusal();
  if (!status.ok()) {
    Complete();
  } else if (command.org.empty()) {
    ReadStore();
  } else {
    command.operation.emplace<ledger::ListOpenDays>();
    context_.engine.Submit(this);
  }
}

void HistoryLister::OnAnswered() {
  if (status.ok()) {
    ReadStore();
  } else {
    Complete();
  }
}

void HistoryLister::ReadStore() {
  context_.engine.ReadStore([this](storage::Store* store) {
    status = store == nullptr ? StoreNotOpen() : Fill(*store);
    Complete();
  });
}

void HistoryLister::Complete() {
  context_.metrics.Count(method_, Transport::kUnary, Outcome::Of(status, answer));
  context_.metrics.Time(method_, std::chrono::steady_clock::now() - started_);
  context_.metrics.AddUnaryCalls(-1);
  in_flight_.BeginAnswer();
  rpc_.Finish(ToGrpcStatus(status), this);
}

// ---- Days ----

void UsageHistoryLister::Start(UnaryRpc& rpc, const ServiceContext& context,
                               const v1::ListUsageHistoryRequest& request,
                               v1::ListUsageHistoryResponse& response) {
  (new UsageHistoryLister(rpc, context, request, response))->Begin();
}

absl::Status UsageHistoryLister::Read() {
  QUOTA_RETURN_IF_ERROR(CheckId("org_id", request_.org_id()));
  QUOTA_RETURN_IF_ERROR(CheckRange("page_size", request_.page_size(), 0, kMaxDays));
  page_size_ = static_cast<size_t>(request_.page_size() == 0 ? kDefaultDays : request_.page_size());
  QUOTA_ASSIGN_OR_RETURN(before_, ParseDayToken(request_.page_token()));
  command.org = request_.org_id();
  return absl::OkStatus();
}

absl::Status UsageHistoryLister::Fill(storage::Store& store) {
  auto& open = std::get<ledger::OpenDaysAnswer>(answer);
  std::string begin = storage::AccountPrefix(storage::KeyTag::kDay, shard, open.account);
  const std::string end = storage::PrefixEnd(begin);
  if (before_ == 0) return absl::OkStatus();
  if (before_ != INT64_MAX) {
    begin = storage::DayKey(shard, open.account, static_cast<uint64_t>(before_ - 1));
  }
  QUOTA_ASSIGN_OR_RETURN(const auto page,
                         storage::ReadHistory(store, std::move(begin), end, page_size_));
  std::vector<v1::DayUsage> days(page.records.size());
  for (size_t i = 0; i < days.size(); ++i) {
    QUOTA_RETURN_IF_ERROR(Parse(page.records[i], days[i]));
  }
  // A day that closed since the ledger was asked is in both: as it was closed.
  for (v1::DayUsage& day : open.days) {
    const bool closed = std::any_of(days.begin(), days.end(), [&day](const v1::DayUsage& other) {
      return StartOf(other) == StartOf(day);
    });
    if (!closed && StartOf(day) < before_) days.push_back(std::move(day));
  }
  std::sort(days.begin(), days.end(),
            [](const v1::DayUsage& a, const v1::DayUsage& b) { return StartOf(a) > StartOf(b); });
  const bool more = page.more || days.size() > page_size_;
  if (days.size() > page_size_) days.resize(page_size_);
  if (more) response_.set_next_page_token(FormatDayToken(StartOf(days.back())));
  for (v1::DayUsage& day : days) *response_.add_days() = std::move(day);
  return absl::OkStatus();
}

// ---- Audit entries ----

void AuditLogLister::Start(UnaryRpc& rpc, const ServiceContext& context,
                           const v1::ListAuditLogRequest& request,
                           v1::ListAuditLogResponse& response) {
  (new AuditLogLister(rpc, context, request, response))->Begin();
}

absl::Status AuditLogLister::Read() {
  QUOTA_RETURN_IF_ERROR(CheckOptionalId("org_id", request_.org_id()));
  QUOTA_RETURN_IF_ERROR(CheckRange("page_size", request_.page_size(), 0, kMaxEntries));
  page_size_ =
      static_cast<size_t>(request_.page_size() == 0 ? kDefaultEntries : request_.page_size());
  QUOTA_ASSIGN_OR_RETURN(after_, ParseAuditToken(request_.page_token()));
  command.org = request_.org_id();
  return absl::OkStatus();
}

absl::Status AuditLogLister::Fill(storage::Store& store) {
  std::string begin(1, static_cast<char>(storage::KeyTag::kAudit));
  if (!command.org.empty()) {
    const auto& open = std::get<ledger::OpenDaysAnswer>(answer);
    begin = storage::AccountPrefix(storage::KeyTag::kAudit, shard, open.account);
  }
  const std::string end = storage::PrefixEnd(begin);
  if (!after_.empty()) {
    if (!after_.starts_with(begin)) {
      return InvalidField("page_token", "not understood; it must be one that this list gave");
    }
    begin = after_ + '\0';
  }
  QUOTA_ASSIGN_OR_RETURN(const auto page,
                         storage::ReadHistory(store, std::move(begin), end, page_size_));
  for (const auto& record : page.records) {
    QUOTA_RETURN_IF_ERROR(Parse(record, *response_.add_entries()));
  }
  if (page.more) {
    response_.set_next_page_token(FormatAuditToken(page.records.back().key));
  }
  return absl::OkStatus();
}

}  // namespace quota::server
