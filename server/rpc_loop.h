// The thread that gRPC's events come to, and the calls that it begins.
//
//   grpc::ServerBuilder builder;
//   builder.RegisterService(&service);        // an AsyncService
//   const auto loops = AddLoops(builder);
//   const auto server = builder.BuildAndStart();
//   for (const auto& loop : loops) {
//     service.Listen(*loop);
//     loop->Start(&engine);
//   }
//   ...
//   server->Shutdown(deadline);
//   for (const auto& loop : loops) loop->Stop();
//
// gRPC's callback API has threads of its own that poll: on two cores most of a call's time went
// into them waking one another (adr/0034). Here one thread polls, reads and writes, and, where the
// engine lets it, decides what it has read.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "server/call_stepper.h"

namespace quota::server {

// What an operation of gRPC ends with: its tag.
class RpcEvent {
 public:
  // On the loop's thread. `ok`: see grpc::CompletionQueue::Next.
  virtual void OnEvent(bool ok) = 0;
  // What gRPC is given, so that it comes back to this.
  void* tag() { return this; }

 protected:
  ~RpcEvent() = default;
};

// An event that is a part of an object, and comes to a method of it.
template <typename Owner, void (Owner::*kMethod)(bool ok)>
class MemberEvent final : public RpcEvent {
 public:
  explicit MemberEvent(Owner& owner) : owner_(owner) {}
  void OnEvent(bool ok) override { (owner_.*kMethod)(ok); }

 private:
  Owner& owner_;
};

// A method of a service on a loop: waits for its calls, and tells the loop of each.
class RpcMethod {
 public:
  virtual ~RpcMethod() = default;
};

// Start and Stop belong to one thread; Add comes before Start.
class RpcLoop {
 public:
  explicit RpcLoop(std::unique_ptr<grpc::ServerCompletionQueue> queue) : queue_(std::move(queue)) {}
  // Stops.
  ~RpcLoop();

  grpc::ServerCompletionQueue& queue() { return *queue_; }
  // A call has begun, or is over. On the loop's thread.
  void CallBegins() { ++calls_; }
  void CallEnds() { --calls_; }

  // Lives until the loop has stopped.
  void Add(std::unique_ptr<RpcMethod> method) { methods_.push_back(std::move(method)); }

  // Begins to serve. `stepper`, unless it is null, outlives Stop.
  void Start(CallStepper* stepper);
  // Returns once all calls are over: gRPC allows none of them to go on afterwards. The gRPC server
  // has been shut down, so that none begins, and those that are left are cancelled.
  void Stop();

 private:
  void Run(CallStepper* stepper);
  void OnStop(bool /*ok*/) { stopping_ = true; }

  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::vector<std::unique_ptr<RpcMethod>> methods_;
  std::thread thread_;
  bool stopped_ = false;
  // How Stop tells the loop's thread.
  grpc::Alarm alarm_;
  MemberEvent<RpcLoop, &RpcLoop::OnStop> stop_{*this};

  // The loop's own, as are calls that have begun and are not over.
  bool stopping_ = false;
  int calls_ = 0;
};

// As many loops as serve the machine best, for the server that is to be built; and what its
// synchronous services, such as reflection, have besides: one thread.
std::vector<std::unique_ptr<RpcLoop>> AddLoops(grpc::ServerBuilder& builder);

}  // namespace quota::server
