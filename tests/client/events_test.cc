// quotactl events, and the client's stream behind it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "client/quotactl/position_file.h"
#include "tests/client/fake_quota_server.h"
#include "tests/client/quotactl_run.h"
#include "tests/storage/temp_folder.h"

namespace quota::client {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

v1::Event Reached(const std::string& org, int percent) {
  v1::Event event;
  event.set_org_id(org);
  event.mutable_at()->set_seconds(1767300000);
  auto& reached = *event.mutable_threshold_reached();
  reached.set_percent(percent);
  reached.set_used(1'234);
  reached.set_allotment(2'000);
  return event;
}

v1::Event Bought(const std::string& purchase, bool revoked) {
  v1::Event event;
  event.set_org_id("acme");
  v1::Purchase* bought = revoked ? event.mutable_credits_revoked()->mutable_purchase()
                                 : event.mutable_credits_purchased()->mutable_purchase();
  bought->set_purchase_id(purchase);
  if (revoked) {
    bought->set_credits_per_day(50);
  } else {
    bought->mutable_pack()->set_credits(5'000);
  }
  return event;
}

class EventsCommandTest : public testing::Test {
 protected:
  RunResult Run(std::vector<std::string> args) {
    args.insert(args.begin(), "events");
    return RunTool(server_, std::move(args));
  }
  std::string FileText() const {
    std::ifstream file(file_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  storage::TempFolder folder_;
  const std::string file_ = folder_ / "position";
  FakeQuotaServer server_;
};

TEST_F(EventsCommandTest, EachEventIsALine) {
  server_.AddEvent(Reached("acme", 50));
  server_.AddEvent(Bought("P1", false));
  server_.AddEvent(Bought("P2", true));
  v1::Event changed;
  changed.mutable_plan_changed()->set_action("SetEdition");
  changed.mutable_plan_changed()->mutable_after()->set_edition("express");
  server_.AddEvent(changed);
  server_.AddEvent(v1::Event());
  const RunResult run = Run({"--from-oldest", "--max", "5"});
  EXPECT_EQ(run.code, ExitCode::kOk) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("  acme  50 % reached: 1,234 of 2,000 used"),
                             HasSubstr("bought P1, 5,000 credits once\n"),
                             HasSubstr("revoked P2, 50 credits a day\n"),
                             HasSubstr("SetEdition: edition express, 0 agents\n"),
                             HasSubstr("does not know")));
  EXPECT_THAT(run.err, IsEmpty());
}

TEST_F(EventsCommandTest, JsonIsOneObjectALine) {
  server_.AddEvent(Reached("acme", 50));
  server_.AddEvent(Reached("acme", 80));
  const RunResult run = Run({"--max", "2", "--output", "json"});
  ASSERT_EQ(std::count(run.out.begin(), run.out.end(), '\n'), 2) << run.out;
  const auto second = nlohmann::json::parse(run.out.substr(run.out.find('\n') + 1));
  EXPECT_EQ(second["event"]["threshold_reached"]["percent"], 80);
  EXPECT_EQ(second["position"], "2");
}

TEST_F(EventsCommandTest, AStreamThatBreaksGoesOnFromTheLastPosition) {
  server_.AddEvent(Reached("acme", 50));
  server_.FailNext("WatchEvents",
                   grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "position: too old"));
  // The first stream breaks after one event; the second tells the position and is refused.
  server_.FailNext("WatchEvents", grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "never"));
  const RunResult run = Run({"--from-oldest"});
  EXPECT_EQ(run.code, ExitCode::kServerError);
  EXPECT_THAT(run.err, AllOf(HasSubstr("position: too old"), HasSubstr("go on with --position 1")));
}

TEST_F(EventsCommandTest, AnInterruptionIsNotSeen) {
  server_.AddEvent(Reached("acme", 50));
  server_.FailNext("WatchEvents", grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarts"));
  server_.FailNext("WatchEvents", grpc::Status(grpc::StatusCode::NOT_FOUND, "enough"));
  const RunResult run = Run({"--from-oldest"});
  EXPECT_THAT(run.out, HasSubstr("50 % reached"));
  EXPECT_EQ(run.out.find("50 %"), run.out.rfind("50 %")) << "once";
  EXPECT_THAT(run.err, HasSubstr("enough"));
  EXPECT_THAT(server_.Calls("WatchEvents"),
              ElementsAre(HasSubstr("from_oldest: true"), HasSubstr("position: \"1\"")));
}

TEST_F(EventsCommandTest, ThePositionFileIsWhereTheNextRunGoesOn) {
  server_.AddEvent(Reached("acme", 50));
  server_.AddEvent(Reached("acme", 80));
  EXPECT_THAT(Run({"--max", "1", "--position-file", file_}).out, HasSubstr("50 %"));
  EXPECT_EQ(FileText(), "1\n");
  const RunResult second = Run({"--max", "1", "--position-file", file_});
  EXPECT_THAT(second.out, AllOf(HasSubstr("80 %"), Not(HasSubstr("50 %"))));
  EXPECT_EQ(FileText(), "2\n");
}

TEST_F(EventsCommandTest, APositionFileThatCannotBeWrittenEndsItAndIsNamed) {
  server_.AddEvent(Reached("acme", 50));
  const RunResult run = Run({"--position-file", (folder_ / "no") + "/such/folder"});
  EXPECT_EQ(run.code, ExitCode::kServerError);
  EXPECT_THAT(run.err, HasSubstr("/such/folder: can't be written"));
  EXPECT_EQ(Run({"--position", "1", "--position-file", file_}).code, ExitCode::kUsage);
  EXPECT_EQ(Run({"--position", "1", "--from-oldest"}).code, ExitCode::kUsage);
}

}  // namespace
}  // namespace quota::client
