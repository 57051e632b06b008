#include "client/price_map.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace quota::client {
namespace {

PriceMap Map(const std::string& text) {
  std::istringstream in(text);
  absl::StatusOr<PriceMap> map = PriceMap::Read(in, "prices");
  EXPECT_TRUE(map.ok()) << map.status();
  return *std::move(map);
}

std::string Error(const std::string& text) {
  std::istringstream in(text);
  return std::string(PriceMap::Read(in, "prices").status().message());
}

TEST(PriceMapTest, WithoutAMatchingRuleACallCosts1) {
  EXPECT_EQ(PriceMap().PriceOf("GET", "/x").credits, Credits(1));
  EXPECT_EQ(Map("GET /a 5\n").PriceOf("POST", "/a").credits, Credits(1));
}

TEST(PriceMapTest, TheMostSpecificRuleCountsWhateverTheOrder) {
  const PriceMap map =
      Map("*      /**               7\n"
          "GET    /tickets/*        2   # one\n"
          "*      /tickets/*        3\n"
          "\t\n"
          "GET    /tickets/search   20\r\n"
          "GET    /tickets/**       4\n");
  EXPECT_EQ(map.size(), 5u);
  EXPECT_EQ(map.PriceOf("GET", "/tickets/search").credits, Credits(20));
  EXPECT_EQ(map.PriceOf("GET", "/tickets/17").credits, Credits(2));
  EXPECT_EQ(map.PriceOf("PUT", "/tickets/17").credits, Credits(3));
  EXPECT_EQ(map.PriceOf("GET", "/tickets/17/threads").credits, Credits(4));
  EXPECT_EQ(map.PriceOf("GET", "/contacts").credits, Credits(7));
}

TEST(PriceMapTest, AmongEqualsTheFirstCounts) {
  const PriceMap map = Map("GET /a*c 1\nGET /ac* 2\n");
  EXPECT_EQ(map.PriceOf("GET", "/acc").credits, Credits(1));
}

TEST(PriceMapTest, APriceNamesTheRuleThatGaveIt) {
  const PriceMap map = Map("*  /** 7\nGET   /tickets/*\ttickets.get\n");
  EXPECT_EQ(map.RuleText(map.PriceOf("GET", "/tickets/1?x=y").rule.value()), "GET /tickets/*");
  EXPECT_EQ(map.RuleText(map.PriceOf("PUT", "/tickets/1").rule.value()), "* /**");
  EXPECT_EQ(Map("GET /a 5\n").PriceOf("GET", "/b").rule, std::nullopt);
}

TEST(PriceMapTest, TheQueryStringIsNotMatchedAndOtherCharactersAreLiteral) {
  const PriceMap map = Map("GET /a.b+(c) 9\n");
  EXPECT_EQ(map.PriceOf("GET", "/a.b+(c)?x=/y").credits, Credits(9));
  EXPECT_EQ(map.PriceOf("GET", "/aXb+(c)").credits, Credits(1));
}

TEST(PriceMapTest, AMethodTakesConstantsAndQueryParameters) {
  const PriceMap map = Map("GET /tickets tickets.list from=?from limit=?per_page depth=3\n");
  const RequestPrice price = map.PriceOf("GET", "/tickets?xfrom=9&from=2000&per_page=abc");
  EXPECT_EQ(price.method, "tickets.list");
  EXPECT_EQ(price.attributes, (std::map<std::string, int64_t>{{"from", 2000}, {"depth", 3}}));
}

TEST(PriceMapTest, ErrorsNameFileAndLine) {
  EXPECT_EQ(Error("# fine\nGET /a\n"),
            "prices:2: a rule is METHOD PATH PRICE, such as: GET /tickets/* 1");
  EXPECT_EQ(Error("GET tickets 1\n"), "prices:1: the path 'tickets' must begin with '/' or '*'");
  EXPECT_EQ(Error("GET / -1\n"), "prices:1: '-1' is no price: credits are 0 to 1000000000000");
  EXPECT_EQ(Error("GET / 1000000000001\n"),
            "prices:1: '1000000000001' is no price: credits are 0 to 1000000000000");
  EXPECT_EQ(Error("GET / 99999999999999999999\n"),
            "prices:1: '99999999999999999999' is no price: credits are 0 to 1000000000000");
  EXPECT_EQ(Error("GET / 1 from=1\n"), "prices:1: a price in credits takes no attributes");
  EXPECT_EQ(Error("\n\nGET / m from\n"),
            "prices:3: 'from' is no attribute: write NAME=NUMBER or NAME=?QUERY_PARAMETER");
  EXPECT_EQ(Error("GET / m from=x\n"),
            "prices:1: 'x' is no value: write 0 to 1000000000000, or ?QUERY_PARAMETER");
}

TEST(PriceMapTest, TakesAtMost1000Rules) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "GET /" + std::to_string(i) + " 1\n";
  EXPECT_EQ(Map(text).size(), PriceMap::kMostRules);
  EXPECT_EQ(Error(text + "# a comment is no rule\nGET /more 1\n"),
            "prices:1002: more than 1000 rules");
}

}  // namespace
}  // namespace quota::client
