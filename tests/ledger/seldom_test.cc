#include "ledger/seldom.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace quota::ledger {
namespace {

struct Extras {
  int limit = 7;
  std::string reason;
};

TEST(SeldomTest, WithoutAValueItReadsAsAnEmptyOne) {
  const Seldom<Extras> seldom;
  EXPECT_EQ(seldom->limit, 7);
  EXPECT_EQ((*seldom).reason, "");
  EXPECT_EQ(sizeof(seldom), sizeof(void*));
}

TEST(SeldomTest, AnEditIsOfThisOneAlone) {
  Seldom<Extras> seldom;
  const Seldom<Extras> other;
  seldom.Edit().limit = 5;
  seldom.Edit().reason = "unpaid";
  EXPECT_EQ(seldom->limit, 5);
  EXPECT_EQ(seldom->reason, "unpaid");
  EXPECT_EQ(other->limit, 7);
}

TEST(SeldomTest, ACopyHasAValueOfItsOwn) {
  Seldom<Extras> seldom;
  seldom.Edit().limit = 5;
  Seldom<Extras> copy = seldom;
  copy.Edit().limit = 6;
  EXPECT_EQ(seldom->limit, 5);
  copy = seldom;
  EXPECT_EQ(copy->limit, 5);
  seldom = Seldom<Extras>();
  EXPECT_EQ(seldom->limit, 7);
  EXPECT_EQ(copy->limit, 5);
  const Seldom<Extras>& itself = copy;
  copy = itself;
  EXPECT_EQ(copy->limit, 5);
  const Seldom<Extras> moved = std::move(copy);
  EXPECT_EQ(moved->limit, 5);
}

}  // namespace
}  // namespace quota::ledger
