// docs/credit-model.md is true: every rule has an example, and every example comes to what it says.
// And the same checks find a document that is not.

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/ledger/matchers.h"
#include "tests/ledger/model_document.h"
#include "tests/ledger/worked_example.h"

namespace quota::ledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string TextOf(const char* path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

quota::v1::Catalog Shipped() {
  quota::v1::Catalog catalog;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(TextOf(QUOTA_DEFAULT_CATALOG), &catalog));
  return catalog;
}

// All that is wrong with the examples of a document.
std::vector<std::string> MistakesOf(std::string_view document) {
  const auto rules = ReadRules(document);
  if (!rules.ok()) return {std::string(rules.status().message())};
  std::vector<std::string> mistakes;
  for (const Rule& rule : *rules) {
    if (rule.examples.empty()) {
      mistakes.push_back("line " + std::to_string(rule.line) + ": no example: " + rule.heading);
    }
    const auto catalog = CatalogOf(rule, Shipped());
    if (!catalog.ok()) {
      mistakes.push_back(rule.heading + ": " + std::string(catalog.status().message()));
      continue;
    }
    for (const Block& example : rule.examples) {
      for (std::string& mistake : RunExample(example, *catalog)) {
        mistakes.push_back(std::move(mistake));
      }
    }
  }
  return mistakes;
}

// An example behind the statements that every one begins with.
std::vector<std::string> MistakesOfExample(std::string_view statements) {
  return MistakesOf(
      "### Rule\n```credit-model\nat 2025-11-03T09:00-08:00\ncreate acme edition=free\n" +
      std::string(statements) + "\n```\n");
}

TEST(CreditModelTest, EveryRuleOfTheDocumentHasAnExampleAndEveryExampleIsTrue) {
  const std::string document = TextOf(QUOTA_CREDIT_MODEL);
  for (const std::string& mistake : MistakesOf(document)) {
    ADD_FAILURE() << "docs/credit-model.md: " << mistake;
  }
  const auto rules = ReadRules(document);
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_GE(rules->size(), 40u) << "the reader has missed rules";
}

TEST(CreditModelTest, WhatIsTrueIsFoundTrue) {
  EXPECT_THAT(MistakesOfExample("charge c1 credits=5 -> charged 5, remaining 4,995"), IsEmpty());
}

TEST(CreditModelTest, AWrongFigureIsFound) {
  EXPECT_THAT(MistakesOfExample("charge c1 credits=5 -> charged 5, remaining 4,996"),
              ElementsAre(HasSubstr("line 5: charge c1 credits=5 -> charged 5, remaining 4,996\n  "
                                    "\"remaining 4,996\" is not so; these are: charged 5, ")));
}

TEST(CreditModelTest, ARefusalOrAnErrorMustBeSaid) {
  EXPECT_THAT(
      MistakesOfExample("charge c1 credits=6000 -> used 0"),
      ElementsAre(HasSubstr("comes to \"refused CREDITS_EXHAUSTED\", and that is not said")));
  EXPECT_THAT(MistakesOfExample("usage -> used 0\ncommit c1"),
              ElementsAre(HasSubstr("comes to \"error NOT_FOUND\", and that is not said")));
}

TEST(CreditModelTest, AnExampleThatExpectsNothingIsFound) {
  EXPECT_THAT(MistakesOfExample("charge c1 credits=5"), ElementsAre(HasSubstr("expects nothing")));
  EXPECT_THAT(MistakesOfExample("usage ->"), ElementsAre(HasSubstr("nothing is expected behind")));
}

TEST(CreditModelTest, WhatHasNoMeaningIsFound) {
  for (const auto& [statement, mistake] : std::map<std::string, std::string>{
           {"chrage c1 credits=5 -> charged 5", "there is no statement \"chrage\""},
           {"charge c1 credits=5 slots=2 -> charged 5", "charge has no option slots"},
           {"charge c1 c2 credits=5 -> charged 5", "charge does not know the word c2"},
           {"charge c1 credits=five -> charged 5", "five is no number"},
           {"charge c1 credits=5 credits=6 -> charged 5", "credits is given twice"},
           {"charge c1 -> charged 5", "credits= or method= is missing"},
           {"charge -> charged 5", "an id is missing"},
           {"after noon -> used 0", "noon is no span of time"},
           {"at noon -> used 0", "noon is no instant"},
           {"at 2025-11-02T09:00-08:00 -> used 0", "time runs backwards"},
           {"purchase p1 pack=5 last-day=never -> used 0", "never is no day"}}) {
    EXPECT_THAT(MistakesOfExample(statement), testing::Contains(HasSubstr(mistake))) << statement;
  }
}

TEST(CreditModelTest, ARuleWithoutAnExampleIsFound) {
  EXPECT_THAT(MistakesOf("# Title\n\n## Chapter\n\n### Rule one\n\ntext\n"),
              ElementsAre("line 5: no example: Rule one"));
}

TEST(CreditModelTest, ABlockThatIsNoExampleOfARuleIsFound) {
  EXPECT_THAT(ReadRules("```credit-model\n```\n"),
              FailsWith(absl::StatusCode::kInvalidArgument, "line 1: a block outside a rule"));
  EXPECT_THAT(ReadRules("### R\n## Chapter\n```credit-model\n```\n"),
              FailsWith(absl::StatusCode::kInvalidArgument, "line 3: a block outside a rule"));
  EXPECT_THAT(ReadRules("### R\n```credit-modle\n```\n"),
              FailsWith(absl::StatusCode::kInvalidArgument, "line 2: a block of an unknown kind"));
  EXPECT_THAT(ReadRules("### R\n```credit-model\nat 1\n"),
              FailsWith(absl::StatusCode::kInvalidArgument, "line 2: a block without an end"));
}

TEST(CreditModelTest, ACatalogWithAMistakeIsFound) {
  EXPECT_THAT(MistakesOf("### R\n```textproto\npools { name: \"main\" }\n```\n"
                         "```credit-model\nat 2025-11-03T09:00Z -> used 0\n```\n"),
              ElementsAre(HasSubstr("R: revisions[0].pools[0]")));
}

}  // namespace
}  // namespace quota::ledger
