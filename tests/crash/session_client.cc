#include "tests/crash/session_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "tests/crash/quotad_process.h"

namespace quota::test {
namespace {

using testing::AnyOf;

// Enough that a crash finds some in each state: sent, decided, written, answered.
constexpr size_t kMostInFlight = 3;
constexpr int64_t kMostOperations = 12;
// A client that dies does so within these batches, and leaves so many holds at the least.
constexpr int64_t kLongestLife = 25;
constexpr int kHoldsLeft = 3;

}  // namespace

SessionClient::SessionClient(TrafficBoard& board, const std::string& target, uint64_t seed,
                             std::string prefix, bool dies)
    : board_(board),
      calls_(target),
      dice_(seed),
      prefix_(std::move(prefix)),
      life_(dies ? dice_.Pick(1, kLongestLife) : 0) {
  witness_.session = prefix_ + "session";
  witness_.epoch = 1;
}

void SessionClient::Run() {
  bool alive = Open();
  for (int64_t batch = 1; alive && !refused_; ++batch) {
    const bool last = batch == life_;
    alive = SendBatch(last);
    while (alive && in_flight_.size() >= (last ? 1 : kMostInFlight)) alive = ReadResult();
    if (alive && last) return Die();
  }
  // A server whose store has failed goes on, and keeps the stream open.
  if (refused_) stream_->WritesDone();
  // Where a write failed, there may be answers that have come; the end is behind them.
  while (ReadResult()) {
  }
  const grpc::Status status = stream_->Finish();
  if (!refused_ || !status.ok()) {
    EXPECT_THAT(status.error_code(),
                AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED))
        << status.error_message();
  }
  EXPECT_TRUE(board_.end_expected()) << status.error_message();
}

void SessionClient::Die() {
  witness_.dead = true;
  context_.TryCancel();
  v1::SessionResponse ignored;
  while (stream_->Read(&ignored)) {
  }
  stream_->Finish();
}

bool SessionClient::Open() {
  context_.set_deadline(std::chrono::system_clock::now() + 2 * kPatience);
  stream_ = calls_.quota().Session(&context_);
  message_.mutable_open()->set_session_id(witness_.session);
  message_.mutable_open()->set_epoch(witness_.epoch);
  v1::SessionResponse opened;
  return stream_->Write(message_) && stream_->Read(&opened);
}

bool SessionClient::SendBatch(bool last) {
  message_.mutable_batch()->Clear();
  sent_.clear();
  for (const size_t index : std::exchange(open_, {})) AddSettle(index);
  const int64_t more = dice_.Pick(1, kMostOperations);
  for (int64_t i = 0; i < more; ++i) {
    if (dice_.Chance(4, 10)) {
      AddCharge();
    } else {
      AddReserve(/*bound=*/dice_.Chance(1, 2));
      // Settled without waiting for the grant: decided in the order sent.
      if (dice_.Chance(1, 5)) AddSettle(witness_.reserves.size() - 1);
    }
  }
  for (int i = 0; last && i < kHoldsLeft; ++i) AddReserve(/*bound=*/true);
  message_.mutable_batch()->set_sequence(++batches_);
  in_flight_[batches_] = sent_;
  return stream_->Write(message_);
}

void SessionClient::AddCharge() {
  v1::ChargeRequest request =
      MakeCharge(dice_.AnyOf(board_.orgs()), prefix_ + std::to_string(++ids_), dice_.Pick(0, 40));
  *message_.mutable_batch()->add_operations()->mutable_charge() = request;
  sent_.push_back({Kind::kCharge, witness_.charges.size()});
  witness_.charges.push_back({std::move(request), std::nullopt});
}

void SessionClient::AddReserve(bool bound) {
  v1::ReserveRequest request =
      MakeReserve(dice_.AnyOf(board_.orgs()), prefix_ + std::to_string(++ids_), dice_.Pick(0, 40));
  // Mostly without a slot, or a batch would have them all.
  request.set_slots(dice_.Chance(1, 4) ? 1 : 0);
  request.set_bind_to_session(bound);
  *message_.mutable_batch()->add_operations()->mutable_reserve() = request;
  sent_.push_back({Kind::kReserve, witness_.reserves.size()});
  witness_.reserves.emplace_back().request = std::move(request);
}

void SessionClient::AddSettle(size_t index) {
  WitnessedReserve& reserve = witness_.reserves[index];
  const std::string& org = reserve.request.org_id();
  const std::string& id = reserve.request.reservation_id();
  v1::Operation& operation = *message_.mutable_batch()->add_operations();
  if (dice_.Chance(1, 3)) {
    reserve.release = MakeRelease(org, id);
    *operation.mutable_release() = *reserve.release;
    sent_.push_back({Kind::kRelease, index});
    return;
  }
  reserve.commit = MakeCommit(org, id);
  if (dice_.Chance(2, 3)) reserve.commit->set_credits(dice_.Pick(0, 60));
  *operation.mutable_commit() = *reserve.commit;
  sent_.push_back({Kind::kCommit, index});
}

bool SessionClient::ReadResult() {
  v1::SessionResponse response;
  if (!stream_->Read(&response)) return false;
  const auto batch = in_flight_.extract(response.result().sequence());
  EXPECT_FALSE(batch.empty()) << "no such batch: " << response.ShortDebugString();
  if (batch.empty()) return false;
  const std::vector<Sent>& sent = batch.mapped();
  EXPECT_EQ(response.result().results_size(), std::ssize(sent));
  for (int i = 0; i < std::min<int>(response.result().results_size(), std::ssize(sent)); ++i) {
    TakeResult(sent[i], response.result().results(i));
  }
  board_.CountAnswers(std::ssize(sent));
  return true;
}

void SessionClient::TakeResult(const Sent& sent, const v1::OperationResult& result) {
  if (result.has_error()) return TakeError(sent, result.error());
  if (sent.kind == Kind::kCharge) {
    witness_.charges[sent.index].answer = result.charge();
    return ExpectWithinBounds(result.charge().usage());
  }
  WitnessedReserve& reserve = witness_.reserves[sent.index];
  switch (sent.kind) {
    case Kind::kReserve: {
      ExpectWithinBounds(result.reserve().usage());
      reserve.answer = result.reserve();
      const bool settled = reserve.commit || reserve.release;
      if (reserve.Granted() && !settled) open_.push_back(sent.index);
      break;
    }
    case Kind::kCommit:
      ExpectWithinBounds(result.commit().usage());
      reserve.committed = result.commit();
      break;
    case Kind::kRelease:
      ExpectWithinBounds(result.release().usage());
      reserve.released = result.release();
      break;
    case Kind::kCharge:
      break;
  }
}

void SessionClient::TakeError(const Sent& sent, const v1::OperationError& error) {
  // Refused by a server that stops: no answer.
  if (error.code() == grpc::StatusCode::UNAVAILABLE) {
    EXPECT_TRUE(board_.end_expected()) << error.message();
    refused_ = true;
    return;
  }
  // Settled without waiting for the grant, which did not come: there was nothing to settle.
  const bool settles = sent.kind == Kind::kCommit || sent.kind == Kind::kRelease;
  const bool refused =
      settles && witness_.reserves[sent.index].answer && !witness_.reserves[sent.index].Granted();
  EXPECT_TRUE(refused && error.code() == grpc::StatusCode::NOT_FOUND) << error.ShortDebugString();
}

}  // namespace quota::test
