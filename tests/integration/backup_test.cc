// The RPC Backup, over a socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/integration/test_server.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Admin = v1::QuotaAdmin::Stub;

class BackupCallTest : public testing::Test {
 protected:
  std::string backups() const { return folder_ / "backups"; }

  TestServer::Options InFolder() const {
    TestServer::Options options;
    options.open_store = TestServer::InFolder(folder_ / "data");
    options.backup_folder = backups();
    return options;
  }

  static Reply<v1::BackupResponse> Backup(TestServer& server, const std::string& name,
                                          const std::string& id) {
    v1::BackupRequest request;
    request.set_request_id(id);
    request.set_name(name);
    return Once(server.calls().admin(), &Admin::Backup, request);
  }

  static std::vector<std::string> Audited(TestServer& server) {
    const auto log = Once(server.calls().admin(), &Admin::ListAuditLog, v1::ListAuditLogRequest());
    EXPECT_TRUE(log.ok()) << log.message();
    std::vector<std::string> details;
    for (const v1::AuditEntry& entry : log->entries()) {
      if (entry.action() == "Backup")
        details.push_back(entry.detail() + " for " + entry.request_id());
    }
    return details;
  }

  const storage::TempFolder folder_;
};

TEST_F(BackupCallTest, IsTakenOnceAndIsInTheAuditLog) {
  TestServer server(InFolder());
  ASSERT_TRUE(server.calls().CreateOrg("acme", "free").ok());
  const auto taken = Backup(server, "monday", "r1");
  ASSERT_TRUE(taken.ok()) << taken.message();
  EXPECT_EQ(taken->path(), backups() + "/monday");
  EXPECT_EQ(taken->taken_at().seconds(), kNoon.time_since_epoch().count() / 1'000'000);
  EXPECT_GT(taken->files(), 2);
  int64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(backups() + "/monday/data")) {
    bytes += static_cast<int64_t>(file.file_size());
  }
  EXPECT_EQ(taken->bytes(), bytes);

  const auto repeated = Backup(server, "monday", "r1");
  ASSERT_TRUE(repeated.ok()) << repeated.message();
  EXPECT_EQ(repeated->SerializeAsString(), taken->SerializeAsString());
  const auto other = Backup(server, "monday", "r2");
  EXPECT_EQ(other.code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_THAT(Audited(server),
              ElementsAre("backup monday, " + std::to_string(bytes) + " bytes for r1"));
}

TEST_F(BackupCallTest, ItsNoteInTheAuditLogSurvivesARestart) {
  {
    TestServer server(InFolder());
    ASSERT_TRUE(Backup(server, "monday", "r1").ok());
  }
  TestServer server(InFolder());
  EXPECT_EQ(Audited(server).size(), 1u);
  EXPECT_TRUE(server.calls().CreateOrg("acme", "free").ok());
}

TEST_F(BackupCallTest, NeedsAFolderForBackups) {
  TestServer::Options options = InFolder();
  options.backup_folder.clear();
  TestServer server(options);
  const auto refused = Backup(server, "monday", "r1");
  EXPECT_EQ(refused.code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.message(), HasSubstr("start it with --backup-dir FOLDER"));
}

TEST_F(BackupCallTest, AStoreInMemoryHasNone) {
  TestServer::Options options;
  options.backup_folder = backups();
  TestServer server(options);
  EXPECT_EQ(Backup(server, "monday", "r1").code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(Audited(server), testing::IsEmpty());
}

}  // namespace
}  // namespace quota::test
