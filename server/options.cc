#include "server/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>

namespace quota::server {
namespace {

constexpr const char* kDescription =
    "quotad keeps, for every organisation, what it may spend today and how many calls it may have "
    "in\n"
    "flight, and answers whether a call may be made now. State is kept in the data folder; "
    "nothing\n"
    "that was acknowledged is ever lost. There is no authentication yet: listen on loopback, or on "
    "a\n"
    "network that you trust.";

constexpr const char* kFooter = R"(Examples:
  quotad
      Keeps its state in ./var/data; gRPC on 127.0.0.1:7480, HTTP on 127.0.0.1:7481.
  quotad --data-dir /var/lib/quotad --grpc-listen 0.0.0.0:7480 --http-listen 0.0.0.0:7481
      Listens on all addresses, as in a container.
  quotad --memory-store --grpc-listen 127.0.0.1:0 --http-listen off
      For a try: keeps nothing, on a free port, which the log tells.

Signals:
  HUP         Read the --catalog file again, all or nothing.
  TERM, INT   Stop: answer what was accepted, close the data folder, exit. A second one exits at once.

Exit codes:
  0  stopped as asked
  1  could not start: the data folder is in use, damaged or not writable, a port is in use, the
     catalog is wrong; the log says which, and what to do
  2  the command line makes no sense
  3  stopped, but the drain timeout passed before all accepted calls were answered; no data is lost)";

std::string CheckListen(const std::string& text) {
  const auto address = ParseListenAddress(text);
  return address.ok() ? std::string() : std::string(address.status().message());
}

std::string CheckListenOrOff(const std::string& text) {
  return text == "off" ? std::string() : CheckListen(text);
}

// The absolute path, without links as far as it exists.
std::string Whole(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path absolute = std::filesystem::absolute(path, ignored);
  std::filesystem::path whole = std::filesystem::weakly_canonical(absolute, ignored);
  if (whole.empty()) whole = absolute.lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.string();
}

// A backup in the data folder would go with it, and RocksDB expects its own files alone there.
void CheckApart(const std::string& backups, const std::string& data) {
  if (backups == data || backups.starts_with(data + "/")) {
    throw CLI::ValidationError("--backup-dir", backups + " lies in the data folder " + data +
                                                   ": choose one outside, best on another device");
  }
}

// Each group of calls has an entry in the journal of each shard that it touches, so that few are
// faster; but no more executors than shards can work, on this machine or on a larger one to come.
uint32_t ShardsIfNew(uint32_t executors) {
  constexpr uint32_t kShardsEach = 2;
  return std::clamp(kShardsEach * std::max(executors, std::thread::hardware_concurrency()), 4U,
                    64U);
}

// What CLI11 fills in as plain values.
struct RawOptions {
  std::string grpc_listen = ServerOptions().grpc.Text();
  std::string http_listen = ServerOptions().http->Text();
  uint32_t executors = EngineOptions().executors;
  // Absent: what suits the machine.
  std::optional<uint32_t> shards;
  int drain_seconds = 10;
  int history_days = 400;
  size_t snapshot_journal_bytes = SnapshotOptions().journal_bytes;
  size_t remembered_id_bytes = ledger::IdPolicy().own_bytes + ledger::IdPolicy().common_bytes;
  std::string backup_folder;
  std::string log_level = "info";
};

void Declare(CLI::App& app, CommandLine& out, RawOptions& raw) {
  // Far above what a machine has; each is a thread.
  constexpr uint32_t kMaxExecutors = 64;
  app.add_option("--data-dir", out.data_folder, "Folder that keeps the state; made if missing")
      ->capture_default_str();
  CLI::Option* backups =
      app.add_option("--backup-dir", raw.backup_folder,
                     "Folder under which the RPC Backup makes backups; default: it makes none")
          ->type_name("FOLDER");
  app.add_flag("--memory-store", out.memory_store,
               "Keep the state in memory only: all is lost when quotad stops")
      ->excludes("--data-dir")
      ->excludes(backups);
  app.add_option("--grpc-listen", raw.grpc_listen, "HOST:PORT of the gRPC services; port 0: any")
      ->check(CheckListen)
      ->capture_default_str();
  app.add_option("--http-listen", raw.http_listen,
                 "HOST:PORT of /metrics, /healthz and /readyz; port 0: any; off: none")
      ->check(CheckListenOrOff)
      ->capture_default_str();
  app.add_option("--catalog", out.catalog_file,
                 "Catalog of editions, data centers and prices (protobuf text); default: built in")
      ->type_name("FILE");
  app.add_option("--executors", raw.executors, "Threads that decide calls")
      ->check(CLI::Range(1U, kMaxExecutors))
      ->capture_default_str();
  app.add_option("--shards", raw.shards,
                 "Shards of a store that is made now; default: two for each core or executor, 4 to "
                 "64. An existing one keeps its number. Each executor needs one")
      ->check(CLI::Range(1U, storage::kMaxShards));
  app.add_option("--drain-timeout", raw.drain_seconds,
                 "Seconds to answer what was accepted when asked to stop")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  // From the longest that a day can stay open to ten years.
  app.add_option("--usage-history-days", raw.history_days,
                 "Days of each organisation's usage history that are kept")
      ->check(CLI::Range(3, 3660))
      ->capture_default_str();
  // From a few entries a shard, for tests, to what takes minutes to read at a start.
  constexpr size_t kLeastJournal = 16 << 10;
  constexpr size_t kMostJournal = size_t{16} << 30;
  app.add_option("--snapshot-journal-bytes", raw.snapshot_journal_bytes,
                 "Journal, of all shards, after which changed accounts are stored and it is "
                 "trimmed: less makes a start faster, and writes more")
      ->check(CLI::Range(kLeastJournal, kMostJournal))
      ->capture_default_str();
  // From what a small machine has to what a large one can give.
  constexpr size_t kLeastIds = 16 << 20;
  constexpr size_t kMostIds = size_t{64} << 30;
  app.add_option("--remembered-id-bytes", raw.remembered_id_bytes,
                 "Memory for the ids of ended reservations, some 60 bytes each. They are "
                 "remembered for 2 minutes; for less where it is full, but never for less than "
                 "15 s: then calls with new ids are refused")
      ->check(CLI::Range(kLeastIds, kMostIds))
      ->capture_default_str();
  app.add_option("--log-level", raw.log_level, "The least severe messages to log")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.set_version_flag("--version", "quotad " QUOTA_VERSION);
}

}  // namespace

