// "HOST:PORT", as --grpc-listen and --http-listen take it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quota::server {

struct ListenAddress {
  // A name or number, without the brackets of an IPv6 number.
  std::string host;
  // 0: any that is free.
  int port = 0;

  // "HOST:PORT", with brackets where the host has colons.
  std::string Text() const;
};

// INVALID_ARGUMENT, in words for the command line.
[[nodiscard]] absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace quota::server
