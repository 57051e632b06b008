#include "catalog/field_positions.h"

#include <gtest/gtest.h>

namespace quota::catalog {
namespace {

constexpr char kText[] = R"(# a comment with { braces
a { b: 1
  b: [ 2,
    -3 ] b: 4
  c <
    d: "x"
       "y"; d: 'z' >
}
a { c { d: "{" } }
m: [ { d: 1 },
  { d: 2 } ]
)";

TEST(FieldPositions, LinesOfEveryKindOfField) {
  const std::pair<const char*, int> cases[] = {
      {"a[0]", 2},      {"a[0].b[0]", 2}, {"a[0].b[1]", 3}, {"a[0].b[2]", 4},
      {"a[0].b[3]", 4}, {"a[0].c", 5},    {"a[0].c.d", 6},  {"a[0].c.d[1]", 7},
      {"a[1]", 9},      {"a[1].c.d", 9},  {"m[0].d", 10},   {"m[1].d", 11},
  };
  for (const auto& [path, line] : cases) {
    EXPECT_EQ(LinesOf(kText, {path}).at(path), line) << path;
  }
}

TEST(FieldPositions, WhatIsMissingHasTheLineOfWhatWouldContainIt) {
  EXPECT_EQ(LinesOf(kText, {"a[1].c.e"}).at("a[1].c.e"), 9);
  EXPECT_EQ(LinesOf(kText, {"a[0].b[9]"}).at("a[0].b[9]"), 2);
  EXPECT_EQ(LinesOf(kText, {"n"}).at("n"), 1);
  EXPECT_EQ(LinesOf(kText, {""}).at(""), 1);
}

TEST(FieldPositions, StatementIsTheWholePlainFieldAroundAPosition) {
  const auto list = StatementAt(kText, {3, 5});
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->begin, (TextPosition{2, 2}));
  EXPECT_EQ(list->end, (TextPosition{3, 8}));
  EXPECT_TRUE(Affects(*list, "a[0].b[1]"));
  EXPECT_TRUE(Affects(*list, "a[0].b"));
  EXPECT_TRUE(Affects(*list, "a[0]"));
  EXPECT_FALSE(Affects(*list, "a[0].bb"));
  EXPECT_FALSE(Affects(*list, "a[1].b"));
  EXPECT_FALSE(Affects(*list, "a[0].c"));
  EXPECT_FALSE(StatementAt(kText, {4, 2}).has_value()) << "a message is no plain field";
}

TEST(FieldPositions, WithoutAStatementAllElseStaysWhereItIs) {
  const std::string text = "a:\t1 b: [2,\n3] c: 4";
  const auto list = StatementAt(text, {1, 0});
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(WithoutStatement(text, *list), "a:\t1       \n   c: 4");
}

}  // namespace
}  // namespace quota::catalog
