#include "client/release_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

namespace quota::client {
namespace {

using std::chrono::seconds;

v1::ReleaseRequest Request(const std::string& id) {
  v1::ReleaseRequest request;
  request.set_reservation_id(id);
  return request;
}

TEST(ReleaseQueueTest, StopReleasesWhatIsQueued) {
  std::vector<std::string> released;
  ReleaseQueue queue(100, seconds(60), {}, [&](const v1::ReleaseRequest& request, Duration) {
    released.push_back(request.reservation_id());
    return absl::OkStatus();
  });
  for (const char* id : {"a", "b", "c"}) queue.Add(Request(id));
  queue.Stop();
  EXPECT_EQ(released, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(queue.left_out(), 0);
}

TEST(ReleaseQueueTest, AFullQueueLeavesReleasesOutAndNeverBlocks) {
  std::promise<void> entered;
  std::promise<void> go_on;
  bool first = true;
  ReleaseQueue queue(2, seconds(60), {}, [&](const v1::ReleaseRequest&, Duration) {
    if (first) {
      first = false;
      entered.set_value();
      go_on.get_future().wait();
    }
    return absl::OkStatus();
  });
  queue.Add(Request("being released"));
  entered.get_future().wait();
  for (int i = 0; i < 5; ++i) queue.Add(Request("more"));
  EXPECT_EQ(queue.left_out(), 3);
  go_on.set_value();
  queue.Stop();
  EXPECT_EQ(queue.left_out(), 3);
}

TEST(ReleaseQueueTest, AStoppedQueueTakesNothing) {
  ReleaseQueue queue(2, seconds(60), {},
                     [](const v1::ReleaseRequest&, Duration) { return absl::OkStatus(); });
  queue.Stop();
  queue.Add(Request("late"));
  EXPECT_EQ(queue.left_out(), 1);
}

TEST(ReleaseQueueTest, WithoutTimeToDrainWhatIsQueuedIsLeftOut) {
  std::promise<void> entered;
  std::promise<void> go_on;
  int calls = 0;
  ReleaseQueue queue(1'000'000'000, Duration::zero(), {}, [&](const v1::ReleaseRequest&, Duration) {
    if (++calls == 1) {
      entered.set_value();
      go_on.get_future().wait();
    }
    return absl::OkStatus();
  });
  queue.Add(Request("being released"));
  entered.get_future().wait();
  queue.Add(Request("b"));
  queue.Add(Request("c"));
  std::thread stopper([&] { queue.Stop(); });
  // The stop has begun once the queue takes nothing any more.
  while (queue.left_out() == 0) {
    queue.Add(Request("probe"));
    std::this_thread::yield();
  }
  const int64_t before = queue.left_out();
  go_on.set_value();
  stopper.join();
  EXPECT_EQ(calls, 1);
  EXPECT_GT(queue.left_out(), before);
}

TEST(ReleaseQueueTest, RetriesAndThenLeavesItToTheTtl) {
  const RetryPolicy policy = {.budget = std::chrono::milliseconds(5),
                              .first_pause = Duration(1),
                              .longest_pause = Duration(100)};
  int calls = 0;
  ReleaseQueue queue(10, seconds(60), policy, [&](const v1::ReleaseRequest&, Duration) {
    ++calls;
    return absl::UnavailableError("down");
  });
  queue.Add(Request("a"));
  queue.Stop();
  EXPECT_GT(calls, 1);
  EXPECT_EQ(queue.left_out(), 1);
}

TEST(ReleaseQueueTest, AnIdThatNobodyHoldsNeedsNoRelease) {
  ReleaseQueue queue(10, seconds(60), {}, [](const v1::ReleaseRequest&, Duration) {
    return absl::NotFoundError("no such reservation");
  });
  queue.Add(Request("a"));
  queue.Stop();
  EXPECT_EQ(queue.left_out(), 0);
}

}  // namespace
}  // namespace quota::client
