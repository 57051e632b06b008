// Organisations that a call creates.
#include "ledger/newcomers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

#include "tests/ledger/ledger_harness.h"

namespace quota::ledger {
namespace {

class CountedNewcomers final : public Newcomers {
 public:
  bool Admit(const UnknownOrganizations& /*bounds*/, Instant /*now*/) override {
    return left > 0 && left-- > 0;
  }
  int left = 1;
};

class NewcomersTest : public testing::Test {
 protected:
  NewcomersTest() {
    quota::v1::CatalogRevision source = test::TestCatalogSource();
    auto& unknown = *source.mutable_unknown_organizations();
    unknown.set_edition("small");
    unknown.set_data_center("in");
    unknown.set_per_minute(1);
    unknown.set_total(1);
    harness_.SetCatalog(test::BuildCatalog(source));
    harness_.SetNewcomers(&newcomers_);
    harness_.TakeEvents();
  }

  CountedNewcomers newcomers_;
  LedgerHarness harness_;
};

TEST_F(NewcomersTest, AReservationCreatesItWithTheCatalogsPlan) {
  const auto reserved = harness_.Run(Ask("r1", 10), "new");
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  EXPECT_EQ(reserved->decision, Decision::kGranted);
  EXPECT_EQ(reserved->usage.held, Credits(10));
  EXPECT_EQ(reserved->usage.remaining, Credits(40));
  const quota::v1::Org org = harness_.Org("new");
  EXPECT_EQ(org.edition(), "small");
  EXPECT_EQ(org.data_center(), "in");
  EXPECT_TRUE(harness_.account("new").plan.created_by_call);
  harness_.Restart();
  EXPECT_TRUE(harness_.Commit("r1", std::nullopt, "new").ok());
  EXPECT_EQ(harness_.Usage("new").usage.used, Credits(10));
}

TEST_F(NewcomersTest, AChargeDoesToo) {
  const auto charged = harness_.Run(AskCharge("c1", 50), "new");
  ASSERT_TRUE(charged.ok()) << charged.status();
  EXPECT_EQ(charged->decision, Decision::kGranted);
  EXPECT_EQ(harness_.Usage("new").usage.used, Credits(50));
}

TEST_F(NewcomersTest, BeyondTheBudgetItStaysUnknown) {
  newcomers_.left = 0;
  const auto refused = harness_.Run(Ask("r1", 10), "new");
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->decision, Decision::kOrgUnknown);
  EXPECT_TRUE(harness_.TakeEvents().empty());
}

TEST_F(NewcomersTest, WhatMovesNoCreditsCreatesNothingAndTakesNothingOfTheBudget) {
  Reserve check = Ask("r1", 10);
  check.mode = Mode::kCheckOnly;
  EXPECT_EQ(harness_.Run(check, "new")->decision, Decision::kGranted);
  EXPECT_EQ(harness_.Run(Ask("r2", 51), "new")->decision, Decision::kCreditsExhausted);
  EXPECT_EQ(harness_.Run(AskMethod("r3", "no.such.method"), "new").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(harness_.Commit("r4", 1, "new").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(harness_.TakeEvents().empty());
  EXPECT_EQ(newcomers_.left, 1);
}

TEST_F(NewcomersTest, WithoutTheRuleInTheCatalogTheyAreRefused) {
  harness_.SetCatalog(test::TestCatalog());
  EXPECT_EQ(harness_.Run(Ask("r1", 10), "new")->decision, Decision::kOrgUnknown);
  EXPECT_EQ(newcomers_.left, 1);
}

}  // namespace
}  // namespace quota::ledger
