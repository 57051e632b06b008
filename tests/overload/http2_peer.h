// A client that speaks just enough HTTP/2 to misbehave: it sends what it is told, whole or in part,
// and gives the server no more room for answers than it says.
//
//   Http2Peer peer(port);
//   peer.Greet(/*window=*/0);                       // answers can't be sent
//   peer.StartCall(1, "/quota.v1.QuotaService/Charge");
//   peer.SendMessage(1, request.SerializeAsString(), Http2Peer::End::kYes);
//   while (peer.Pump()) ...                         // answers pings, drops the rest
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace quota::test {

// Belongs to one thread, and never blocks: what the server takes no more of waits for Pump. What is
// done on a connection that could not be made, or has ended, does nothing.
class Http2Peer {
 public:
  enum class End { kNo, kYes };

  // Connects to this machine.
  explicit Http2Peer(int port);
  ~Http2Peer();
  Http2Peer(Http2Peer&& other) noexcept;
  Http2Peer& operator=(Http2Peer&& other) = delete;

  // What a client says first. The server may send `window` bytes of answers on each call, and in
  // all 65,535.
  void Greet(uint32_t window);
  // Calls have odd numbers, in rising order.
  void StartCall(uint32_t call, std::string_view path);
  // A gRPC message, whole, as fast as the server gives room for it.
  void SendMessage(uint32_t call, std::string_view message, End end);
  // The beginning of a gRPC message of `size` bytes: all that is ever sent of it.
  void BeginMessage(uint32_t call, uint32_t size, std::string_view begin);
  // Any bytes at all.
  void SendRaw(std::string_view bytes);

  // Sends what waits and reads what has come: answers pings, drops the rest. False once the server
  // has closed the connection.
  bool Pump();

  bool open() const { return socket_ >= 0; }
  // Everything that was to be sent has been taken.
  bool flushed() const { return output_.empty() && waiting_bytes_ == 0; }
  // Calls that have been answered in whole: with trailers, or a reset.
  uint64_t ended_calls() const { return ended_calls_; }

 private:
  // What waits for room on a call.
  struct Call {
    int64_t window = 0;
    std::string waiting;
    bool end = false;
  };

  void Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload);
  void Enqueue(uint32_t call, std::string_view bytes, End end);
  // Sends of this call what its window and the connection's permit.
  void SendWaiting(uint32_t number, Call& call);
  void Flush();
  void TakeFrames();
  void TakeFrame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload);
  void TakeSettings(std::string_view payload);
  void Close();

  int socket_ = -1;
  std::string output_;
  std::string input_;
  // Room that the server gives: in all, and on a new call.
  int64_t window_ = 65'535;
  int64_t initial_window_ = 65'535;
  std::map<uint32_t, Call> calls_;
  uint64_t waiting_bytes_ = 0;
  uint64_t ended_calls_ = 0;
};

}  // namespace quota::test
