#include "tests/overload/http2_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace quota::test {
namespace {

// RFC 9113, section 6, and the flags of its frames.
constexpr uint8_t kData = 0;
constexpr uint8_t kHeaders = 1;
constexpr uint8_t kReset = 3;
constexpr uint8_t kSettings = 4;
constexpr uint8_t kPing = 6;
constexpr uint8_t kWindowUpdate = 8;
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kAck = 1;
constexpr uint8_t kEndHeaders = 4;
constexpr uint16_t kInitialWindowSize = 4;
constexpr size_t kFrameHeader = 9;
constexpr size_t kMaxFrame = 16'384;

void Append(std::string& out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

uint32_t ReadNumber(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

// A header whose name and value go as they are. RFC 7541, section 6.2.2; below 127 bytes each.
void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  out.push_back('\0');
  Append(out, name.size(), 1);
  out.append(name);
  Append(out, value.size(), 1);
  out.append(value);
}

// What stands before a gRPC message: not compressed, and its size.
std::string MessageHeader(uint32_t size) {
  std::string header(1, '\0');
  Append(header, size, 4);
  return header;
}

}  // namespace

Http2Peer::Http2Peer(int port) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (socket_ < 0) return;
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    Close();
    return;
  }
  fcntl(socket_, F_SETFL, O_NONBLOCK);
}

Http2Peer::~Http2Peer() { Close(); }

Http2Peer::Http2Peer(Http2Peer&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      output_(std::move(other.output_)),
      input_(std::move(other.input_)),
      window_(other.window_),
      initial_window_(other.initial_window_),
      calls_(std::move(other.calls_)),
      waiting_bytes_(other.waiting_bytes_),
      ended_calls_(other.ended_calls_) {}

void Http2Peer::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

void Http2Peer::Greet(uint32_t window) {
  std::string setting;
  Append(setting, kInitialWindowSize, 2);
  Append(setting, window, 4);
  output_.append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  Frame(kSettings, 0, 0, setting);
  Flush();
}

void Http2Peer::StartCall(uint32_t call, std::string_view path) {
  std::string headers;
  AppendHeader(headers, ":method", "POST");
  AppendHeader(headers, ":scheme", "http");
  AppendHeader(headers, ":path", path);
  AppendHeader(headers, ":authority", "localhost");
  AppendHeader(headers, "content-type", "application/grpc");
  AppendHeader(headers, "te", "trailers");
  Frame(kHeaders, kEndHeaders, call, headers);
  calls_[call].window = initial_window_;
  Flush();
}

void Http2Peer::SendMessage(uint32_t call, std::string_view message, End end) {
  Enqueue(call, MessageHeader(static_cast<uint32_t>(message.size())) + std::string(message), end);
}

void Http2Peer::BeginMessage(uint32_t call, uint32_t size, std::string_view begin) {
  Enqueue(call, MessageHeader(size) + std::string(begin), End::kNo);
}

void Http2Peer::SendRaw(std::string_view bytes) {
  output_.append(bytes);
  Flush();
}

void Http2Peer::Enqueue(uint32_t call, std::string_view bytes, End end) {
  Call& waiting = calls_[call];
  waiting.waiting.append(bytes);
  waiting_bytes_ += bytes.size();
  waiting.end = end == End::kYes;
  SendWaiting(call, waiting);
  Flush();
}

void Http2Peer::SendWaiting(uint32_t number, Call& call) {
  size_t sent = 0;
  while (sent < call.waiting.size()) {
    const int64_t room = std::min(window_, call.window);
    if (room <= 0) break;
    const size_t size =
        std::min({call.waiting.size() - sent, kMaxFrame, static_cast<size_t>(room)});
    const bool last = call.end && sent + size == call.waiting.size();
    Frame(kData, last ? kEndStream : 0, number, std::string_view(call.waiting).substr(sent, size));
    sent += size;
    window_ -= static_cast<int64_t>(size);
    call.window -= static_cast<int64_t>(size);
  }
  call.waiting.erase(0, sent);
  if (call.waiting.empty()) call.waiting.shrink_to_fit();
  waiting_bytes_ -= sent;
}

void Http2Peer::Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  Append(output_, payload.size(), 3);
  Append(output_, type, 1);
  Append(output_, flags, 1);
  Append(output_, stream, 4);
  output_.append(payload);
}

void Http2Peer::Flush() {
  size_t sent = 0;
  while (socket_ >= 0 && sent < output_.size()) {
    const ssize_t size =
        send(socket_, output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size > 0) {
      sent += static_cast<size_t>(size);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      Close();
    }
  }
  output_.erase(0, sent);
}

bool Http2Peer::Pump() {
  std::array<char, 65'536> buffer;
  while (socket_ >= 0) {
    const ssize_t size = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size > 0) {
      input_.append(buffer.data(), static_cast<size_t>(size));
      TakeFrames();
    } else if (size < 0 && errno == EAGAIN) {
      break;
    } else if (size == 0 || errno != EINTR) {
      Close();
    }
  }
  if (waiting_bytes_ > 0 && window_ > 0) {
    for (auto& [number, call] : calls_) {
      if (!call.waiting.empty()) SendWaiting(number, call);
    }
  }
  Flush();
  return open();
}

void Http2Peer::TakeFrames() {
  size_t taken = 0;
  while (input_.size() - taken >= kFrameHeader) {
    const std::string_view header = std::string_view(input_).substr(taken, kFrameHeader);
    const size_t size = ReadNumber(header.substr(0, 3));
    if (input_.size() - taken < kFrameHeader + size) break;
    TakeFrame(static_cast<uint8_t>(header[3]), static_cast<uint8_t>(header[4]),
              ReadNumber(header.substr(5, 4)),
              std::string_view(input_).substr(taken + kFrameHeader, size));
    taken += kFrameHeader + size;
  }
  input_.erase(0, taken);
}

void Http2Peer::TakeFrame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  const bool ends = (type == kHeaders || type == kData) && (flags & kEndStream) != 0;
  if (ends || type == kReset) {
    ++ended_calls_;
    if (const auto call = calls_.find(stream); call != calls_.end()) {
      waiting_bytes_ -= call->second.waiting.size();
      calls_.erase(call);
    }
  }
  if (type == kPing && (flags & kAck) == 0) Frame(kPing, kAck, 0, payload);
  if (type == kSettings && (flags & kAck) == 0) TakeSettings(payload);
  if (type == kWindowUpdate) {
    const uint32_t room = ReadNumber(payload);
    if (stream == 0) {
      window_ += room;
    } else if (const auto call = calls_.find(stream); call != calls_.end()) {
      call->second.window += room;
    }
  }
}

void Http2Peer::TakeSettings(std::string_view payload) {
  constexpr size_t kSetting = 6;
  for (; payload.size() >= kSetting; payload.remove_prefix(kSetting)) {
    if (ReadNumber(payload.substr(0, 2)) != kInitialWindowSize) continue;
    const int64_t window = ReadNumber(payload.substr(2, 4));
    for (auto& [number, call] : calls_) call.window += window - initial_window_;
    initial_window_ = window;
  }
  Frame(kSettings, kAck, 0, {});
}

}  // namespace quota::test
