#include "catalog/catalog_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <string>

#include "catalog/default_catalog.h"
#include "catalog/zone_loader.h"

namespace quota::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// "LINE: MESSAGE" of each.
std::vector<std::string> MistakesOf(const std::string& text) {
  std::vector<std::string> mistakes;
  const CheckedCatalog checked = CheckCatalog(text);
  EXPECT_EQ(checked.catalog == nullptr, checked.found > 0);
  for (const TextMistake& mistake : checked.mistakes) {
    mistakes.push_back(std::to_string(mistake.line) + ": " + mistake.message);
  }
  return mistakes;
}

TEST(CatalogLoader, AllMistakesOfAFileAreFoundInOneRunEachWithItsLine) {
  const std::vector<std::string> mistakes = MistakesOf(R"(revisions {
  number: "one"
  nummer: 1
  default_ttl { seconds: 0 }
  editions {
    name: "Gold"
    base_credits: -1
  }
  editions { name: "silver"
    aliases: [ "ag",
      "silver" ]
    concurrency_limit: 99999999999999999999
  }
  data_centers { name: "us" time_zone: "Moon/Base" credits_live_on: "2025-02-30" }
  prices {
    methods: [
      "a",
      "b"
    ]
    flat: 1
  }
  prices {
    methods: [ "c",
      "b" ]
    flat: 1.5
  }
  prices { methods: "d" steps { attribute: "n"
    steps { up_to: 5 credits: 1 }
    steps { up_to: 5 credits: 1 }
  } }
  unknown_organizations { edition: "tin" per_minute: 1 total: 1 }
}
revisions {
  number: 1
  editions { name: "silver" }
  data_centers { name: "us" time_zone: "UTC" }
})");
  EXPECT_THAT(
      mistakes,
      ElementsAre(
          StartsWith("2: Expected integer, got: \"one\""), HasSubstr("no field named \"nummer\""),
          StartsWith("4: revisions[0].default_ttl: it must be from 1 s to 24 h"),
          StartsWith("6: revisions[0].editions[0].name: \"Gold\" is no name"),
          StartsWith("7: revisions[0].editions[0].base_credits: -1; it must be 0 to"),
          StartsWith(
              "11: revisions[0].editions[1].aliases[1]: \"silver\" is used twice (see line 9)"),
          StartsWith("12: Integer out of range"),
          StartsWith("14: revisions[0].data_centers[0].time_zone: there is no IANA zone"),
          StartsWith("14: revisions[0].data_centers[0].credits_live_on: \"2025-02-30\""),
          StartsWith("24: revisions[0].prices[1].methods[1]: \"b\" has two prices (see line 18)"),
          StartsWith("25: Expected integer, got: 1.5"),
          StartsWith("29: revisions[0].prices[2].steps.steps[1].up_to: 5; it must be above 5"),
          StartsWith("31: revisions[0].unknown_organizations.edition: there is no edition"),
          StartsWith("33: revisions[1].effective_from: it is required")));
}

TEST(CatalogLoader, ASyntaxErrorHasItsLine) {
  EXPECT_THAT(MistakesOf("revisions {\n  number: 1\n"), ElementsAre(StartsWith("3: Expected")));
  EXPECT_THAT(MistakesOf("revisions {\n  ]\n}"), ElementsAre(StartsWith("2: Expected")));
  EXPECT_THAT(MistakesOf("revisions {\n number: 1\n number: 2\n}"),
              testing::Contains(HasSubstr("specified multiple times")));
  EXPECT_THAT(MistakesOf("editions {}"), testing::Contains(HasSubstr("1: ")));
}

TEST(CatalogLoader, AnEmptyFileIsAMistakeOfItsFirstLine) {
  EXPECT_THAT(MistakesOf(""), ElementsAre("1: revisions: at least one is required"));
}

