#include "server/options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "server/listen_address.h"

namespace quota::server {
namespace {

CommandLine ParseArguments(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "quotad");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  return ParseCommandLine(static_cast<int>(pointers.size()), pointers.data());
}

TEST(Options, DefaultsListenOnLoopback) {
  const CommandLine options = ParseArguments({});
  EXPECT_FALSE(options.exit);
  EXPECT_EQ(options.server.grpc.Text(), "127.0.0.1:7480");
  EXPECT_EQ(options.server.http->Text(), "127.0.0.1:7481");
  EXPECT_EQ(options.data_folder, "var/data");
  EXPECT_EQ(options.drain_timeout, std::chrono::seconds(10));
  EXPECT_FALSE(options.memory_store);
  EXPECT_EQ(options.server.engine.pipeline.snapshots.history.days, std::chrono::hours(400 * 24));
  EXPECT_EQ(options.server.engine.pipeline.snapshots.journal_bytes, 256U << 20);
  EXPECT_EQ(options.server.engine.pipeline.ids.own_bytes, 256U << 20);
  EXPECT_EQ(options.server.engine.pipeline.ids.common_bytes, 256U << 20);
}

TEST(Options, ANewStoreHasTwoShardsACoreFrom4To64) {
  const uint32_t shards = ParseArguments({}).server.engine.shards_if_new;
  const uint32_t wanted = 2 * std::thread::hardware_concurrency();
  EXPECT_EQ(shards, std::max(4U, std::min(64U, wanted)));
  EXPECT_EQ(ParseArguments({"--executors", "64"}).server.engine.shards_if_new, 64U);
}

TEST(Options, AreTaken) {
  const CommandLine options = ParseArguments({"--data-dir",
                                              "d",
                                              "--grpc-listen",
                                              "[::1]:0",
                                              "--http-listen",
                                              "off",
                                              "--executors",
                                              "3",
                                              "--shards",
                                              "4",
                                              "--drain-timeout",
                                              "0",
                                              "--log-level",
                                              "error",
                                              "--catalog",
                                              "c",
                                              "--usage-history-days",
                                              "30",
                                              "--snapshot-journal-bytes",
                                              "65536",
                                              "--remembered-id-bytes",
                                              "33554432"});
  EXPECT_FALSE(options.exit);
  EXPECT_EQ(options.data_folder, "d");
  EXPECT_EQ(options.server.grpc.Text(), "[::1]:0");
  EXPECT_FALSE(options.server.http.has_value());
  EXPECT_EQ(options.server.engine.executors, 3U);
  EXPECT_EQ(options.server.engine.shards_if_new, 4U);
  EXPECT_EQ(options.drain_timeout, Duration::zero());
  EXPECT_EQ(options.log_level, spdlog::level::err);
  EXPECT_EQ(options.catalog_file, "c");
  EXPECT_EQ(options.server.engine.pipeline.snapshots.history.days, std::chrono::hours(30 * 24));
  EXPECT_EQ(options.server.engine.pipeline.snapshots.journal_bytes, 65'536U);
  EXPECT_EQ(options.server.engine.pipeline.ids.own_bytes, 16U << 20);
  EXPECT_EQ(options.server.engine.pipeline.ids.common_bytes, 16U << 20);
}

TEST(Options, MistakesEndInUsage) {
  const std::vector<std::vector<std::string>> mistakes = {
      {"--nonsense"},
      {"--grpc-listen", "7480"},
      {"--executors", "0"},
      {"--shards", "5000"},
      {"--drain-timeout", "-1"},
      {"--usage-history-days", "2"},
      {"--snapshot-journal-bytes", "100"},
      {"--remembered-id-bytes", "1000"},
      {"--log-level", "loud"},
      {"--memory-store", "--data-dir", "d"},
      {"stray"},
  };
  for (const auto& mistake : mistakes) {
    const CommandLine options = ParseArguments(mistake);
    EXPECT_TRUE(options.exit) << mistake.front();
    EXPECT_EQ(options.exit_code, kExitUsage) << mistake.front();
  }
}

TEST(Options, BackupsGoToAnAbsoluteFolderOutsideOfTheData) {
  EXPECT_EQ(ParseArguments({}).server.engine.backup_folder, "");
  EXPECT_EQ(ParseArguments({"--backup-dir", "/backups/"}).server.engine.backup_folder, "/backups");
  const CommandLine relative = ParseArguments({"--backup-dir", "b/../backups"});
  EXPECT_EQ(relative.server.engine.backup_folder,
            (std::filesystem::current_path() / "backups").string());
  // Beside it, with a name that begins alike.
  EXPECT_FALSE(ParseArguments({"--data-dir", "/d/data", "--backup-dir", "/d/data-backups"}).exit);
  EXPECT_FALSE(ParseArguments({"--data-dir", "/d/data", "--backup-dir", "/d"}).exit);
  for (const char* inside : {"/d/data", "/d/data/", "/d/data/backups", "/d/x/../data/b"}) {
    const CommandLine options = ParseArguments({"--data-dir", "/d/data", "--backup-dir", inside});
    EXPECT_TRUE(options.exit) << inside;
    EXPECT_EQ(options.exit_code, kExitUsage) << inside;
  }
  EXPECT_TRUE(ParseArguments({"--memory-store", "--backup-dir", "/backups"}).exit);
}

TEST(Options, HelpAndVersionAreNoMistakes) {
  for (const char* flag : {"--help", "--version"}) {
    const CommandLine options = ParseArguments({flag});
    EXPECT_TRUE(options.exit);
    EXPECT_EQ(options.exit_code, kExitStopped);
  }
}

TEST(ListenAddress, NeedsHostAndPort) {
  for (const char* text : {"", ":", "7480", ":7480", "host", "host:", "host:65536", "host:-1",
                           "host:x", "::1:7480", "[]:7480", "[[::1]]:7480", "[a]b]:7480"}) {
    EXPECT_FALSE(ParseListenAddress(text).ok()) << text;
  }
  EXPECT_EQ(ParseListenAddress("[::1]:7480")->host, "::1");
  EXPECT_EQ(ParseListenAddress("localhost:0")->port, 0);
}

}  // namespace
}  // namespace quota::server
