// quotad: the server program. See --help.
#include <grpc/support/log.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "catalog/catalog_loader.h"
#include "common/status.h"
#include "server/connection_listener.h"
#include "server/file_limit.h"
#include "server/options.h"
#include "server/server.h"
#include "server/signals.h"
#include "storage/memory_store.h"
#include "storage/rocksdb/rocksdb_store.h"

namespace quota::server {
namespace {

// The parents of the data folder; the store makes the folder itself.
absl::Status MakeParents(const std::string& folder) {
  const auto parent = std::filesystem::absolute(folder).parent_path();
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (!error) return absl::OkStatus();
  return absl::PermissionDeniedError("can't make the folder " + parent.string() + ": " +
                                     error.message() + "; see --data-dir");
}

// On two cores a writer thread takes turns with the executor more often than it runs beside it.
bool FewCores() { return std::thread::hardware_concurrency() <= 2; }

StoreOpener OpenFolder(const std::string& folder) {
  // Only the first time: a folder that goes missing while quotad runs must not come back empty.
  return [folder, first = true]() mutable {
    // For whoever expected one: a folder that was not mounted looks just so.
    std::error_code error;
    if (first && !std::filesystem::exists(folder + "/CURRENT", error)) {
      spdlog::warn("there is no store in {}: making a new one, which is empty", folder);
    }
    auto store = storage::RocksDbStore::Open(
        {.path = folder, .create_if_missing = first, .callers_write = FewCores()});
    if (store.ok()) first = false;
    return store;
  };
}

StoreOpener OpenMemory() {
  return [disk = std::make_shared<storage::MemoryDisk>()]()
             -> absl::StatusOr<std::unique_ptr<storage::Store>> {
    return std::make_unique<storage::MemoryStore>(disk,
                                                  storage::MemoryStoreOptions{.immediate = true});
  };
}

// gRPC's own messages in the log's format. Its errors are about single connections and addresses:
// what they mean for the server is told by the server.
void LogFromGrpc(gpr_log_func_args* message) {
  const bool is_error = message->severity == GPR_LOG_SEVERITY_ERROR;
  spdlog::log(is_error ? spdlog::level::warn : spdlog::level::debug, "grpc: {}", message->message);
}

bool IsLoopback(const std::string& host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

// Below this limit of open files, the number of connections is what an ordinary installation might
// reach.
constexpr int64_t kFewFiles = 4'096;

void LogWarnings(const CommandLine& options) {
  if (options.memory_store) {
    spdlog::warn("--memory-store: NOTHING IS KEPT; all state is lost when quotad stops");
  }
  if (FileLimit() < kFewFiles) {
    spdlog::warn(
        "the limit of open files is {}: no more than {} gRPC connections are accepted; raise it "
        "(ulimit -n, LimitNOFILE=)",
        FileLimit(), ConnectionListener::DescriptorBound(FileLimit()));
  }
  if (!IsLoopback(options.server.grpc.host)) {
    spdlog::warn(
        "gRPC listens on {}, and there is no authentication: whoever reaches it may change "
        "everything",
        options.server.grpc.Text());
  }
}

// What SIGHUP asks for.
void ReloadCatalog(Engine& engine) {
  const absl::StatusOr<bool> changed =
      engine.ReloadCatalog({.action = "ReloadCatalog", .actor = "SIGHUP"});
  if (!changed.ok()) {
    spdlog::error("the catalog was not reloaded, nothing is changed: {}",
                  std::string(changed.status().message()));
  } else if (!*changed) {
    spdlog::info("the catalog is what it was");
  }
}

// The error that prevents the start, or the exit code.
absl::StatusOr<int> Run(const CommandLine& options, Signals& signals) {
  QUOTA_ASSIGN_OR_RETURN(const std::shared_ptr<const ledger::Catalog> catalog,
                         options.catalog_file.empty()
                             ? catalog::LoadDefaultCatalog()
                             : catalog::LoadCatalogFile(options.catalog_file));
  if (!options.memory_store) QUOTA_RETURN_IF_ERROR(MakeParents(options.data_folder));
  const SystemClock clock;
  ServerOptions server_options = options.server;
  if (!options.catalog_file.empty()) {
    server_options.engine.catalog_source = [file = options.catalog_file] {
      return catalog::LoadCatalogFile(file);
    };
  }
  Server server(std::move(server_options), catalog, clock,
                options.memory_store ? OpenMemory() : OpenFolder(options.data_folder));
  QUOTA_RETURN_IF_ERROR(server.Start());
  spdlog::info("quotad " QUOTA_VERSION
               " serves: grpc port {}, http port {}, catalog revision {}, {}",
               server.grpc_port(), server.http_port(), catalog->At(clock.Now()).number(),
               options.memory_store ? "memory store" : "data folder " + options.data_folder);
  int signal = 0;
  while ((signal = signals.Wait()) == SIGHUP) ReloadCatalog(server.engine());
  spdlog::info("stopping: signal {}; answering what was accepted", signal);
  const bool in_time = server.Drain(options.drain_timeout);
  if (!in_time) spdlog::warn("the drain timeout passed: some calls were answered UNAVAILABLE");
  spdlog::info("stopped");
  return in_time ? kExitStopped : kExitDrainTimeout;
}

int Main(int argc, char** argv) {
  const CommandLine options = ParseCommandLine(argc, argv);
  if (options.exit) return options.exit_code;
  Signals signals;
  spdlog::set_default_logger(spdlog::stderr_color_mt("quotad"));
  spdlog::set_level(options.log_level);
  gpr_set_log_function(LogFromGrpc);
  RaiseFileLimit();
  LogWarnings(options);
  const absl::StatusOr<int> exit_code = Run(options, signals);
  if (exit_code.ok()) return *exit_code;
  spdlog::error("quotad can't start: {}", std::string(exit_code.status().message()));
  return kExitCantStart;
}

}  // namespace
}  // namespace quota::server

int main(int argc, char** argv) { return quota::server::Main(argc, argv); }
