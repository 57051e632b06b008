#include "client/uuid.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/mutex.h"

namespace quota::client {
namespace {

TEST(UuidTest, IsACanonicalLowerCaseUuidOfVersion4) {
  const RE2 canonical("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = NewUuid();
    EXPECT_TRUE(RE2::FullMatch(uuid, canonical)) << uuid;
  }
}

TEST(UuidTest, ThreadsDrawDifferentIds) {
  constexpr int kThreads = 8;
  constexpr int kEach = 1000;
  Mutex mutex;
  std::set<std::string> ids;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        std::string id = NewUuid();
        MutexLock lock(mutex);
        ids.insert(std::move(id));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ids.size(), static_cast<size_t>(kThreads * kEach));
}

}  // namespace
}  // namespace quota::client
