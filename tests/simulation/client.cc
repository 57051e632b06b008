#include "tests/simulation/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace quota::simulation {
namespace {

using ledger::Mode;

// More than this is lost track of: the answers will come, and are checked, all the same.
constexpr size_t kMostCalls = 4;

bool Refused(const ClientCall& call) {
  if (!call.status.ok()) return true;
  if (const auto* reserve = std::get_if<ledger::ReserveAnswer>(&call.answer)) {
    return reserve->decision != ledger::Decision::kGranted;
  }
  return false;
}

}  // namespace

void Client::Begin() {
  Dice& dice = world_.dice;
  Errand& errand = errand_.emplace();
  // Half of all calls go to two hot organisations.
  const size_t orgs = world_.orgs.size();
  errand.org =
      world_.orgs[dice.OneIn(2) ? dice.Below(std::min<size_t>(2, orgs)) : dice.Below(orgs)];
  errand.id = fmt::format("c{}-{}", number_, next_id_++);
  errand.fingerprint = static_cast<uint64_t>(dice.Uniform(1, 1'000'000));
  AskedReservation& asked = errand.asked;
  asked.charge = dice.OneIn(4);
  asked.credits = Credits(dice.OneIn(12) ? dice.Uniform(20, 90) : dice.Uniform(0, 9));
  if (dice.OneIn(6)) asked.mode = Mode::kBestEffort;
  if (dice.OneIn(16)) asked.mode = Mode::kCheckOnly;
  if (!asked.charge) {
    asked.slots = static_cast<uint32_t>(dice.OneIn(8) ? dice.Uniform(0, 3) : 1);
    asked.ttl = dice.OneIn(10) ? dice.Seconds(60, 3'000) : dice.Seconds(1, 25);
    asked.commit_on_expiry = dice.OneIn(8);
    if (!world_.sessions.empty() && dice.OneIn(3)) {
      asked.session = world_.sessions[dice.Below(world_.sessions.size())];
    }
    errand.extends = dice.OneIn(8);
    const int end = dice.Uniform(1, 10);
    errand.commits = end <= 6;
    errand.releases = end == 7 || end == 8;
    if (!dice.OneIn(3)) errand.amount = Credits(dice.Uniform(0, 14));
    if (errand.commits) asked.commits.insert(errand.amount);
    asked.release = errand.releases;
  }
  ++purpose_;
  errand.first_sent = world_.clock.Elapsed();
  world_.requests.Ask(errand.org, errand.id) = asked;
}

std::unique_ptr<ClientCall> Client::NewCall() {
  auto call = std::make_unique<ClientCall>(
      errand_->org, [this](ClientCall& answered) { world_.answers.OnAnswered(answered); });
  call->id = errand_->id;
  call->in_time = world_.clock.Elapsed() - errand_->first_sent <= kRetryTime;
  return call;
}

ledger::Operation Client::OperationOf(ClientCall& call, const AskedReservation& asked,
                                      uint64_t fingerprint) const {
  const ReservationId id = ReservationId::FromText(call.id);
  if (asked.charge) return ledger::Charge{id, fingerprint, asked.credits, asked.mode};
  ledger::Reserve reserve;
  reserve.id = id;
  reserve.fingerprint = fingerprint;
  reserve.cost = asked.credits;
  reserve.slots = asked.slots;
  reserve.ttl = asked.ttl;
  reserve.mode = asked.mode;
  reserve.commit_on_expiry = asked.commit_on_expiry;
  reserve.session = call.Keep(asked.session);
  return reserve;
}

void Client::SendCall(std::unique_ptr<ClientCall> call) {
  world_.answers.OnSent(*call);
  if (errand_) {
    if (errand_->attempt == 1) errand_->committed_before = call->was_committed;
    // It may be forgotten meanwhile: it is no retry that was committed.
    if (errand_->committed_before) call->was_committed = false;
  }
  if (world_.on_its_way) world_.on_its_way(*call, errand_ ? errand_->attempt : 1);
  calls_.push_back(std::move(call));
  world_.server.Submit(calls_.back().get());
}

void Client::Send() {
  Errand& errand = *errand_;
  ++errand.attempt;
  if (errand.attempt == 1) errand.first_sent = world_.clock.Elapsed();
  // Duplicates on their way at the same time, now and then.
  for (int copies = world_.dice.OneIn(12) ? 2 : 1; copies > 0; --copies) {
    auto call = NewCall();
    call->purpose = purpose_;
    const ReservationId id = ReservationId::FromText(errand.id);
    if (errand.stage == Stage::kGrant) {
      call->command.operation = OperationOf(*call, errand.asked, errand.fingerprint);
    } else if (errand.stage == Stage::kExtend) {
      call->command.operation = ledger::Extend{id, errand.asked.ttl * 2};
    } else if (errand.commits) {
      call->command.operation = ledger::Commit{id, errand.amount};
    } else {
      call->command.operation = ledger::Release{id};
    }
    SendCall(std::move(call));
  }
}

void Client::SendConflicting() {
  AskedReservation other = errand_->asked;
  other.credits += Credits(1);
  auto call = NewCall();
  call->conflicting = true;
  call->command.operation = OperationOf(*call, other, errand_->fingerprint + 1);
  SendCall(std::move(call));
}

void Client::SendRead() {
  auto call = std::make_unique<ClientCall>(
      world_.orgs[world_.dice.Below(world_.orgs.size())],
      [this](ClientCall& answered) { world_.answers.OnAnswered(answered); });
  call->command.operation = ledger::GetUsage{};
  SendCall(std::move(call));
}

bool Client::Hears(const ClientCall& call) {
  if (call.status.code() == absl::StatusCode::kUnavailable) return false;
  if (call.status.code() == absl::StatusCode::kResourceExhausted) return false;
  // The answer may get lost on its way: the client asks again.
  return !world_.dice.OneIn(6);
}

void Client::NextStage(const ClientCall& call) {
  Errand& errand = *errand_;
  const bool granted = errand.stage != Stage::kGrant || !Refused(call);
  if (errand.asked.charge || errand.asked.mode == Mode::kCheckOnly || !granted ||
      errand.stage == Stage::kSettle) {
    errand_.reset();
    return;
  }
  // By mistake, while the id is surely remembered.
  if (errand.stage == Stage::kGrant && world_.dice.OneIn(10)) SendConflicting();
  errand.attempt = 0;
  ++purpose_;
  if (errand.stage == Stage::kGrant && errand.extends) {
    errand.stage = Stage::kExtend;
    return;
  }
  errand.stage = Stage::kSettle;
  if (!errand.commits && !errand.releases) {
    errand_.reset();
    return;
  }
  // Sometimes after the deadline.
  if (world_.dice.OneIn(5)) {
    errand.waits_until = world_.clock.Elapsed() + world_.dice.Seconds(1, 40);
  }
}

void Client::Act(bool closing) {
  std::erase_if(calls_, [this](const auto& call) {
    return call->answered && (!errand_ || call->purpose != purpose_);
  });
  if (!errand_) {
    if (closing || calls_.size() >= kMostCalls) return;
    if (world_.dice.OneIn(20)) return SendRead();
    Begin();
    return Send();
  }
  const Duration now = world_.clock.Elapsed();
  if (errand_->waits_until > now && !closing) return;
  if (errand_->attempt > 0 && now - errand_->first_sent > kRetryTime) {
    errand_.reset();
    return;
  }
  const auto current = std::find_if(calls_.begin(), calls_.end(),
                                    [this](const auto& call) { return call->purpose == purpose_; });
  if (current == calls_.end()) {
    if (calls_.size() < kMostCalls) Send();
    return;
  }
  if (!(*current)->answered) {
    // It does not wait for ever: another attempt, while the first may still be on its way.
    if (calls_.size() < kMostCalls && world_.dice.OneIn(30)) Send();
    return;
  }
  const std::unique_ptr<ClientCall> call = std::move(*current);
  calls_.erase(current);
  if (Hears(*call)) NextStage(*call);
}

}  // namespace quota::simulation
