#include "client/quotactl/position_file.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace quota::client {
namespace {

// One of 256 shards takes 8 KiB.
constexpr size_t kMaxBytes = 64 << 10;

}  // namespace

absl::StatusOr<std::string> PositionFile::Read() const {
  std::ifstream file(path_, std::ios::binary);
  std::error_code error;
  if (!file && !std::filesystem::exists(path_, error)) return std::string();
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad() || !file.is_open()) {
    return absl::FailedPreconditionError(absl::StrCat(path_, ": can't be read"));
  }
  absl::StripAsciiWhitespace(&text);
  if (text.size() > kMaxBytes) {
    return absl::FailedPreconditionError(absl::StrCat(path_, ": too long to be a position"));
  }
  return text;
}

absl::Status PositionFile::Write(const std::string& position) const {
  const std::string written = path_ + ".new";
  std::ofstream file(written, std::ios::binary | std::ios::trunc);
  file << position << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(written, path_, error);
  if (file && !error) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(path_, ": can't be written"));
}

}  // namespace quota::client
