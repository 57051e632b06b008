// The checker itself, on histories that were written by hand.
#include "tests/histories/linearizability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace quota::test {
namespace {

using testing::HasSubstr;

constexpr OrgFigures kFigures{.allotment = 10, .limit = 1};

// Makes histories of kFigures: what was asked, when, and what was answered with which used and
// held.
class HistoryMaker {
 public:
  struct Stand {
    int64_t used = 0;
    int64_t held = 0;
    int64_t in_flight = 0;
  };

  HistoryMaker& Charge(std::string id, int64_t credits, Tick from, Tick to, Verdict verdict,
                       Stand stand) {
    const bool granted = verdict == Verdict::kGranted;
    return Add({.kind = CallKind::kCharge, .id = std::move(id), .credits = credits}, from, to,
               {.verdict = verdict, .credits = granted ? credits : 0}, stand);
  }
  HistoryMaker& Reserve(std::string id, int64_t credits, Tick from, Tick to, Verdict verdict,
                        Stand stand) {
    const bool granted = verdict == Verdict::kGranted;
    return Add({.kind = CallKind::kReserve, .id = std::move(id), .credits = credits, .slots = 1},
               from, to,
               {.verdict = verdict,
                .credits = granted ? credits : 0,
                .state = granted ? RecordState::kOpen : RecordState::kNone},
               stand);
  }
  HistoryMaker& Commit(std::string id, int64_t credits, Tick from, Tick to, Stand stand) {
    return Add({.kind = CallKind::kCommit, .id = std::move(id), .credits = credits}, from, to,
               {.credits = credits}, stand);
  }
  HistoryMaker& Look(Tick from, Tick to, Stand stand, int64_t open = 0) {
    return Add({.kind = CallKind::kUsage}, from, to, {.open_reservations = open}, stand);
  }
  HistoryMaker& Lost(std::string id, Tick from, Tick to) {
    history_.push_back({.request = {.kind = CallKind::kCommit, .id = std::move(id), .credits = 1},
                        .answer = {.verdict = Verdict::kNotFound},
                        .called_at = from,
                        .answered_at = to});
    return *this;
  }
  // The latest call got no answer.
  HistoryMaker& Unanswered() {
    history_.back().answered_at = kNoAnswer;
    return *this;
  }
  HistoryMaker& OnStream() {
    history_.back().on_stream = true;
    return *this;
  }

  bool IsLinearizable() const { return Verify(history_, OrgModel(kFigures)).linearizable; }
  std::string Explanation() const { return Verify(history_, OrgModel(kFigures)).explanation; }

 private:
  HistoryMaker& Add(CallRequest request, Tick from, Tick to, CallAnswer answer, Stand stand) {
    answer.allotment = kFigures.allotment;
    answer.limit = kFigures.limit;
    answer.used = stand.used;
    answer.held = stand.held;
    answer.remaining = kFigures.allotment - stand.used - stand.held;
    answer.in_flight = stand.in_flight;
    history_.push_back(
        {.request = std::move(request), .answer = answer, .called_at = from, .answered_at = to});
    return *this;
  }

