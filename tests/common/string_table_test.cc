#include "common/string_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace quota {
namespace {

TEST(StringTableTest, SameTextHasOneAddress) {
  StringTable table;
  const std::string* first = table.Intern("tiny");
  EXPECT_EQ(*first, "tiny");
  EXPECT_EQ(table.Intern(std::string("ti") + "ny"), first);
  EXPECT_NE(table.Intern("tin"), first);
  EXPECT_NE(table.Intern(""), first);
  EXPECT_EQ(table.size(), 3u);
}

TEST(StringTableTest, AddressesStayWhileOthersAreAdded) {
  StringTable table;
  const std::string* first = table.Intern("name-0");
  for (int i = 0; i < 1'000; ++i) table.Intern("name-" + std::to_string(i));
  EXPECT_EQ(table.Intern("name-0"), first);
  EXPECT_EQ(*first, "name-0");
  EXPECT_EQ(table.size(), 1'000u);
}

TEST(StringTableTest, ThreadsAgreeOnEveryAddress) {
  constexpr int kThreads = 4;
  constexpr int kNames = 200;
  StringTable table;
  std::vector<std::vector<const std::string*>> found(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&table, &found, t] {
      for (int i = 0; i < kNames; ++i) found[t].push_back(table.Intern(std::to_string(i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.size(), static_cast<size_t>(kNames));
  for (int t = 1; t < kThreads; ++t) EXPECT_EQ(found[t], found[0]);
}

}  // namespace
}  // namespace quota
