#include "benchmarks/pacer.h"

#include <grpcpp/completion_queue.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace quota::bench {
namespace {

// Passed long ago: nobody sleeps until then.
constexpr TimePoint Passed(int number) { return TimePoint(std::chrono::milliseconds(number)); }
// Later than any test ends.
TimePoint FarAway() { return std::chrono::steady_clock::now() + std::chrono::hours(1); }

class PacerTest : public testing::Test {
 protected:
  ~PacerTest() override {
    if (!shut_down_) Rest();
  }

  void Start(std::optional<Schedule> schedule, std::vector<TimePoint> instants,
             Pacer::Now now = std::chrono::steady_clock::now) {
    pacer_ = std::make_unique<Pacer>(&queue_, &tag_, std::move(schedule), std::move(instants),
                                     std::move(now));
  }
  // Waits for a wake.
  bool IsWoken() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok && tag == &tag_;
  }
  // Ends the pacer; the wakes that were left in the queue.
  int Rest() {
    pacer_.reset();
    queue_.Shutdown();
    shut_down_ = true;
    int wakes = 0;
    while (IsWoken()) ++wakes;
    return wakes;
  }

  grpc::CompletionQueue queue_;
  int tag_ = 0;
  bool shut_down_ = false;
  std::unique_ptr<Pacer> pacer_;
};

TEST_F(PacerTest, WakesAtAnInstant) {
  Start(std::nullopt, {Passed(1)});
  EXPECT_TRUE(IsWoken());
  pacer_->Woken();
  EXPECT_EQ(Rest(), 0);
}

TEST_F(PacerTest, InstantsThatHavePassedAreOneWake) {
  Start(std::nullopt, {Passed(1), Passed(2), Passed(3)});
  EXPECT_TRUE(IsWoken());
  pacer_->Woken();
  EXPECT_EQ(Rest(), 0);
}

TEST_F(PacerTest, WakesForTheStartsBeforeTheFirstInstant) {
  // One at 1 ms; the next would be an hour later, and the instant is then, too.
  Start(Schedule(Passed(1), 1.0 / 3600), {FarAway()});
  EXPECT_TRUE(IsWoken());
  pacer_->Woken();
  EXPECT_EQ(Rest(), 0);
}

TEST_F(PacerTest, AnInstantThatComesWhileItWakesIsAnotherWake) {
  // A millisecond passes with each look at the clock: the first wake is before the second instant,
  // however slow the machine is.
  int looks = 0;
  Start(std::nullopt, {Passed(1), Passed(5)}, [&looks] { return Passed(++looks); });
  EXPECT_TRUE(IsWoken());
  // Before the second comes or after it: it isn't lost.
  pacer_->Woken();
  EXPECT_TRUE(IsWoken());
  pacer_->Woken();
  EXPECT_EQ(Rest(), 0);
}

TEST_F(PacerTest, EndsWithoutAWakeWhileItSleeps) {
  Start(std::nullopt, {FarAway()});
  EXPECT_EQ(Rest(), 0);
}

}  // namespace
}  // namespace quota::bench
