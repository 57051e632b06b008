#include "client/quotactl/position_file.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

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
  // One byte more tells a file that is too long, whatever its size.
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || (!file && !file.eof())) {
    return absl::FailedPreconditionError(absl::StrCat(path_, ": can't be read"));
  }
  if (text.size() > kMaxBytes) {
    return absl::FailedPreconditionError(absl::StrCat(path_, ": too long to be a position"));
  }
  absl::StripAsciiWhitespace(&text);
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
