// Concurrent clients of the real server, over its sockets: what each organisation's clients were
// answered is what one call at a time, in some order that agrees with the clock, would have given.
//
// QUOTA_TEST_SEED repeats a run's choices (not its timing).
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>

#include "tests/histories/hasty_service.h"
#include "tests/histories/lagging_store.h"
#include "tests/histories/stage.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using storage::WriteFault;

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// So many of a test's histories. A sanitizer makes each several times slower.
constexpr int Part(int histories) { return kSanitized ? histories / 4 : histories; }

class ConcurrentHistoryTest : public testing::Test {
 protected:
  ConcurrentHistoryTest() {
    const char* text = std::getenv("QUOTA_TEST_SEED");
    seed_ = text == nullptr ? std::random_device()() : std::strtoull(text, nullptr, 10);
    std::cout << "QUOTA_TEST_SEED=" << seed_ << std::endl;
  }

  // Clients few and many, with short and with long histories.
  void ExpectLinearizable(Stage& stage, int histories) {
    Dice dice(seed_);
    for (int i = 0; i < histories && !HasFailure(); ++i) {
      const int unary = static_cast<int>(dice.Pick(1, 5));
      const int session = static_cast<int>(dice.Pick(unary < 3 ? 2 : 0, 3));
      Expect(stage,
             {.unary = unary, .session = session, .calls = static_cast<int>(dice.Pick(8, 25))});
    }
    Tell(stage, histories);
  }

  void Expect(Stage& stage, const Cast& cast) {
    const Verification verification = stage.Play(cast);
    EXPECT_TRUE(verification.linearizable) << verification.explanation;
    tried_ += verification.tried;
  }

  void Tell(const Stage& stage, int histories) const {
    std::cout << histories << " histories, " << stage.calls() << " calls, " << stage.unanswered()
              << " without an answer, " << tried_ << " states tried" << std::endl;
  }

  uint64_t seed_ = 0;
  size_t tried_ = 0;
};

TEST_F(ConcurrentHistoryTest, ConcurrentCallsTakeEffectOneAfterTheOther) {
  Stage stage({.seed = seed_});
  ExpectLinearizable(stage, Part(160));
}

TEST_F(ConcurrentHistoryTest, ConcurrentCallsOverRocksDbTakeEffectOneAfterTheOther) {
  const storage::TempFolder folder;
  Stage stage({.seed = seed_, .open_store = TestServer::InFolder(folder / "data"), .executors = 2});
  ExpectLinearizable(stage, Part(80));
}

TEST_F(ConcurrentHistoryTest, HoldsOfALostSessionEndAtOneInstant) {
  Stage stage({.seed = seed_});
  const int histories = Part(40);
  for (int i = 0; i < histories && !HasFailure(); ++i) {
    Expect(stage, {.unary = 3, .session = 2, .dying = 1 + i % 2, .calls = 20});
  }
  Tell(stage, histories);
  EXPECT_GT(stage.server().server().engine().status().pipeline.lost_holds, 0U);
}

// A call without an answer took effect or did not, and calls after the store is open again see
// which.
class FailingStoreTest : public ConcurrentHistoryTest,
                         public testing::WithParamInterface<WriteFault> {};

INSTANTIATE_TEST_SUITE_P(Faults, FailingStoreTest,
                         testing::Values(WriteFault::kUnknownApplied,
                                         WriteFault::kUnknownUnapplied),
                         [](const auto& fault) {
                           return fault.param == WriteFault::kUnknownApplied ? "Applied"
                                                                             : "NotApplied";
                         });

TEST_P(FailingStoreTest, AnswersBeforeAndAfterAFailureOfTheStoreAgree) {
  Stage stage({.seed = seed_});
  Dice dice(seed_);
  stage.InTheMidst(
      [&] { stage.server().FailWrite(static_cast<uint64_t>(dice.Pick(1, 20)), GetParam()); });
  const int histories = Part(24);
  for (int i = 1; i <= histories && !HasFailure(); ++i) {
    Expect(stage, {.unary = static_cast<int>(dice.Pick(2, 5)),
                   .session = static_cast<int>(dice.Pick(0, 2))});
    stage.WriteUntilFailures(static_cast<uint64_t>(i));
  }
  Tell(stage, histories);
  EXPECT_GT(stage.unanswered(), 0U) << "no failure hit a call";
}

// ---- Tests of the tests: planted bugs must be caught. -------------------------------------------

// The histories, of 20 at the most, until one is not linearizable; 0: none is.
template <typename Play>
int FirstCaught(const Play& play) {
  for (int i = 1; i <= 20; ++i) {
    const Verification verification = play();
    if (verification.linearizable) continue;
    std::cout << "caught in history " << i << ": " << verification.explanation << std::endl;
    return i;
  }
  return 0;
}

// A server whose store fails in the midst of each history.
class PlantedStoreTest : public ConcurrentHistoryTest {
 protected:
  int FirstCaughtWithLag(size_t lag) {
    const auto disk = std::make_shared<storage::MemoryDisk>();
    Stage stage(
        {.seed = seed_, .open_store = [&]() -> absl::StatusOr<std::unique_ptr<storage::Store>> {
           auto opened = std::make_unique<LaggingStore>(disk, lag);
           opened->FailWrite(60);
           return opened;
         }});
    const int caught = FirstCaught([&] { return stage.Play({.unary = 4, .session = 0}); });
    EXPECT_GT(stage.unanswered(), 0U) << "no failure hit a call";
    return caught;
  }
};

TEST_F(PlantedStoreTest, AnAnswerBeforeTheSyncIsCaught) { EXPECT_NE(FirstCaughtWithLag(2), 0); }

TEST_F(PlantedStoreTest, TheSameFailuresOfAnHonestStoreAreNot) {
  EXPECT_EQ(FirstCaughtWithLag(0), 0);
}

class PlantedServiceTest : public ConcurrentHistoryTest {
 protected:
  int FirstCaughtWithLock(HastyService::Lock lock) {
    constexpr OrgFigures kFigures{.allotment = 20, .limit = 2};
    Stage stage({.seed = seed_});
    HastyService hasty(stage.target(), kFigures.allotment, lock);
    return FirstCaught([&] {
      return stage.Play({.unary = 4, .session = 0, .plain = true, .figures = kFigures},
                        hasty.target());
    });
  }
};

TEST_F(PlantedServiceTest, ACheckBeforeTheActIsCaught) {
  EXPECT_NE(FirstCaughtWithLock(HastyService::Lock::kNone), 0);
}

TEST_F(PlantedServiceTest, TheSameServiceWithALockIsNot) {
  EXPECT_EQ(FirstCaughtWithLock(HastyService::Lock::kEachCall), 0);
}

}  // namespace
}  // namespace quota::test