CommandLine ParseCommandLine(int argc, char** argv) {
  CommandLine out;
  out.data_folder = "var/data";
  RawOptions raw;
  CLI::App app(kDescription, "quotad");
  app.footer(kFooter);
  Declare(app, out, raw);
  try {
    app.parse(argc, argv);
    if (!raw.backup_folder.empty()) {
      raw.backup_folder = Whole(raw.backup_folder);
      CheckApart(raw.backup_folder, Whole(out.data_folder));
    }
  } catch (const CLI::ParseError& error) {
    // Prints help and version to standard output, and mistakes to standard error.
    out.exit = true;
    out.exit_code = app.exit(error) == 0 ? kExitStopped : kExitUsage;
    return out;
  }
  out.server.grpc = *ParseListenAddress(raw.grpc_listen);
  out.server.http.reset();
  if (raw.http_listen != "off") out.server.http = *ParseListenAddress(raw.http_listen);
  out.server.engine.executors = raw.executors;
  out.server.engine.recovery_threads = std::max(1U, std::thread::hardware_concurrency());
  out.server.engine.shards_if_new = raw.shards.value_or(ShardsIfNew(raw.executors));
  out.server.engine.backup_folder = raw.backup_folder;
  out.server.engine.pipeline.snapshots.history.days = std::chrono::hours(24) * raw.history_days;
  out.server.engine.pipeline.snapshots.journal_bytes = raw.snapshot_journal_bytes;
  // Half for the shards each, half for those that need more.
  out.server.engine.pipeline.ids.own_bytes = raw.remembered_id_bytes / 2;
  out.server.engine.pipeline.ids.common_bytes = raw.remembered_id_bytes / 2;
  out.drain_timeout = std::chrono::seconds(raw.drain_seconds);
  out.log_level = spdlog::level::from_str(raw.log_level);
  return out;
}

}  // namespace quota::server
