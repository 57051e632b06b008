#include "tests/crash/office.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/integration/zone_at_noon.h"

namespace quota::test {
namespace {

using testing::AnyOf;
using Admin = v1::QuotaAdmin::Stub;

// Of one organisation at most 100 requests are remembered in 24 hours; a repeat of a purchase comes
// on top.
constexpr size_t kMostChanges = 90;

std::string PurchaseId(int64_t number) { return "purchase-" + std::to_string(number); }

v1::PurchaseCreditsRequest MakePurchase(const std::string& org, int64_t number) {
  v1::PurchaseCreditsRequest request;
  request.set_org_id(org);
  request.set_purchase_id(PurchaseId(number));
  request.set_pack_credits(number);
  return request;
}

}  // namespace

Office::Office(const std::string& target, uint64_t seed, std::string prefix)
    : prefix_(std::move(prefix)), dice_(seed) {
  thread_ = std::thread([this, target] { Run(target); });
}

void Office::Close() {
  if (thread_.joinable()) thread_.join();
}

size_t Office::changes() const {
  size_t changes = 0;
  for (const Org& org : orgs_) changes += org.changes.size();
  return changes;
}

void Office::Run(const std::string& target) {
  QuotaCalls calls(target);
  for (;;) {
    if (orgs_.empty() || orgs_.back().changes.size() == kMostChanges) {
      NewOrg();
    } else {
      NextChange();
    }
    Change& change = orgs_.back().changes.back();
    const Reply<std::string> reply = change.make(calls);
    if (!reply.ok()) {
      EXPECT_THAT(reply.code(), AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED))
          << change.action << ": " << reply.message();
      EXPECT_TRUE(end_expected_) << reply.message();
      return;
    }
    change.answer = reply.response;
  }
}

template <typename Stub, typename Request, typename Response>
void Office::Add(Org& org, std::string action, Request request,
                 grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*)) {
  const std::string id = "change-" + std::to_string(org.changes.size());
  request.set_request_id(id);
  request.set_org_id(org.id);
  org.changes.push_back(
      {std::move(action), id, [request, rpc](QuotaCalls& calls) {
         const auto reply = Once(calls.admin(), rpc, request);
         return Reply<std::string>{reply.status, reply.response.SerializeAsString()};
       }});
}

void Office::NewOrg() {
  Org& org = orgs_.emplace_back();
  org.id = prefix_ + "-" + std::to_string(orgs_.size());
  v1::CreateOrgRequest request;
  request.set_edition("express");
  request.set_time_zone(ZoneAtNoon());
  Add(org, "CreateOrg", request, &Admin::CreateOrg);
}

void Office::NextChange() {
  Org& org = orgs_.back();
  switch (dice_.Pick(0, 4)) {
    case 0: {
      v1::SuspendOrgRequest suspend;
      v1::ResumeOrgRequest resume;
      if (org.suspended) {
        Add(org, "ResumeOrg", resume, &Admin::ResumeOrg);
      } else {
        Add(org, "SuspendOrg", suspend, &Admin::SuspendOrg);
      }
      org.suspended = !org.suspended;
      return;
    }
    case 1: {
      if (org.revoked == org.purchases) break;
      v1::RevokeCreditsRequest revoke;
      revoke.set_purchase_id(PurchaseId(++org.revoked));
      return Add(org, "RevokeCredits", revoke, &Admin::RevokeCredits);
    }
    case 2:
      return Add(org, "PurchaseCredits", MakePurchase(org.id, ++org.purchases),
                 &Admin::PurchaseCredits);
    case 3: {
      v1::SetConcurrencyLimitRequest limit;
      limit.set_limit(std::ssize(org.changes));
      return Add(org, "SetConcurrencyLimit", limit, &Admin::SetConcurrencyLimit);
    }
    default:
      break;
  }
  v1::SetAgentsRequest agents;
  agents.set_agents(std::ssize(org.changes));
  Add(org, "SetAgents", agents, &Admin::SetAgents);
}

void Office::Audit(const std::string& target) {
  QuotaCalls calls(target);
  for (Org& org : orgs_) {
    SCOPED_TRACE(org.id);
    AuditOrg(calls, org);
    AuditPurchases(calls, org);
  }
}

void Office::AuditOrg(QuotaCalls& calls, Org& org) {
  for (Change& change : org.changes) {
    SCOPED_TRACE(change.request_id);
    const Reply<std::string> repeat = change.make(calls);
    ASSERT_TRUE(repeat.ok()) << change.action << ": " << repeat.message();
    if (change.answer) {
      EXPECT_EQ(repeat.response, *change.answer) << "lost: " << change.action;
    }
    change.answer = repeat.response;
  }
  v1::ListAuditLogRequest request;
  request.set_org_id(org.id);
  request.set_page_size(1'000);
  const auto log = Once(calls.admin(), &Admin::ListAuditLog, request);
  ASSERT_TRUE(log.ok()) << log.message();
  ASSERT_EQ(log->entries_size(), std::ssize(org.changes)) << "an entry is lost, or there twice";
  for (size_t i = 0; i < org.changes.size(); ++i) {
    const v1::AuditEntry& entry = log->entries(log->entries_size() - 1 - static_cast<int>(i));
    EXPECT_EQ(entry.request_id(), org.changes[i].request_id);
    EXPECT_EQ(entry.action(), org.changes[i].action);
    if (i > 0) {
      EXPECT_EQ(entry.before().revision(), entry.after().revision() - 1);
    }
  }
}

void Office::AuditPurchases(QuotaCalls& calls, const Org& org) {
  v1::GetOrgRequest request;
  request.set_org_id(org.id);
  const auto before = Once(calls.admin(), &Admin::GetOrg, request);
  ASSERT_TRUE(before.ok()) << before.message();
  EXPECT_EQ(before->revision(), std::ssize(org.changes));
  EXPECT_EQ(before->purchases_size(), org.purchases - org.revoked);
  for (int i = 0; i < before->purchases_size(); ++i) {
    EXPECT_EQ(before->purchases(i).purchase_id(), PurchaseId(org.revoked + 1 + i));
  }
  if (org.purchases == org.revoked) return;
  // Its id is taken: the purchase is not made a second time under another request id.
  v1::PurchaseCreditsRequest again = MakePurchase(org.id, org.purchases);
  again.set_request_id("again");
  const auto bought = Once(calls.admin(), &Admin::PurchaseCredits, again);
  ASSERT_TRUE(bought.ok()) << bought.message();
  EXPECT_EQ(bought->org().purchases_size(), org.purchases - org.revoked);
  const auto after = Once(calls.admin(), &Admin::GetOrg, request);
  EXPECT_EQ(after->SerializeAsString(), before->SerializeAsString());
}

}  // namespace quota::test