TEST(CatalogLoader, TheErrorHasALineForEachMistake) {
  const auto catalog = ParseCatalog("my.textproto", "revisions {\n  number: 0\n}");
  EXPECT_EQ(catalog.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(catalog.status().message(),
            "my.textproto:1: revisions[0].editions: at least one is required\n"
            "my.textproto:1: revisions[0].data_centers: at least one is required\n"
            "my.textproto:2: revisions[0].number: 0; it must be 1 to 1000000000");
}

TEST(CatalogLoader, NamesThatWouldSteerATerminalAreEscaped) {
  for (const char* text : {"revisions { pools { name: '\x1b[2J\xc2\x9b' } }",
                           "revisions { number: '\x1b[2J' }", "revisions { \x1b[2J: 1 }"}) {
    for (const std::string& mistake : MistakesOf(text)) {
      for (const unsigned char c : mistake) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << mistake;
    }
  }
}

TEST(CatalogLoader, DeepNestingIsAMistakeNotACrash) {
  for (const char* open : {"revisions {", "x {", "x: [", "[", "x: <", "<", "{"}) {
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += open;
    EXPECT_THAT(MistakesOf(text), ElementsAre("1: nested too deep")) << open;
  }
}

TEST(CatalogLoader, AMillionMistakesAreCountedAndTheFirstThousandShown) {
  std::string text = "revisions {\n";
  for (int i = 0; i < 5'000; ++i) text += "prices { methods: '" + std::to_string(i) + "' }\n";
  const CheckedCatalog checked = CheckCatalog(text + "}");
  EXPECT_EQ(checked.mistakes.size(), 1'000u);
  EXPECT_GT(checked.found, 5'000u);
  EXPECT_THAT(std::string(checked.ToStatus("f").message()), HasSubstr("more"));
}

// Pieces of the language, and bytes that have no place in it.
constexpr const char* kPieces[] = {"{",         "}",
                                   "[",         "]",
                                   "<",         ">",
                                   ":",         ",",
                                   "\"",        "'",
                                   "-",         "#",
                                   "\n",        "\t",
                                   "0",         "99999999999999999999",
                                   "1.5",       "x",
                                   "revisions", "\x80",
                                   "\x1b",      "editions { name: 'free' }",
                                   "''"};

TEST(CatalogLoader, RandomChangesOfTheBuiltInCatalogNeverCrash) {
  constexpr unsigned kSeed = 20251006;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const std::string original(DefaultCatalogText());
  int refused = 0;
  for (int round = 0; round < 2'000; ++round) {
    std::string text = original;
    for (unsigned change = random() % 4 + 1; change > 0; --change) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text.erase(at, random() % 20 + 1);
          break;
        case 1:
          text.insert(at, kPieces[random() % std::size(kPieces)]);
          break;
        default:
          text[at] = static_cast<char>(random());
      }
    }
    const CheckedCatalog checked = CheckCatalog(text);
    const int lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
    ASSERT_EQ(checked.catalog == nullptr, checked.found > 0) << text;
    for (const TextMistake& mistake : checked.mistakes) {
      ASSERT_GE(mistake.line, 1) << text;
      ASSERT_LE(mistake.line, lines) << mistake.message << text;
    }
    if (checked.catalog == nullptr) ++refused;
  }
  EXPECT_GT(refused, 500) << "the changes change something";
}

TEST(CatalogLoader, AMissingFileOrAFolderIsNotFound) {
  for (const std::string& path : {testing::TempDir() + "/no-such-catalog", testing::TempDir()}) {
    EXPECT_EQ(LoadCatalogFile(path).status().code(), absl::StatusCode::kNotFound) << path;
  }
}

TEST(CatalogLoader, ATextThatIsTooLongIsRefused) {
  std::istringstream in(std::string(16 * 1024 * 1024 + 1, '\n'));
  EXPECT_EQ(ReadCatalog(in, "-").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(LoadZone, KnowsOnlyNamesOfTzdata) {
  EXPECT_TRUE(LoadZone("Europe/Amsterdam").has_value());
  EXPECT_TRUE(LoadZone("America/Argentina/Buenos_Aires").has_value());
  EXPECT_TRUE(LoadZone("UTC").has_value());
  for (const char* name : {"", "localtime", "/etc/localtime", "../zoneinfo/UTC", "Europe", "Moon",
                           "Fixed/UTC+01:00:00", "libc:localtime", "zone.tab"}) {
    EXPECT_FALSE(LoadZone(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace quota::catalog
