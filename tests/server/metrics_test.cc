#include "server/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prometheus/text_serializer.h"
#include "server/engine_metrics.h"

namespace quota::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Page(const Metrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.Collect());
}

TEST(Metrics, CountRequestsByHowTheyEnded) {
  Metrics metrics;
  ledger::ReserveAnswer refused;
  refused.decision = ledger::Decision::kCreditsExhausted;
  metrics.Count(Method::kReserve, Transport::kUnary, Outcome::Of(absl::OkStatus(), refused));
  metrics.Count(Method::kReserve, Transport::kUnary, Outcome::Of(absl::OkStatus(), refused));
  metrics.Count(Method::kCommit, Transport::kSession,
                Outcome::Of(absl::OkStatus(), ledger::CommitAnswer()));
  metrics.Count(Method::kCommit, Transport::kSession,
                Outcome::Of(absl::NotFoundError(""), std::monostate()));
  const std::string page = Page(metrics);
  EXPECT_THAT(page, HasSubstr("quotad_requests_total{method=\"reserve\",transport=\"unary\","
                              "outcome=\"credits_exhausted\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("quotad_requests_total{method=\"commit\",transport=\"session\","
                              "outcome=\"ok\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("quotad_requests_total{method=\"commit\",transport=\"session\","
                              "outcome=\"not_found\"} 1\n"));
  EXPECT_THAT(page, Not(HasSubstr("method=\"release\"")));
}

TEST(Metrics, BucketsOfATimeAddUp) {
  Metrics metrics;
  metrics.Time(Method::kReserve, std::chrono::microseconds(150));
  metrics.Time(Method::kReserve, std::chrono::milliseconds(2));
  metrics.Time(Method::kReserve, std::chrono::minutes(1));
  const std::string page = Page(metrics);
  const std::string name = "quotad_request_duration_seconds_bucket{method=\"reserve\",le=\"";
  EXPECT_THAT(page, HasSubstr(name + "0.0001\"} 0\n"));
  EXPECT_THAT(page, HasSubstr(name + "0.0002\"} 1\n"));
  EXPECT_THAT(page, HasSubstr(name + "0.002\"} 2\n"));
  EXPECT_THAT(page, HasSubstr(name + "5\"} 2\n"));
  EXPECT_THAT(page, HasSubstr(name + "+Inf\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("quotad_request_duration_seconds_count{method=\"reserve\"} 3\n"));
}

TEST(Metrics, EveryMethodAndOutcomeHasAName) {
  for (size_t method = 0; method < kMethods; ++method) {
    EXPECT_NE(NameOf(static_cast<Method>(method)), "");
  }
  for (size_t outcome = 0; outcome < Outcome::kCount; ++outcome) {
    EXPECT_NE(Outcome::Name(outcome), "");
  }
}

TEST(Metrics, AnOperationCountsAsItsMethod) {
  EXPECT_EQ(NameOf(MethodOf(ledger::Reserve())), "reserve");
  EXPECT_EQ(NameOf(MethodOf(ledger::Commit())), "commit");
  EXPECT_EQ(NameOf(MethodOf(ledger::Release())), "release");
  EXPECT_EQ(NameOf(MethodOf(ledger::Extend())), "extend");
  EXPECT_EQ(NameOf(MethodOf(ledger::Charge())), "charge");
  EXPECT_EQ(NameOf(MethodOf(ledger::GetUsage())), "get_usage");
}

TEST(EngineMetrics, ShowTheStateAndTheWindow) {
  EngineStatus status;
  status.state = EngineState::kStopped;
  status.pipeline.id_window = std::chrono::seconds(90);
  status.pipeline.journal_bytes = 12'345;
  status.sessions = 3;
  const std::string page = prometheus::TextSerializer().Serialize(EngineFamilies(status));
  EXPECT_THAT(page, HasSubstr("quotad_engine_state{state=\"stopped\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("quotad_engine_state{state=\"serving\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("quotad_id_window_seconds 90\n"));
  EXPECT_THAT(page, HasSubstr("quotad_journal_bytes_total 12345\n"));
  EXPECT_THAT(page, HasSubstr("quotad_sessions 3\n"));
}

}  // namespace
}  // namespace quota::server
