// quotad's command line.
#pragma once

#include <string>

#include "common/clock.h"
#include "server/server.h"
#include "spdlog/common.h"

namespace quota::server {

struct CommandLine {
  // Set where there is nothing to run: --help, --version, or a mistake, which has been printed.
  bool exit = false;
  int exit_code = 0;

  ServerOptions server;
  std::string data_folder;
  // Keeps everything in memory only.
  bool memory_store = false;
  // Empty: the built-in catalog.
  std::string catalog_file;
  Duration drain_timeout{};
  spdlog::level::level_enum log_level = spdlog::level::info;
};

// Exit codes of quotad.
inline constexpr int kExitStopped = 0;
// It could not start; the reason is in the log.
inline constexpr int kExitCantStart = 1;
// The command line makes no sense.
inline constexpr int kExitUsage = 2;
// It stopped, but the drain timeout passed before all accepted calls were answered. No data is
// lost.
inline constexpr int kExitDrainTimeout = 3;

// Prints help, version and mistakes itself.
CommandLine ParseCommandLine(int argc, char** argv);

}  // namespace quota::server
