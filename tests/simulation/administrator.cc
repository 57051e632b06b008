#include "tests/simulation/administrator.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace quota::simulation {
namespace {

constexpr std::array<const char*, 4> kEditions = {"tiny", "small", "free", "none"};
constexpr std::array<const char*, 4> kDataCenters = {"utc", "us", "eu", "in"};

void SetRequest(const ledger::AdminRequest& request, ledger::Operation& operation) {
  std::visit(
      [&request](auto& body) {
        if constexpr (requires { body.request; }) body.request = request;
      },
      operation);
}

}  // namespace

std::string_view Administrator::Keep(std::string text) {
  change_->kept.push_back(std::make_unique<std::string>(std::move(text)));
  return *change_->kept.back();
}

void Administrator::Create(std::string org) {
  change_.emplace();
  change_->org = std::move(org);
  ledger::CreateOrg create;
  create.edition = kEditions[world_.dice.Below(3)];
  create.agents = world_.dice.Uniform(0, 5);
  create.data_center = kDataCenters[world_.dice.Below(kDataCenters.size())];
  change_->operation = create;
  Begin();
}

void Administrator::Begin() {
  change_->request_id = fmt::format("a{}-{}", number_, next_id_++);
  change_->first_sent = world_.clock.Elapsed();
  SetRequest({.request_id = change_->request_id,
              .fingerprint = static_cast<uint64_t>(next_id_),
              .action = "Simulated",
              .actor = "simulation",
              .peer = "nowhere"},
             change_->operation);
  world_.requests.AskAdmin(change_->org, change_->request_id);
  Send();
}

ledger::Operation Administrator::DrawPurchase(Change& change) {
  Dice& dice = world_.dice;
  if (!purchases_.empty() && dice.OneIn(3)) {
    const auto& [org, purchase] = purchases_[dice.Below(purchases_.size())];
    change.org = org;
    return ledger::RevokeCredits{.request = {}, .purchase_id = Keep(purchase)};
  }
  ledger::PurchaseCredits purchase;
  purchase.purchase_id = Keep(fmt::format("p{}-{}", number_, next_id_));
  purchase.is_pack = !dice.OneIn(4);
  purchase.credits = Credits(purchase.is_pack ? dice.Uniform(1, 120) : dice.Uniform(1, 20));
  purchases_.emplace_back(change.org, std::string(purchase.purchase_id));
  return purchase;
}

ledger::Operation Administrator::Draw(Change& change) {
  Dice& dice = world_.dice;
  switch (dice.Uniform(0, 7)) {
    case 0:
      return ledger::SetEdition{
          .request = {}, .edition = kEditions[dice.Below(kEditions.size())], .paid = std::nullopt};
    case 1:
      return ledger::SetAgents{
          .request = {}, .agents = dice.Uniform(0, 12), .light_agents = std::nullopt};
    case 2:
    case 3: {
      ledger::SetConcurrencyLimit limit;
      limit.pool = "main";
      // Often fewer than are in flight.
      if (!dice.OneIn(3)) limit.limit = dice.Uniform(0, 5);
      return limit;
    }
    case 4:
      // Seldom: it keeps the calls out.
      if (!dice.OneIn(6)) return ledger::ResumeOrg{};
      return ledger::SuspendOrg{.request = {}, .reason = "simulated"};
    case 5:
      return ledger::SetDataCenter{.request = {},
                                   .data_center = kDataCenters[dice.Below(kDataCenters.size())],
                                   .own_zone = std::nullopt};
    default:
      return DrawPurchase(change);
  }
}

void Administrator::Send() {
  ++change_->attempt;
  call_ = std::make_unique<ClientCall>(
      change_->org, [this](ClientCall& answered) { world_.answers.OnAnswered(answered); });
  call_->id = change_->request_id;
  call_->command.operation = change_->operation;
  world_.answers.OnSent(*call_);
  if (world_.on_its_way) world_.on_its_way(*call_, change_->attempt);
  world_.server.Submit(call_.get());
}

void Administrator::Act(bool closing) {
  if (!change_) {
    if (closing) return;
    change_.emplace();
    change_->org = world_.orgs[world_.dice.Below(world_.orgs.size())];
    change_->operation = Draw(*change_);
    return Begin();
  }
  if (call_ != nullptr && !call_->answered) return;
  const bool known = call_ != nullptr && call_->status.code() != absl::StatusCode::kUnavailable;
  // It lets an answer get lost now and then.
  const bool late = world_.clock.Elapsed() - change_->first_sent > kRetryTime;
  if ((known && !world_.dice.OneIn(6)) || late) {
    call_.reset();
    change_.reset();
    return;
  }
  Send();
}

}  // namespace quota::simulation
