// Every seed, and every input that once crashed a target, as a plain test: in every build, with
// every sanitizer, and without libFuzzer.

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace quota::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> SeedsOf(const std::string& target) {
  std::vector<fs::path> seeds;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(fs::path(QUOTA_FUZZ_CORPUS) / target, error)) {
    seeds.push_back(file.path());
  }
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

// Its size is exact, so that AddressSanitizer sees a read behind it.
std::vector<char> BytesOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> read(std::istreambuf_iterator<char>(in), {});
  return {read.begin(), read.end()};
}

class FuzzCorpusTest : public testing::TestWithParam<std::string> {};

TEST_P(FuzzCorpusTest, EveryInputIsTaken) {
  const std::vector<fs::path> seeds = SeedsOf(GetParam());
  EXPECT_FALSE(seeds.empty()) << "no seeds in tests/fuzz/corpus/" << GetParam();
  const Target target = Targets().at(GetParam());
  for (const fs::path& seed : seeds) {
    // Before it is run: it may be the last that is heard.
    std::printf("%s\n", seed.filename().c_str());
    std::fflush(stdout);
    SCOPED_TRACE(seed.filename());
    const std::vector<char> bytes = BytesOf(seed);
    target({bytes.data(), bytes.size()});
    target({bytes.data(), 0});
  }
}

std::vector<std::string> TargetNames() {
  std::vector<std::string> names;
  for (const auto& [name, target] : Targets()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpusTest, testing::ValuesIn(TargetNames()),
                         [](const auto& info) { return info.param; });

TEST(FuzzTargetsTest, EveryFolderOfSeedsHasItsTarget) {
  std::set<std::string> folders;
  for (const auto& folder : fs::directory_iterator(QUOTA_FUZZ_CORPUS)) {
    folders.insert(folder.path().filename());
  }
  const std::vector<std::string> names = TargetNames();
  EXPECT_EQ(folders, std::set<std::string>(names.begin(), names.end()));
}

}  // namespace
}  // namespace quota::fuzz
