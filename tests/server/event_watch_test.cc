// The positions of WatchEvents, and what a stream must not do while it reads. What it tells:
// tests/integration/event_test.cc.
#include "server/event_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "storage/memory_store.h"
#include "tests/server/service_fixture.h"

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

// Its reads take until the gate is opened.
class SlowStore final : public storage::Store {
 public:
  const storage::Limits& limits() const override { return store_.limits(); }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    return store_.Get(key);
  }
  absl::StatusOr<storage::Page> Scan(std::string_view begin, std::string_view end,
                                     size_t max_entries, size_t max_bytes) override {
    reading = true;
    while (!open) std::this_thread::yield();
    return store_.Scan(begin, end, max_entries, max_bytes);
  }
  void Apply(uint32_t shard, storage::Batch batch, storage::Completion done) override {
    store_.Apply(shard, std::move(batch), std::move(done));
  }
  void Drain() override { store_.Drain(); }
  absl::Status Sync() override { return store_.Sync(); }
  storage::StoreStats stats() const override { return store_.stats(); }
  absl::Status Close() override { return store_.Close(); }

  std::atomic<bool> reading = false;
  std::atomic<bool> open = false;

 private:
  storage::MemoryStore store_{std::make_shared<storage::MemoryDisk>(),
                              storage::MemoryStoreOptions{.immediate = true}};
};

TEST(EventWatchTest, NewsDoesNotWaitForAReadOfTheStore) {
  ServiceFixture fixture(1, [](Call& call) { call.answer = ledger::HistoryMark{test::kNoon, 1}; });
  SlowStore store;
  fixture.engine.reader.Open(store);
  grpc::ClientContext context;
  v1::WatchEventsRequest request;
  request.set_from_oldest(true);
  const auto stream = fixture.admin->WatchEvents(&context, request);
  v1::WatchEventsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  while (!store.reading) std::this_thread::yield();
  // Where it waited, the test would end here by its timeout: the gate opens behind it.
  fixture.watches.Tell({0});
  fixture.watches.Tick(EventWatches::kHeartbeat);
  store.open = true;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_FALSE(response.has_event());
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  fixture.engine.reader.Close();
}

}  // namespace
}  // namespace quota::server
