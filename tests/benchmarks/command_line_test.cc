#include "benchmarks/command_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace quota::bench {
namespace {

CommandLine Parse(const std::vector<const char*>& words) {
  std::vector<const char*> argv = {"quotabench"};
  argv.insert(argv.end(), words.begin(), words.end());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
}

TEST(CommandLineTest, DefaultsAreSessionsInAClosedLoop) {
  const CommandLine command = Parse({});
  ASSERT_FALSE(command.exit);
  EXPECT_EQ(command.run.transport, Transport::kSession);
  EXPECT_EQ(command.run.streams, 1U);
  EXPECT_EQ(command.run.in_flight, 8U);
  EXPECT_FALSE(command.run.rate.has_value());
  EXPECT_TRUE(command.run.verify);
}

TEST(CommandLineTest, EachConnectionHasAStreamAndBatchesInFlight) {
  const CommandLine command = Parse({"--connections", "4"});
  EXPECT_EQ(command.run.streams, 4U);
  EXPECT_EQ(command.run.in_flight, 32U);
}

TEST(CommandLineTest, UnaryCallsHave64InFlight) {
  const CommandLine command = Parse({"--transport", "unary", "--rate", "500.5"});
  EXPECT_EQ(command.run.transport, Transport::kUnary);
  EXPECT_EQ(command.run.in_flight, 64U);
  EXPECT_EQ(command.run.rate, 500.5);
}

TEST(CommandLineTest, FractionsOfSecondsCount) {
  const CommandLine command = Parse({"--duration", "0.5", "--warmup", "0"});
  EXPECT_EQ(command.run.duration, std::chrono::milliseconds(500));
  EXPECT_EQ(command.run.warmup, Duration::zero());
}

TEST(CommandLineTest, MistakesAreUsageErrors) {
  const std::vector<std::vector<const char*>> mistakes = {
      {"--mix", "commit"},   {"--keys", "zipf"}, {"--transport", "carrier-pigeon"},
      {"--batch", "1025"},   {"--threads", "2"}, {"--streams", "9", "--in-flight", "8"},
      {"--in-flight", "65"}, {"--rate", "0"},    {"--create", "magic"},
  };
  for (const auto& words : mistakes) {
    const CommandLine command = Parse(words);
    EXPECT_TRUE(command.exit) << words.front();
    EXPECT_EQ(command.exit_code, kExitUsage) << words.front();
  }
}

}  // namespace
}  // namespace quota::bench
