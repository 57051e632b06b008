// The positions of WatchEvents. What a stream does: tests/integration/event_test.cc.
#include "server/event_watch.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace quota::server {
namespace {

const EventPositions kPositions = {{.at = 5, .sequence = 7, .index = 1}, {}, {.at = UINT64_MAX}};

TEST(EventPositionsTest, ComeBackAsTheyWere) {
  const std::string text = FormatPositions(kPositions);
  const auto parsed = ParsePositions(text, 3);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, kPositions);
}

TEST(EventPositionsTest, WhatIsNoneOfThisServerIsRefused) {
  const std::string text = FormatPositions(kPositions);
  EXPECT_EQ(ParsePositions(text, 4).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParsePositions("xyz!", 3).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ParsePositions(text.substr(1), 3).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace quota::server
