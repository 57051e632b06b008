#include "server/listen_address.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace quota::server {

std::string ListenAddress::Text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  const absl::Status invalid = absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(text),
                   "\" is no address to listen on; it must be HOST:PORT, such as 127.0.0.1:7480, "
                   "[::1]:7480 or 0.0.0.0:7480, with a port from 0 (any) to 65535"));
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return invalid;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return invalid;
  }
  ListenAddress address{std::string(host), 0};
  if (host.empty() || host.find_first_of("[]") != std::string_view::npos ||
      !absl::SimpleAtoi(std::string(text.substr(colon + 1)), &address.port) || address.port < 0 ||
      address.port > 65'535) {
    return invalid;
  }
  return address;
}

}  // namespace quota::server
