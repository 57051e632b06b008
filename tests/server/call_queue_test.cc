#include "server/call_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace quota::server {
namespace {

struct QueuedCall final : Call {
  explicit QueuedCall(uint64_t org) { command.org_hash = org; }
  void OnAnswered() override {}
};

class CallQueueTest : public testing::Test {
 protected:
  // A call of the organisation with this hash; 0: of none.
  Call* Make(uint64_t org) { return &calls_.emplace_back(org); }
  std::vector<Call*> MakeMany(size_t count, uint64_t org) {
    std::vector<Call*> calls;
    for (size_t i = 0; i < count; ++i) calls.push_back(Make(org));
    return calls;
  }
  // How many of them fit.
  size_t Push(const std::vector<Call*>& calls) {
    std::vector<Call*> refused;
    queue_.Push(calls, refused);
    return calls.size() - refused.size();
  }
  std::vector<Call*> Take(size_t most) {
    std::vector<Call*> taken;
    queue_.Take(most, taken);
    return taken;
  }

  CallQueue queue_{{.calls = 10, .calls_of_org = 4}};
  std::deque<QueuedCall> calls_;
};

TEST_F(CallQueueTest, FirstInIsFirstOut) {
  const std::vector<Call*> calls = {Make(1), Make(2), Make(1)};
  EXPECT_EQ(Push(calls), 3);
  EXPECT_EQ(Take(2), (std::vector<Call*>{calls[0], calls[1]}));
  EXPECT_EQ(Take(2), (std::vector<Call*>{calls[2]}));
}

TEST_F(CallQueueTest, StaysInOrderAndBoundedHoweverManyAreTakenAtOnce) {
  std::vector<Call*> calls;
  std::vector<Call*> taken;
  for (size_t most = 1; most <= 9; ++most) {
    while (queue_.size() < 10) {
      calls.push_back(Make(0));
      EXPECT_EQ(Push({calls.back()}), 1);
    }
    EXPECT_EQ(Push({Make(0)}), 0);
    for (Call* call : Take(most)) taken.push_back(call);
    EXPECT_EQ(queue_.size(), 10 - most);
  }
  for (Call* call : Take(10)) taken.push_back(call);
  EXPECT_EQ(taken, calls);
  EXPECT_TRUE(Take(1).empty());
}

TEST_F(CallQueueTest, TellsHowLongItWasAndIs) {
  std::vector<Call*> refused;
  EXPECT_EQ(Push(MakeMany(3, 1)), 3);
  const CallQueue::Growth growth = queue_.Push(Make(2), refused);
  EXPECT_EQ(growth.before, 3);
  EXPECT_EQ(growth.after, 4);
}

TEST_F(CallQueueTest, AnOrganisationHasNoMoreThanItsPart) {
  EXPECT_EQ(Push(MakeMany(6, 1)), 4);
  EXPECT_EQ(Push(MakeMany(1, 2)), 1);
}

TEST_F(CallQueueTest, CallsBeforeTheFirstCountAreCounted) {
  EXPECT_EQ(Push(MakeMany(3, 1)), 3);
  EXPECT_EQ(Push(MakeMany(3, 2)), 3);
  EXPECT_EQ(Push(MakeMany(3, 1)), 1);
  EXPECT_EQ(Push(MakeMany(3, 2)), 1);
}

TEST_F(CallQueueTest, OrganisationsWhoseHashesArePartlyAlikeHaveAPartEach) {
  // By their upper halves the first two are of one crowd, and the third of another.
  constexpr uint64_t kHashes[] = {1, 2, uint64_t{1} << 32};
  for (const uint64_t hash : kHashes) EXPECT_EQ(Push(MakeMany(3, hash)), 3);
  EXPECT_EQ(Take(5).size(), 5);
  EXPECT_EQ(Push(MakeMany(5, kHashes[1])), 3);
  EXPECT_EQ(Push(MakeMany(5, kHashes[2])), 1);
}

TEST_F(CallQueueTest, WhatIsTakenMakesRoomForItsOrganisation) {
  EXPECT_EQ(Push(MakeMany(4, 1)), 4);
  EXPECT_EQ(Push(MakeMany(2, 2)), 2);
  EXPECT_EQ(Take(1).size(), 1);
  EXPECT_EQ(Push(MakeMany(2, 1)), 1);
}

TEST_F(CallQueueTest, CountsAnewAfterItWasEmpty) {
  EXPECT_EQ(Push(MakeMany(5, 1)), 4);
  EXPECT_EQ(Take(10).size(), 4);
  EXPECT_EQ(Push(MakeMany(5, 1)), 4);
}

TEST_F(CallQueueTest, CallsOfNoOrganisationHaveNoPart) { EXPECT_EQ(Push(MakeMany(9, 0)), 9); }

TEST_F(CallQueueTest, IsBoundedInAll) {
  EXPECT_EQ(Push(MakeMany(12, 0)), 10);
  EXPECT_EQ(Push({Make(1)}), 0);
  EXPECT_EQ(queue_.size(), 10);
}

}  // namespace
}  // namespace quota::server
