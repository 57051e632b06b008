#include "server/admin_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "server/org_lister.h"
#include "tests/server/service_fixture.h"

namespace quota::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Shards of so many organisations, named shard/number. A shard gives `most` of them at a time,
// whatever it is asked for.
FakeEngine::Answerer Shards(std::vector<uint32_t> sizes, uint32_t most) {
  return [sizes = std::move(sizes), most](Call& call) {
    const auto& list = std::get<ledger::ListOrgs>(call.command.operation);
    const uint32_t size = sizes[call.shard];
    ledger::ListOrgsAnswer answer;
    uint32_t account = list.first_account;
    for (; account < size && answer.orgs.size() < std::min(most, list.page_size); ++account) {
      answer.orgs.emplace_back().set_org_id(std::to_string(call.shard) + "/" +
                                            std::to_string(account));
    }
    answer.next_account = account < size ? account : 0;
    call.answer = answer;
  };
}

std::vector<std::string> Page(ServiceFixture& fixture, int page_size, std::string& token) {
  grpc::ClientContext context;
  v1::ListOrgsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(token);
  v1::ListOrgsResponse response;
  const grpc::Status status = fixture.admin->ListOrgs(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  token = response.next_page_token();
  std::vector<std::string> names;
  for (const v1::Org& org : response.orgs()) names.push_back(org.org_id());
  return names;
}

TEST(ListOrgs, ListsEachOnceOverShardsAndPages) {
  ServiceFixture fixture(4, Shards({3, 0, 2, 1}, 2));
  std::string token;
  EXPECT_THAT(Page(fixture, 4, token), ElementsAre("0/0", "0/1", "0/2", "2/0"));
  EXPECT_THAT(Page(fixture, 4, token), ElementsAre("2/1", "3/0"));
  EXPECT_EQ(token, "");
}

TEST(ListOrgs, APageMayEndWhereAShardDoes) {
  ServiceFixture fixture(2, Shards({2, 2}, 100));
  std::string token;
  EXPECT_THAT(Page(fixture, 2, token), ElementsAre("0/0", "0/1"));
  EXPECT_NE(token, "");
  EXPECT_THAT(Page(fixture, 2, token), ElementsAre("1/0", "1/1"));
  EXPECT_EQ(token, "");
}

TEST(ListOrgs, APageHasAHundredUnlessToldOtherwise) {
  ServiceFixture fixture(1, Shards({150}, 1'000));
  std::string token;
  EXPECT_EQ(Page(fixture, 0, token).size(), 100U);
  EXPECT_EQ(Page(fixture, 0, token).size(), 50U);
}

TEST(ListOrgs, NoneAreAnEmptyPage) {
  ServiceFixture fixture(3, Shards({0, 0, 0}, 100));
  std::string token;
  EXPECT_THAT(Page(fixture, 10, token), IsEmpty());
  EXPECT_EQ(token, "");
}

std::string Error(ServiceFixture& fixture, const v1::ListOrgsRequest& request) {
  grpc::ClientContext context;
  v1::ListOrgsResponse response;
  const grpc::Status status = fixture.admin->ListOrgs(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  return status.error_message();
}

TEST(ListOrgs, RefusesPagesOutOfBounds) {
  ServiceFixture fixture;
  v1::ListOrgsRequest request;
  request.set_page_size(1'001);
  EXPECT_EQ(Error(fixture, request), "page_size: 1001; it must be 0 to 1000");
  request.set_page_size(-1);
  EXPECT_EQ(Error(fixture, request), "page_size: -1; it must be 0 to 1000");
}

TEST(ListOrgs, RefusesTokensThatAreNotItsOwn) {
  ServiceFixture fixture;
  for (const char* token :
       {"x", "0", "0.", ".0", "0.0.0", "00.1", "0.+1", " 0.1", "0.-1", "1.0", "0.4294967296"}) {
    v1::ListOrgsRequest request;
    request.set_page_token(token);
    EXPECT_EQ(Error(fixture, request),
              "page_token: not understood; it must be one that ListOrgs gave")
        << token;
  }
}

TEST(ListOrgs, TheFailureOfAShardIsTheAnswer) {
  ServiceFixture fixture(2, [](Call& call) {
    if (call.shard == 0) {
      call.answer = ledger::ListOrgsAnswer();
    } else {
      call.status = absl::UnavailableError("stopped");
    }
  });
  grpc::ClientContext context;
  v1::ListOrgsResponse response;
  const grpc::Status status = fixture.admin->ListOrgs(&context, v1::ListOrgsRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(ListOrgs, WaitsForNoStore) {
  ServiceFixture fixture(0);
  grpc::ClientContext context;
  v1::ListOrgsResponse response;
  const grpc::Status status = fixture.admin->ListOrgs(&context, v1::ListOrgsRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the store is not open yet");
}

TEST(PageToken, ComesBackAsItWas) {
  const OrgPosition position{15, 4'294'967'295};
  const auto parsed = ParsePageToken(FormatPageToken(position));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, position);
}

TEST(AdminService, AnOrgIsTheResponse) {
  ServiceFixture fixture(1, [](Call& call) {
    ledger::OrgAnswer answer;
    answer.org.set_org_id(std::string(call.command.org));
    answer.org.set_revision(1);
    call.answer = answer;
  });
  grpc::ClientContext context;
  v1::CreateOrgRequest request;
  request.set_request_id("q1");
  request.set_org_id("acme");
  request.set_edition("free");
  v1::Org response;
  ASSERT_TRUE(fixture.admin->CreateOrg(&context, request, &response).ok());
  EXPECT_EQ(response.org_id(), "acme");
  EXPECT_EQ(response.revision(), 1);
}

TEST(AdminService, HasABackupTakenAndTellsWhatItIs) {
  ServiceFixture fixture;
  storage::BackupManifest manifest;
  manifest.folder = "/backups/monday";
  manifest.taken_at = Instant(std::chrono::seconds(1'762'171'200));
  manifest.duration = std::chrono::milliseconds(1'500);
  manifest.files = {{"a", 100, 0}, {"b", 23, 0}};
  fixture.engine.backup_result = manifest;
  grpc::ClientContext context;
  context.AddMetadata("x-quota-actor", "root");
  v1::BackupRequest request;
  request.set_request_id("r1");
  request.set_name("monday");
  v1::BackupResponse response;
  ASSERT_TRUE(fixture.admin->Backup(&context, request, &response).ok());
  EXPECT_EQ(response.ShortDebugString(),
            "bytes: 123 files: 2 path: \"/backups/monday\" taken_at { seconds: 1762171200 } "
            "duration { seconds: 1 nanos: 500000000 }");
  EXPECT_EQ(fixture.engine.backup.name, "monday");
  EXPECT_EQ(fixture.engine.backup.request_id, "r1");
  EXPECT_EQ(fixture.engine.backup.actor, "root");
  EXPECT_FALSE(fixture.engine.backup.peer.empty());
}

TEST(AdminService, RefusesABackupWhoseFieldsMakeNoSense) {
  ServiceFixture fixture;
  const auto backup = [&fixture](const std::string& id, const std::string& name) {
    grpc::ClientContext context;
    v1::BackupRequest request;
    request.set_request_id(id);
    request.set_name(name);
    v1::BackupResponse response;
    return fixture.admin->Backup(&context, request, &response);
  };
  for (const char* name : {"", "..", "/etc", "a/b", "-x"}) {
    const grpc::Status status = backup("r1", name);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << name;
    EXPECT_THAT(status.error_message(), ::testing::StartsWith("name: it must be 1 to 64 letters"));
  }
  EXPECT_THAT(backup("", "monday").error_message(), ::testing::StartsWith("request_id: "));
  EXPECT_EQ(fixture.engine.backup.name, "") << "none of them reached the engine";
  EXPECT_EQ(backup("r1", "monday").error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace quota::server
