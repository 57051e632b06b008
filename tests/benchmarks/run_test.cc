// Whole runs: against a real server they pass, against one that lies they fail.
#include "benchmarks/run.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "benchmarks/noop_service.h"
#include "tests/integration/test_server.h"

namespace quota::bench {
namespace {

using testing::HasSubstr;

void Ignore(const Progress& /*progress*/) {}

// Small enough for the enterprise edition: its 25 slots and 100,000 credits are not reached.
RunOptions Small(const std::string& server) {
  RunOptions options;
  options.server = server;
  options.batch = 4;
  options.in_flight = 2;
  options.orgs = 400;
  options.edition = "enterprise";
  options.warmup = std::chrono::milliseconds(20);
  options.duration = std::chrono::milliseconds(100);
  return options;
}

// A service in this process, on a free port.
class Listening {
 public:
  explicit Listening(grpc::Service& service) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
  }
  ~Listening() { server_->Shutdown(std::chrono::system_clock::now()); }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST(RunTest, SessionPairsAreMeasuredAndVerified) {
  test::TestServer server;
  RunOptions options = Small(server.target());
  options.connections = 2;
  options.threads = 2;
  options.streams = 2;
  const auto result = Run(options, Ignore);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GT(result->figures[static_cast<size_t>(Op::kReserve)].count, 0);
  EXPECT_GT(result->figures[static_cast<size_t>(Op::kCommit)].count, 0);
}

TEST(RunTest, UnaryMixesAreMeasuredAndVerified) {
  test::TestServer server;
  RunOptions options = Small(server.target());
  options.transport = Transport::kUnary;
  options.in_flight = 8;
  options.mix = "reserve+commit=2,charge=1,usage=1";
  options.keys = "zipf:0.5";
  const auto result = Run(options, Ignore);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GT(result->operations(), 0);
}

TEST(RunTest, ReservationsLeftOpenAreReleasedAfterwards) {
  test::TestServer server;
  RunOptions options = Small(server.target());
  // The reservations of a run stay open: they must fit 25 slots.
  options.mix = "reserve";
  options.rate = 1'000;
  const auto result = Run(options, Ignore);
  ASSERT_TRUE(result.ok()) << result.status();
  Population population(grpc::CreateChannel(server.target(), grpc::InsecureChannelCredentials()),
                        "bench-", 400);
  const auto usages = population.ReadUsage();
  ASSERT_TRUE(usages.ok()) << usages.status();
  for (const OrgUsage& usage : *usages) EXPECT_EQ(usage.held, 0);
}

TEST(RunTest, AnOpenLoopKeepsItsRate) {
  test::TestServer server;
  RunOptions options = Small(server.target());
  options.mix = "charge";
  options.rate = 2'000;
  options.in_flight = 64;
  const auto result = Run(options, Ignore);
  ASSERT_TRUE(result.ok()) << result.status();
  // Never above, whatever the machine does: a tenth of a second's worth, and what was due in the
  // warm-up and answered later.
  EXPECT_LE(result->operations(), 240);
}

TEST(RunTest, AServerThatGrantsWithoutChargingFails) {
  NoopService liar;
  Listening listening(liar);
  RunOptions options = Small(listening.target());
  const auto result = Run(options, Ignore);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("but the server says 0"));
  options.verify = false;
  EXPECT_TRUE(Run(options, Ignore).ok());
}

TEST(RunTest, ARefusalThatWasNotPlannedFails) {
  test::TestServer server;
  RunOptions options = Small(server.target());
  options.credits = 60'000;
  options.orgs = 1;
  for (const Transport transport : {Transport::kSession, Transport::kUnary}) {
    options.transport = transport;
    const auto result = Run(options, Ignore);
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("refused"));
  }
}

TEST(RunTest, OrganisationsThatMustExistButDoNotFail) {
  test::TestServer server;
  RunOptions options = Small(server.target());
  options.creation = Creation::kNone;
  const auto result = Run(options, Ignore);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
}

TEST(RunTest, ACatalogThatLetsNoCallCreateOrganisationsIsTold) {
  test::TestServer server;
  RunOptions options = Small(server.target());
  options.creation = Creation::kCalls;
  const auto result = Run(options, Ignore);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("benchmarks/catalog.textproto"));
}

// Answers one batch, then ends the stream, with OK, as if that were all.
class Quitter final : public v1::QuotaService::Service {
 public:
  grpc::Status Session(
      grpc::ServerContext* /*context*/,
      grpc::ServerReaderWriter<v1::SessionResponse, v1::SessionRequest>* stream) override {
    v1::SessionRequest request;
    v1::SessionResponse response;
    stream->Read(&request);
    response.mutable_opened();
    stream->Write(response);
    stream->Read(&request);
    return grpc::Status::OK;
  }
};

TEST(RunTest, AServerThatEndsAStreamWithoutAnsweringFails) {
  Quitter quitter;
  Listening listening(quitter);
  RunOptions options = Small(listening.target());
  options.verify = false;
  const auto result = Run(options, Ignore);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable) << result.status();
}

TEST(RunTest, AServerThatIsNotThereFails) {
  RunOptions options = Small("127.0.0.1:1");
  for (const bool verify : {true, false}) {
    options.verify = verify;
    EXPECT_FALSE(Run(options, Ignore).ok());
  }
}

}  // namespace
}  // namespace quota::bench
