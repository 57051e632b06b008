// How quotad starts, refuses to start, and stops, as a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/crash/audit.h"
#include "tests/crash/bill.h"
#include "tests/crash/quotad_process.h"
#include "tests/crash/traffic.h"
#include "tests/integration/quota_calls.h"
#include "tests/integration/zone_at_noon.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using testing::HasSubstr;

// Waits for a start that must fail, and returns the log.
std::string LogOfFailedStart(QuotadProcess& quotad) {
  EXPECT_EQ(quotad.process().WaitForEnd(kPatience), (ProcessEnd{.code = 1, .signal = 0}));
  return quotad.process().err();
}

TEST(ProcessTest, ASecondServerOnADataFolderInUseRefusesToStart) {
  const storage::TempFolder folder;
  QuotadProcess first({.data_folder = folder / "data"});
  ASSERT_TRUE(first.WaitUntilServing());
  QuotadProcess second({.data_folder = folder / "data"});
  EXPECT_THAT(LogOfFailedStart(second),
              AllOf(HasSubstr("quotad can't start: "), HasSubstr(folder / "data"),
                    HasSubstr(" is in use: stop the quotad that has it open")));
  // The first one is not harmed.
  EXPECT_TRUE(QuotaCalls(first.target()).CreateOrg("acme", "free").ok());
  EXPECT_EQ(first.Stop(), ProcessEnd{});
}

TEST(ProcessTest, ASecondServerOnAPortInUseRefusesToStart) {
  const storage::TempFolder folder;
  QuotadProcess first({.data_folder = folder / "data"});
  ASSERT_TRUE(first.WaitUntilServing());
  QuotadProcess second({.data_folder = folder / "other", .grpc_listen = first.target()});
  EXPECT_THAT(LogOfFailedStart(second),
              HasSubstr("can't listen for gRPC on " + first.target() + ": the port is in use"));
}

TEST(ProcessTest, ADataFolderThatIsAFileIsRefused) {
  const storage::TempFolder folder;
  std::ofstream(folder / "data") << "not a store";
  QuotadProcess quotad({.data_folder = folder / "data"});
  EXPECT_THAT(LogOfFailedStart(quotad),
              AllOf(HasSubstr("quotad can't start: "), HasSubstr(folder / "data")));
}

TEST(ProcessTest, AStopDuringTrafficLosesNothingAcknowledgedAndExitsWithZero) {
  const storage::TempFolder folder;
  std::vector<Witness> witnesses;
  {
    QuotadProcess quotad({.data_folder = folder / "data"});
    ASSERT_TRUE(quotad.WaitUntilServing());
    v1::CreateOrgRequest request;
    request.set_request_id("create");
    request.set_org_id("acme");
    request.set_edition("enterprise");
    request.set_time_zone(ZoneAtNoon());
    ASSERT_TRUE(QuotaCalls(quotad.target()).CreateOrg(request).ok());
    Traffic traffic(quotad.target(), {.orgs = {"acme"}, .prefix = "stop"});
    EXPECT_TRUE(traffic.WaitForAnswers(500));
    traffic.ExpectTheEnd();
    EXPECT_EQ(quotad.Stop(), ProcessEnd{}) << quotad.process().err();
    EXPECT_THAT(quotad.process().err(), HasSubstr("stopped"));
    witnesses = traffic.Stop();
  }
  QuotadProcess quotad({.data_folder = folder / "data"});
  ASSERT_TRUE(quotad.WaitUntilServing());
  AuditAll(quotad.target(), witnesses);
  Bills bills;
  for (const Witness& witness : witnesses) AddToBills(witness, bills);
  QuotaCalls calls(quotad.target());
  ExpectCharged(calls, "acme", bills["acme"]);
}

}  // namespace
}  // namespace quota::test