  History history_;
};

constexpr Verdict kGranted = Verdict::kGranted;
constexpr Verdict kExhausted = Verdict::kCreditsExhausted;
constexpr Verdict kFull = Verdict::kConcurrencyExhausted;

TEST(LinearizabilityTest, OneCallAfterTheOther) {
  EXPECT_TRUE(HistoryMaker()
                  .Reserve("r", 4, 1, 2, kGranted, {.held = 4, .in_flight = 1})
                  .Reserve("s", 1, 3, 4, kFull, {.held = 4, .in_flight = 1})
                  .Commit("r", 3, 5, 6, {.used = 3})
                  .Charge("c", 8, 7, 8, kExhausted, {.used = 3})
                  .Look(9, 10, {.used = 3})
                  .IsLinearizable());
}

TEST(LinearizabilityTest, ConcurrentCallsInAnyOrder) {
  EXPECT_TRUE(HistoryMaker()
                  .Charge("a", 4, 1, 10, kGranted, {.used = 10})
                  .Charge("b", 6, 2, 9, kGranted, {.used = 6})
                  .Look(3, 8, {.used = 6})
                  .Look(4, 7, {})
                  .IsLinearizable());
}

TEST(LinearizabilityTest, AnEmptyHistory) { EXPECT_TRUE(HistoryMaker().IsLinearizable()); }

TEST(LinearizabilityTest, AStaleReadIsNot) {
  EXPECT_FALSE(
      HistoryMaker().Charge("a", 4, 1, 2, kGranted, {.used = 4}).Look(3, 4, {}).IsLinearizable());
}

TEST(LinearizabilityTest, ADoubleGrantIsNot) {
  EXPECT_FALSE(HistoryMaker()
                   .Charge("a", 6, 1, 4, kGranted, {.used = 6})
                   .Charge("b", 6, 2, 3, kGranted, {.used = 6})
                   .IsLinearizable());
  EXPECT_FALSE(HistoryMaker()
                   .Reserve("a", 1, 1, 4, kGranted, {.held = 1, .in_flight = 1})
                   .Reserve("b", 1, 2, 3, kGranted, {.held = 2, .in_flight = 2})
                   .IsLinearizable());
}

TEST(LinearizabilityTest, ALostCommitIsNot) {
  EXPECT_FALSE(HistoryMaker()
                   .Reserve("r", 4, 1, 2, kGranted, {.held = 4, .in_flight = 1})
                   .Commit("r", 4, 3, 4, {.used = 4})
                   .Look(5, 6, {.held = 4, .in_flight = 1}, 1)
                   .IsLinearizable());
}

TEST(LinearizabilityTest, ALostReservationIsNot) {
  EXPECT_FALSE(HistoryMaker()
                   .Reserve("r", 4, 1, 2, kGranted, {.held = 4, .in_flight = 1})
                   .Lost("r", 3, 4)
                   .IsLinearizable());
}

TEST(LinearizabilityTest, ARefusalWithoutAReasonIsNot) {
  EXPECT_FALSE(HistoryMaker().Charge("a", 6, 1, 2, kExhausted, {}).IsLinearizable());
  EXPECT_FALSE(HistoryMaker().Reserve("r", 6, 1, 2, kFull, {}).IsLinearizable());
}

// Each answer alone has a reason; their order in time has none.
TEST(LinearizabilityTest, AnOrderAgainstTheClockIsNot) {
  const auto history = [](Tick second_look) {
    return HistoryMaker()
        .Charge("a", 4, 1, 20, kGranted, {.used = 4})
        .Look(3, 4, {.used = 4})
        .Look(second_look, second_look + 1, {});
  };
  EXPECT_TRUE(history(2).IsLinearizable());
  EXPECT_FALSE(history(6).IsLinearizable());
}

TEST(LinearizabilityTest, AnAnswerToARepeatMustBeTheFirst) {
  History history = {{.request = {.kind = CallKind::kCharge, .id = "a", .credits = 4},
                      .answer = {.verdict = kGranted,
                                 .credits = 4,
                                 .allotment = 10,
                                 .used = 4,
                                 .remaining = 6,
                                 .limit = 1},
                      .called_at = 1,
                      .answered_at = 2}};
  history.push_back(history.front());
  history.back().called_at = 3;
  history.back().answered_at = 4;
  EXPECT_FALSE(Verify(history, OrgModel(kFigures)).linearizable) << "charged twice";
  history.back().answer.repeated = true;
  EXPECT_TRUE(Verify(history, OrgModel(kFigures)).linearizable);
}

TEST(LinearizabilityTest, ACallWithoutAnAnswerMayTakeEffectLaterOrNever) {
  const auto history = [](int64_t first, int64_t second) {
    return HistoryMaker()
        .Charge("a", 4, 3, 4, kGranted, {})
        .Unanswered()
        .Look(5, 6, {.used = first})
        .Look(7, 8, {.used = second});
  };
  EXPECT_TRUE(history(0, 0).IsLinearizable());
  EXPECT_TRUE(history(0, 4).IsLinearizable());
  EXPECT_TRUE(history(4, 4).IsLinearizable());
  EXPECT_FALSE(history(4, 0).IsLinearizable());
  EXPECT_FALSE(history(0, 8).IsLinearizable());
}

TEST(LinearizabilityTest, ACallWithoutAnAnswerTakesNoEffectBeforeItIsMade) {
  EXPECT_FALSE(HistoryMaker()
                   .Look(1, 2, {.used = 4})
                   .Charge("a", 4, 3, 4, kGranted, {})
                   .Unanswered()
                   .IsLinearizable());
}

TEST(LinearizabilityTest, CallsOfAStreamTakeEffectInTheOrderSent) {
  const auto history = [](bool on_stream) {
    HistoryMaker maker;
    maker.Charge("a", 4, 1, 10, kGranted, {.used = 10});
    if (on_stream) maker.OnStream();
    maker.Charge("b", 6, 2, 9, kGranted, {.used = 6});
    if (on_stream) maker.OnStream();
    return maker.IsLinearizable();
  };
  EXPECT_TRUE(history(false));
  EXPECT_FALSE(history(true));
}

TEST(LinearizabilityTest, TheExplanationNamesWhatCanNotFollow) {
  const std::string text =
      HistoryMaker().Charge("a", 4, 1, 2, kGranted, {.used = 4}).Look(3, 4, {}).Explanation();
  EXPECT_THAT(text, HasSubstr("does for 1 of 2 answers"));
  EXPECT_THAT(text, HasSubstr("[1, 2] client 0: charge a 4 credits"));
  EXPECT_THAT(text, HasSubstr("where the model says: [3, 4] client 0: usage"));
}

TEST(LinearizabilityTest, TooManyOrdersAreToldApartFromNone) {
  History history;
  for (int i = 0; i < 20; ++i) {
    history.push_back(
        {.request = {.kind = CallKind::kCharge, .id = std::to_string(i), .credits = 0},
         .answer = {.verdict = kExhausted},
         .called_at = 1});
  }
  history.push_back({.request = {}, .answer = {.used = 1}, .called_at = 2, .answered_at = 3});
  EXPECT_THAT(Verify(history, OrgModel(kFigures), 1'000).explanation, HasSubstr("too many orders"));
}

}  // namespace
}  // namespace quota::test
