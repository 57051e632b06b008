// A file that remembers how far a stream of events was dealt with.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quota::client {

// Not thread-safe, and not for two processes at once.
class PositionFile {
 public:
  explicit PositionFile(std::string path) : path_(std::move(path)) {}

  // Empty where there is no such file. FAILED_PRECONDITION naming the file where it can't be read
  // or is too long to be a position.
  [[nodiscard]] absl::StatusOr<std::string> Read() const;

  // Replaces the file as a whole: it has the old position or the new one, whatever happens.
  // FAILED_PRECONDITION naming the file where it can't be written.
  [[nodiscard]] absl::Status Write(const std::string& position) const;

 private:
  const std::string path_;
};

}  // namespace quota::client
