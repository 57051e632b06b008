// How long a stop takes, and what it waits for.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "tests/integration/test_server.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using std::chrono::steady_clock;

// A connection of HTTP/2 whose other side never says another word.
class SilentPeer {
 public:
  explicit SilentPeer(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    // The preface and an empty SETTINGS frame, RFC 9113, section 3.4.
    constexpr std::string_view kHello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
    EXPECT_EQ(send(socket_, kHello.data(), kHello.size(), 0), std::ssize(kHello));
    // Its own SETTINGS: from now on the server counts the connection.
    char first = 0;
    EXPECT_EQ(recv(socket_, &first, 1, 0), 1);
  }
  ~SilentPeer() { close(socket_); }
  SilentPeer(const SilentPeer&) = delete;
  SilentPeer& operator=(const SilentPeer&) = delete;

 private:
  const int socket_;
};

TEST(DrainTest, AClientThatIsConnectedAndSilentIsNotWaitedFor) {
  TestServer server;
  const SilentPeer peer(server.server().grpc_port());
  const auto begin = steady_clock::now();
  EXPECT_TRUE(server.server().Drain(std::chrono::minutes(1)));
  // Well below the 25 s after which a keepalive ping would have found the peer dead.
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
}

// Every result that was promised by reading its batch arrives before the stream ends.
TEST(DrainTest, AStreamGetsTheResultsOfAllThatWasRead) {
  const storage::TempFolder folder;
  int64_t answered = 0;
  {
    TestServer server({.open_store = TestServer::InFolder(folder / "data")});
    ASSERT_TRUE(server.calls().CreateOrg("acme", "enterprise").ok());
    grpc::ClientContext context;
    const auto stream = server.calls().quota().Session(&context);
    v1::SessionRequest message;
    message.mutable_open()->set_session_id("s1");
    ASSERT_TRUE(stream->Write(message));
    v1::SessionResponse response;
    ASSERT_TRUE(stream->Read(&response));
    for (int batch = 0; batch < 20; ++batch) {
      message.mutable_batch()->clear_operations();
      for (int i = 0; i < 100; ++i) {
        const std::string id = std::to_string(batch) + "-" + std::to_string(i);
        *message.mutable_batch()->add_operations()->mutable_charge() = MakeCharge("acme", id, 1);
      }
      ASSERT_TRUE(stream->Write(message));
    }
    // The batches are in all states when it stops: unread, read, decided, written.
    std::thread reader([&] {
      while (stream->Read(&response)) {
        for (const auto& result : response.result().results()) answered += result.has_charge();
      }
      EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    });
    EXPECT_TRUE(server.server().Drain(std::chrono::minutes(1)));
    reader.join();
  }
  TestServer server({.open_store = TestServer::InFolder(folder / "data")});
  EXPECT_EQ(server.calls().GetUsage("acme")->usage().used(), answered);
}

}  // namespace
}  // namespace quota::test
