#include "tests/crash/batch_calls.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/crash/quotad_process.h"

namespace quota::test {
namespace {

// Several audits at once stay below the 1,024 calls of one organisation that may wait.
constexpr int kOperationsInBatch = 100;

}  // namespace

BatchCalls::BatchCalls(const std::string& target, const std::string& session, uint64_t epoch)
    : calls_(target) {
  context_.set_deadline(std::chrono::system_clock::now() + 2 * kPatience);
  stream_ = calls_.quota().Session(&context_);
  v1::SessionRequest open;
  open.mutable_open()->set_session_id(session);
  open.mutable_open()->set_epoch(epoch);
  v1::SessionResponse opened;
  EXPECT_TRUE(stream_->Write(open) && stream_->Read(&opened)) << "session " << session;
}

BatchCalls::~BatchCalls() {
  stream_->WritesDone();
  const grpc::Status status = stream_->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

std::vector<v1::OperationResult> BatchCalls::Run(const std::vector<v1::Operation>& operations) {
  std::vector<v1::OperationResult> results;
  v1::SessionRequest message;
  for (const v1::Operation& operation : operations) {
    *message.mutable_batch()->add_operations() = operation;
    if (message.batch().operations_size() < kOperationsInBatch) continue;
    if (!RunBatch(message, results)) return results;
  }
  if (message.batch().operations_size() > 0) RunBatch(message, results);
  return results;
}

bool BatchCalls::RunBatch(v1::SessionRequest& message, std::vector<v1::OperationResult>& results) {
  message.mutable_batch()->set_sequence(++batches_);
  v1::SessionResponse response;
  const bool answered = stream_->Write(message) && stream_->Read(&response);
  EXPECT_TRUE(answered) << "the stream ended";
  if (!answered) return false;
  EXPECT_EQ(response.result().results_size(), message.batch().operations_size());
  for (auto& result : *response.mutable_result()->mutable_results()) {
    results.push_back(std::move(result));
  }
  message.mutable_batch()->Clear();
  return true;
}

}  // namespace quota::test
