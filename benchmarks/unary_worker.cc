// Unary calls over a completion queue, each slot's context and messages used again.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "benchmarks/worker.h"
#include "client/grpc_status.h"

namespace quota::bench {
namespace {

using Stub = v1::QuotaService::Stub;

class UnaryWorker;

// A call that can be made over and over.
template <class Request, class Response>
class ReusedCall {
 public:
  using Reader = grpc::ClientAsyncResponseReader<Response>;
  using Method = std::unique_ptr<Reader> (Stub::*)(grpc::ClientContext*, const Request&,
                                                   grpc::CompletionQueue*);

  void Start(Stub& stub, Method method, grpc::ClientContext* context, grpc::CompletionQueue* queue,
             grpc::Status* status, Completion* completion) {
    reader_ = (stub.*method)(context, request, queue);
    reader_->Finish(&response, status, TagOf(completion));
  }

  Request request;
  Response response;

 private:
  std::unique_ptr<Reader> reader_;
};

// One of the calls that are in flight.
class Slot final : public Completion {
 public:
  Slot(UnaryWorker& worker, Stub& stub) : worker_(worker), stub_(stub) {}

  void Begin(Work work, const Item& item, TimePoint due);
  void Proceed(bool ok) override;
  void Cancel() {
    if (context_) context_->TryCancel();
  }

 private:
  void Send(Op op, TimePoint due);
  absl::Status TakeAnswer();

  UnaryWorker& worker_;
  Stub& stub_;
  Work work_ = Work::kReserve;
  Op op_ = Op::kReserve;
  Item item_;
  TimePoint due_;
  std::optional<grpc::ClientContext> context_;
  grpc::Status status_;
  ReusedCall<v1::ReserveRequest, v1::ReserveResponse> reserve_;
  ReusedCall<v1::CommitRequest, v1::CommitResponse> commit_;
  ReusedCall<v1::ChargeRequest, v1::ChargeResponse> charge_;
  ReusedCall<v1::GetUsageRequest, v1::GetUsageResponse> usage_;
};

class UnaryWorker final : public Worker {
 public:
  UnaryWorker(const WorkerOptions& options, const WorkloadOptions& workload_options,
              uint32_t thread)
      : Worker(options, workload_options, thread) {
    for (const auto& channel : options.channels) {
      stubs_.push_back(v1::QuotaService::NewStub(channel));
    }
    for (uint32_t i = 0; i < options.in_flight; ++i) {
      slots_.push_back(std::make_unique<Slot>(*this, *stubs_[i % stubs_.size()]));
      free_.push_back(slots_.back().get());
    }
  }

  // For its slots.
  void Free(Slot* slot) {
    free_.push_back(slot);
    Ended();
  }
  using Worker::Fail;
  using Worker::mutable_recorder;
  using Worker::queue;

 protected:
  void Open() override { Ready(); }
  void StartWork(TimePoint due) override {
    Slot* slot = free_.back();
    free_.pop_back();
    slot->Begin(workload().NextWork(), workload().NextItem(), due);
  }
  void Close() override { Closed(); }
  void Cancel() override {
    for (const auto& slot : slots_) slot->Cancel();
  }

 private:
  std::vector<std::unique_ptr<Stub>> stubs_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
};

void Slot::Begin(Work work, const Item& item, TimePoint due) {
  work_ = work;
  item_ = item;
  Send(FirstOp(work), due);
}

void Slot::Send(Op op, TimePoint due) {
  op_ = op;
  due_ = due;
  context_.emplace();
  Workload& workload = worker_.workload();
  const auto start = [&](auto& call, auto method) {
    workload.Write(item_, call.request);
    call.Start(stub_, method, &*context_, worker_.queue(), &status_, this);
  };
  switch (op) {
    case Op::kReserve:
      return start(reserve_, &Stub::AsyncReserve);
    case Op::kCommit:
      return start(commit_, &Stub::AsyncCommit);
    case Op::kCharge:
      return start(charge_, &Stub::AsyncCharge);
    case Op::kUsage:
      return start(usage_, &Stub::AsyncGetUsage);
  }
}

absl::Status Slot::TakeAnswer() {
  if (!status_.ok()) return client::FromGrpcStatus(status_);
  switch (op_) {
    case Op::kReserve:
      return worker_.workload().Take(item_, reserve_.response);
    case Op::kCommit:
      return worker_.workload().Take(item_, commit_.response);
    case Op::kCharge:
      return worker_.workload().Take(item_, charge_.response);
    case Op::kUsage:
      return worker_.workload().Take(item_, usage_.response);
  }
  return absl::OkStatus();
}

void Slot::Proceed(bool /*ok*/) {
  const TimePoint now = std::chrono::steady_clock::now();
  if (absl::Status status = TakeAnswer(); !status.ok()) {
    worker_.Fail(status);
    return worker_.Free(this);
  }
  worker_.mutable_recorder().Answered(op_, 1, due_, now);
  if (op_ == Op::kReserve) {
    if (work_ == Work::kReserveCommit) return Send(Op::kCommit, now);
    worker_.workload().LeaveOpen(item_);
  }
  worker_.Free(this);
}

}  // namespace

std::unique_ptr<Worker> NewUnaryWorker(const WorkerOptions& options,
                                       const WorkloadOptions& workload_options, uint32_t thread) {
  return std::make_unique<UnaryWorker>(options, workload_options, thread);
}

}  // namespace quota::bench
