#include "server/org_lister.h"

#include <utility>
#include <variant>

#include "common/status.h"
#include "server/field_rules.h"
#include "server/grpc_status.h"

namespace quota::server {
namespace {

constexpr uint32_t kDefaultPageSize = 100;
// An organisation takes some 300 bytes, so that a page stays well below a message's limit.
constexpr uint32_t kMaxPageSize = 1'000;

}  // namespace

void OrgLister::Start(UnaryRpc& rpc, const ServiceContext& context,
                      const v1::ListOrgsRequest& request, v1::ListOrgsResponse& response) {
  auto* lister = new OrgLister(rpc, context, response);
  lister->status = lister->Begin(request);
  if (lister->status.ok()) {
    lister->AskShard();
  } else {
    lister->Complete();
  }
}

OrgLister::OrgLister(UnaryRpc& rpc, const ServiceContext& context, v1::ListOrgsResponse& response)
    : rpc_(rpc),
      context_(context),
      in_flight_(context.in_flight, rpc.context()),
      response_(response),
      started_(std::chrono::steady_clock::now()) {
  context_.metrics.AddUnaryCalls(1);
}

absl::Status OrgLister::Begin(const v1::ListOrgsRequest& request) {
  if (!in_flight_.Take(InFlight::kPageBytes)) return InFlight::Refusal();
  QUOTA_RETURN_IF_ERROR(CheckRange("page_size", request.page_size(), 0, kMaxPageSize));
  page_size_ = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  QUOTA_ASSIGN_OR_RETURN(position_, ParsePageToken(request.page_token()));
  shards_ = context_.engine.shard_count();
  if (shards_ == 0) {
    return WithReason(absl::UnavailableError("the store is not open yet"), kStoreStopped);
  }
  if (position_.shard >= shards_) {
    return InvalidField("page_token", "not understood; it must be one that ListOrgs gave");
  }
  return absl::OkStatus();
}

void OrgLister::AskShard() {
  auto& list = command.operation.emplace<ledger::ListOrgs>();
  list.first_account = position_.account;
  list.page_size = page_size_ - static_cast<uint32_t>(response_.orgs_size());
  shard = position_.shard;
  status = absl::OkStatus();
  answer = std::monostate();
  context_.engine.Submit(this);
}

void OrgLister::OnAnswered() {
  if (status.ok()) TakeAnswer();
  const bool done = !status.ok() || position_.shard == shards_ ||
                    static_cast<uint32_t>(response_.orgs_size()) >= page_size_;
  if (done) {
    Complete();
  } else {
    AskShard();
  }
}

void OrgLister::TakeAnswer() {
  auto& list = std::get<ledger::ListOrgsAnswer>(answer);
  for (v1::Org& org : list.orgs) *response_.add_orgs() = std::move(org);
  if (list.next_account == 0) {
    position_ = {position_.shard + 1, 0};
  } else {
    position_.account = list.next_account;
  }
}

void OrgLister::Complete() {
  if (status.ok() && position_.shard < shards_) {
    response_.set_next_page_token(FormatPageToken(position_));
  }
  context_.metrics.Count(Method::kListOrgs, Transport::kUnary, Outcome::Of(status, answer));
  context_.metrics.Time(Method::kListOrgs, std::chrono::steady_clock::now() - started_);
  context_.metrics.AddUnaryCalls(-1);
  in_flight_.BeginAnswer();
  rpc_.Finish(ToGrpcStatus(status), this);
}

}  // namespace quota::server
