// An engine that closes while something of its own waits for an answer.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>

#include "server/engine.h"
#include "storage/memory_store.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"

namespace quota::server {
namespace {

// A job of the reader's thread waits for its note in the audit log, which waits for a write, which
// ends only when the store is drained: closing must not wait for the job first.
TEST(EngineClose, EndsWhileAReloadWaitsForTheAuditLog) {
  const test::SimulatedClock clock;
  const auto disk = std::make_shared<storage::MemoryDisk>();
  storage::MemoryStore* store = nullptr;
  EngineOptions options;
  options.shards_if_new = 1;
  quota::v1::CatalogRevision next = test::TestCatalogSource();
  next.set_number(2);
  options.catalog_source = [&next] { return test::BuildCatalog(next); };
  Engine engine(options, test::TestCatalog(), clock,
                [&]() -> absl::StatusOr<std::unique_ptr<storage::Store>> {
                  // Nobody steps it.
                  auto opened =
                      std::make_unique<storage::MemoryStore>(disk, storage::MemoryStoreOptions{});
                  store = opened.get();
                  return opened;
                });
  ASSERT_TRUE(engine.Start().ok());
  std::promise<absl::StatusOr<bool>> reloaded;
  engine.ReadStore([&](storage::Store* /*store*/) {
    reloaded.set_value(engine.ReloadCatalog({.request_id = "r1", .action = "ReloadCatalog"}));
  });
  while (store->queued() == 0) std::this_thread::yield();
  engine.Drain(Duration::zero());
  const auto result = reloaded.get_future().get();
  EXPECT_TRUE(result.ok() || absl::IsUnavailable(result.status())) << result.status();
}

}  // namespace
}  // namespace quota::server
