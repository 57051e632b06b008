// noop_server: the no-op service as a process of its own. Prints its port, and serves until SIGTERM
// or SIGINT.
//
//   noop_server [FOLDER]
//
// With a folder, answers wait until a file in it has been appended to and synced, once for each
// group: what durability alone costs.
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <signal.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/group_sync.h"
#include "benchmarks/noop_service.h"
#include "server/grpc_bounds.h"
#include "server/rpc_loop.h"

int main(int argc, char** argv) {
  // Before any thread, so that all of them leave the signals to sigwait.
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);

  const std::string address = "127.0.0.1:0";
  quota::bench::NoopService service;
  // As server/server.cc does it.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  quota::server::SetGrpcBounds(builder);
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto loops = quota::server::AddLoops(builder);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::cerr << "noop_server: can't listen on " << address << '\n';
    return 1;
  }
  std::vector<std::unique_ptr<quota::bench::GroupSync>> syncs;
  for (const auto& loop : loops) {
    quota::bench::GroupSync* sync = nullptr;
    if (argc > 1) {
      sync = syncs.emplace_back(std::make_unique<quota::bench::GroupSync>(argv[1])).get();
    }
    service.Listen(*loop, sync);
    loop->Start(sync);
  }
  std::cerr << "noop_server serves: grpc port " << port << std::endl;
  int signal = 0;
  sigwait(&stops, &signal);
  server->Shutdown(std::chrono::system_clock::now());
  for (const auto& loop : loops) loop->Stop();
  return 0;
}
