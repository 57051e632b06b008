// Price functions: flat, by unit with a ceiling, and by steps.

#include "ledger/price.h"

#include <google/protobuf/text_format.h>

#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

constexpr auto kRefused = absl::StatusCode::kInvalidArgument;

quota::v1::Price Parse(const std::string& text) {
  quota::v1::Price price;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString("methods: 'm' " + text, &price))
      << text;
  return price;
}

absl::Status Check(const quota::v1::Price& price) {
  CatalogMistakes mistakes;
  CheckPrice(price, "p", mistakes);
  return mistakes.ToStatus();
}

MethodCall Call(std::string_view attribute, int64_t value) { return {"m", {{attribute, value}}}; }

TEST(PriceTest, ByUnitCountsStartedGroupsUpToTheCeiling) {
  struct Case {
    const char* price;
    int64_t value;
    int64_t credits;
  };
  const Case cases[] = {
      {"credits: 6", 0, 0},
      {"credits: 6", 1, 6},
      {"credits: 6", 5, 30},
      {"credits: 1 units: 2", 0, 0},
      {"credits: 1 units: 2", 1, 1},
      {"credits: 1 units: 2", 2, 1},
      {"credits: 1 units: 2", 3, 2},
      {"credits: 3 units: 10 ceiling: 10", 30, 9},
      {"credits: 3 units: 10 ceiling: 10", 31, 10},
      {"credits: 3 units: 10 ceiling: 10", 1'000'000'000'000, 10},
      {"credits: 3 ceiling: 0", 5, 0},
      {"credits: 0", 1'000'000'000'000, 0},
      {"credits: 1", 1'000'000'000'000, 1'000'000'000'000},
      {"credits: 1000000000000 units: 1000000000000", 1'000'000'000'000, 1'000'000'000'000},
      {"credits: 1000000000000 ceiling: 1000000000000", 1'000'000'000'000, 1'000'000'000'000},
      {"credits: 1 units: 9223372036854775807", 1'000'000'000'000, 1},
  };
  for (const Case& c : cases) {
    const auto price = Parse(std::string("per_unit { attribute: 'n' ") + c.price + " }");
    ASSERT_TRUE(Check(price).ok()) << c.price;
    const auto credits = Evaluate(price, Call("n", c.value));
    ASSERT_TRUE(credits.ok()) << c.price << ": " << credits.status();
    EXPECT_EQ(*credits, Credits(c.credits)) << c.price << " of " << c.value;
  }
}

TEST(PriceTest, MoreThanARequestMayCostIsAnErrorAndNeverWraps) {
  for (const char* text : {"credits: 2", "credits: 1000000000000"}) {
    const auto price = Parse(std::string("per_unit { attribute: 'n' ") + text + " }");
    EXPECT_THAT(Evaluate(price, Call("n", 1'000'000'000'000)),
                FailsWith(kRefused, "method: m comes to more than 1000000000000 credits"));
    EXPECT_THAT(Evaluate(price, Call("n", INT64_MAX)), FailsWith(kRefused, "method: m"));
  }
}

TEST(PriceTest, StepsIncludeTheirHighestValue) {
  const auto price = Parse(R"pb(steps {
                                  attribute: "from"
                                  steps { up_to: 2000 credits: 3 }
                                  steps { up_to: 10000 credits: 5 }
                                  steps { credits: 100 }
                                })pb");
  ASSERT_TRUE(Check(price).ok());
  const std::pair<int64_t, int64_t> cases[] = {{0, 3},      {2'000, 3},    {2'001, 5},
                                               {10'000, 5}, {10'001, 100}, {INT64_MAX, 100}};
  for (const auto& [from, credits] : cases) {
    EXPECT_EQ(*Evaluate(price, Call("from", from)), Credits(credits)) << from;
  }
}

TEST(PriceTest, AboveTheLastStepIsAnErrorThatTellsTheEnd) {
  const auto price = Parse("steps { attribute: 'from' steps { up_to: 9 credits: 3 } }");
  ASSERT_TRUE(Check(price).ok());
  EXPECT_EQ(*Evaluate(price, Call("from", 9)), Credits(3));
  EXPECT_THAT(Evaluate(price, Call("from", 10)),
              FailsWith(kRefused, "method: m: from is 10; the price ends at 9"));
}

