#include "tests/histories/session_player.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/histories/call_wire.h"

namespace quota::test {
namespace {

constexpr int64_t kMostInBatch = 3;
constexpr size_t kBatchesInFlight = 2;
// Far more than a history lasts on a machine with other work.
constexpr std::chrono::seconds kSessionPatience{120};

}  // namespace

SessionPlayer::SessionPlayer(const PlayerOptions& options)
    : options_(options),
      session_(options.org + "-" + std::to_string(options.client)),
      calls_(options.target),
      requests_(options.client, options.seed, session_),
      dice_(options.seed) {}

void SessionPlayer::Run() {
  Open();
  while (made_ < options_.calls && !testing::Test::HasFailure()) {
    SendBatch();
    if (in_flight_.size() >= kBatchesInFlight) ReadResult();
  }
  if (options_.dies) return Die();
  while (!in_flight_.empty() && !testing::Test::HasFailure()) ReadResult();
  MayBeLost();
  stream_->WritesDone();
  EXPECT_TRUE(stream_->Finish().ok());
  // From the last to the first, so that the places before it stay.
  std::sort(not_made_.rbegin(), not_made_.rend());
  for (const size_t place : not_made_)
    history_.erase(history_.begin() + static_cast<std::ptrdiff_t>(place));
}

void SessionPlayer::Open() {
  context_.set_deadline(std::chrono::system_clock::now() + kSessionPatience);
  stream_ = calls_.quota().Session(&context_);
  v1::SessionRequest open;
  open.mutable_open()->set_session_id(session_);
  open.mutable_open()->set_epoch(1);
  v1::SessionResponse opened;
  EXPECT_TRUE(stream_->Write(open) && stream_->Read(&opened));
}

void SessionPlayer::SendBatch() {
  v1::SessionRequest message;
  message.mutable_batch()->set_sequence(++batches_);
  const int64_t size = dice_.Pick(1, kMostInBatch);
  for (int64_t i = 0; i < size; ++i, ++made_) {
    const CallRequest request = requests_.Next();
    *message.mutable_batch()->add_operations() = ToOperation(options_.org, request);
    in_flight_[batches_].push_back(history_.size());
    history_.push_back({.request = request,
                        .called_at = NextTick(),
                        .client = options_.client,
                        .on_stream = true});
  }
  EXPECT_TRUE(stream_->Write(message));
}

void SessionPlayer::ReadResult() {
  v1::SessionResponse response;
  ASSERT_TRUE(stream_->Read(&response));
  const Tick now = NextTick();
  const auto batch = in_flight_.extract(response.result().sequence());
  ASSERT_FALSE(batch.empty());
  ASSERT_EQ(response.result().results_size(), std::ssize(batch.mapped()));
  for (int i = 0; i < response.result().results_size(); ++i) {
    const size_t place = batch.mapped()[static_cast<size_t>(i)];
    const WireAnswer answer = FromResult(response.result().results(i));
    if (answer.certainty == WireAnswer::Certainty::kNotMade) not_made_.push_back(place);
    if (answer.certainty != WireAnswer::Certainty::kAnswered) continue;
    history_[place].answer = answer.answer;
    history_[place].answered_at = now;
  }
}

void SessionPlayer::MayBeLost() {
  history_.push_back({.request = {.kind = CallKind::kLoseSession, .session = session_},
                      .called_at = NextTick(),
                      .client = options_.client});
}

void SessionPlayer::Die() {
  MayBeLost();
  context_.TryCancel();
  v1::SessionResponse ignored;
  while (stream_->Read(&ignored)) {
  }
  stream_->Finish();
}

}  // namespace quota::test
