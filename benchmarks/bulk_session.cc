#include "benchmarks/bulk_session.h"

#include <google/protobuf/arena.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/grpc_status.h"
#include "client/uuid.h"

namespace quota::bench {
namespace {

// The API's limit.
constexpr uint64_t kBatch = 1'024;
// The server decides one while another is on its way. More operations of one organisation than its
// queue takes would be refused.
constexpr uint64_t kInFlight = 4;

}  // namespace

absl::Status RunBulk(
    const std::shared_ptr<grpc::Channel>& channel, uint64_t count,
    const std::function<void(uint64_t, v1::Operation&)>& write,
    const std::function<absl::Status(uint64_t, const v1::OperationResult&)>& take) {
  if (count == 0) return absl::OkStatus();
  const auto stub = v1::QuotaService::NewStub(channel);
  grpc::ClientContext context;
  const auto stream = stub->Session(&context);
  v1::SessionRequest request;
  request.mutable_open()->set_session_id(client::NewUuid());
  request.mutable_open()->set_epoch(1);
  v1::SessionResponse response;
  bool alive = stream->Write(request) && stream->Read(&response);

  const uint64_t batches = (count + kBatch - 1) / kBatch;
  uint64_t sent = 0;
  absl::Status status;
  const auto send = [&] {
    v1::Batch& batch = *request.mutable_batch();
    batch.Clear();
    batch.set_sequence(sent);
    const uint64_t end = std::min(count, (sent + 1) * kBatch);
    for (uint64_t i = sent * kBatch; i < end; ++i) write(i, *batch.add_operations());
    ++sent;
    return stream->Write(request);
  };
  for (uint64_t received = 0; alive && status.ok() && received < batches; ++received) {
    while (alive && sent < batches && sent < received + kInFlight) alive = send();
    alive = alive && stream->Read(&response);
    if (!alive) break;
    const v1::BatchResult& result = response.result();
    for (int i = 0; i < result.results_size() && status.ok(); ++i) {
      status = take(result.sequence() * kBatch + static_cast<uint64_t>(i), result.results(i));
    }
  }
  if (alive) {
    stream->WritesDone();
    while (stream->Read(&response)) {
    }
  }
  const grpc::Status ended = stream->Finish();
  if (!ended.ok()) return client::FromGrpcStatus(ended);
  if (!alive) return absl::UnavailableError("the server ended the Session stream");
  return status;
}

}  // namespace quota::bench