TEST(PriceTest, MissingAttributeIsItsDefaultOrAnError) {
  const char* missing = "is priced by the attribute \"n\", which is missing";
  const auto by_unit = Parse("per_unit { attribute: 'n' credits: 2 }");
  EXPECT_THAT(Evaluate(by_unit, Call("other", 5)), FailsWith(kRefused, missing));
  const auto steps = Parse("steps { attribute: 'n' steps { credits: 3 } }");
  EXPECT_THAT(Evaluate(steps, {"m", {}}), FailsWith(kRefused, missing));
  EXPECT_EQ(*Evaluate(Parse("per_unit { attribute: 'n' credits: 2 default_value: 7 }"), {"m", {}}),
            Credits(14));
  const auto steps_default = Parse(
      "steps { attribute: 'n' default_value: 2 steps { up_to: 1 credits: 3 } "
      "steps { credits: 4 } }");
  EXPECT_EQ(*Evaluate(steps_default, {"m", {}}), Credits(4));
}

TEST(PriceTest, FlatIsTheSameForEveryCall) {
  EXPECT_EQ(*Evaluate(Parse("flat: 50"), Call("n", 9)), Credits(50));
  EXPECT_EQ(*Evaluate(Parse("flat: 0"), {"m", {}}), Credits(0));
}

TEST(PriceTest, EveryMistakeIsNamed) {
  struct Case {
    const char* price;
    const char* message;
  };
  const Case cases[] = {
      {"", "p: one of flat, per_unit and steps is required"},
      {"flat: -1", "p.flat: -1; it must be 0 to 1000000000000"},
      {"flat: 1000000000001", "p.flat: 1000000000001"},
      {"per_unit { credits: 1 }", "p.per_unit.attribute: it is required"},
      {"per_unit { attribute: 'n' credits: -1 }", "p.per_unit.credits: -1"},
      {"per_unit { attribute: 'n' units: -1 }", "p.per_unit.units: -1"},
      {"per_unit { attribute: 'n' ceiling: -1 }", "p.per_unit.ceiling: -1"},
      {"per_unit { attribute: 'n' ceiling: 1000000000001 }", "p.per_unit.ceiling: 1000000000001"},
      {"per_unit { attribute: 'n' credits: 1 default_value: -5 }", "p.per_unit.default_value: -5"},
      {"steps { attribute: 'n' }", "p.steps.steps: at least one is required"},
      {"steps { steps { credits: 1 } }", "p.steps.attribute: it is required"},
      {"steps { attribute: 'n' steps { credits: -1 } }", "p.steps.steps[0].credits: -1"},
      {"steps { attribute: 'n' default_value: -1 steps { credits: 1 } }",
       "p.steps.default_value: -1"},
      {"steps { attribute: 'n' default_value: 3 steps { up_to: 2 credits: 1 } }",
       "p.steps.default_value: 3; the price ends at 2"},
      {"steps { attribute: 'n' steps { credits: 1 } steps { up_to: 1 } }",
       "p.steps.steps[0]: only the last step may leave out up_to"},
      {"steps { attribute: 'n' steps { up_to: -2 } }", "p.steps.steps[0].up_to: -2"},
      {"steps { attribute: 'n' steps { up_to: 2 } steps { up_to: 2 } }",
       "p.steps.steps[1].up_to: 2; it must be above 2"},
      {"steps { attribute: 'n' steps { up_to: 2 } steps { up_to: 1 } steps { credits: 1 } }",
       "p.steps.steps[1].up_to: 1; it must be above 2"},
  };
  for (const Case& c : cases) {
    const absl::Status status = Check(Parse(c.price));
    EXPECT_EQ(status.code(), kRefused) << c.price;
    EXPECT_NE(std::string(status.message()).find(c.message), std::string::npos)
        << c.price << ": " << status;
  }
}

}  // namespace
}  // namespace quota::ledger
