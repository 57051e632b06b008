#include "storage/backup/durable_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/backup/file_error.h"

namespace quota::storage {
namespace {

namespace fs = std::filesystem;

// Large enough that a call is a small part, small enough that a stop is soon seen.
constexpr size_t kPieceBytes = 1024 * 1024;

// An open file that is closed at the end of its scope.
class Opened {
 public:
  explicit Opened(int file) : file_(file) {}
  ~Opened() {
    if (file_ >= 0) close(file_);
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  int get() const { return file_; }

 private:
  const int file_;
};

std::string ParentOf(const std::string& path) {
  return fs::absolute(path).lexically_normal().parent_path().string();
}

// Hands the file's bytes to `take` piece by piece.
absl::Status ReadPieces(const std::string& path, const CopyProgress& progress,
                        const std::function<absl::Status(std::string_view)>& take) {
  const Opened file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return FromErrno("open", path, errno);
  std::string piece(kPieceBytes, '\0');
  for (;;) {
    const ssize_t got = read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FromErrno("read", path, errno);
    if (got == 0) return absl::OkStatus();
    const auto bytes = static_cast<size_t>(got);
    QUOTA_RETURN_IF_ERROR(take(std::string_view(piece).substr(0, bytes)));
    if (progress && !progress(bytes)) return absl::CancelledError("stopped");
  }
}

uint32_t ExtendCrc(uint32_t crc, std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

absl::StatusOr<DurableFile> DurableFile::Create(const std::string& path) {
  constexpr mode_t kMode = 0640;  // others have no business with what customers spend
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (file < 0) return FromErrno("create", path, errno);
  return DurableFile(path, file);
}

DurableFile::DurableFile(DurableFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      bytes_(other.bytes_),
      crc_(other.crc_) {}

DurableFile::~DurableFile() {
  if (file_ >= 0) close(file_);
}

absl::Status DurableFile::Append(std::string_view bytes) {
  crc_ = ExtendCrc(crc_, bytes);
  bytes_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FromErrno("write", path_, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<CopiedFile> DurableFile::Finish() {
  if (fsync(file_) != 0) return FromErrno("sync", path_, errno);
  if (close(std::exchange(file_, -1)) != 0) return FromErrno("close", path_, errno);
  return CopiedFile{fs::path(path_).filename().string(), bytes_, crc_};
}

absl::StatusOr<CopiedFile> CopyDurably(const std::string& from, const std::string& to,
                                       const CopyProgress& progress) {
  QUOTA_ASSIGN_OR_RETURN(DurableFile copy, DurableFile::Create(to));
  QUOTA_RETURN_IF_ERROR(
      ReadPieces(from, progress, [&copy](std::string_view piece) { return copy.Append(piece); }));
  return copy.Finish();
}

absl::StatusOr<CopiedFile> MeasureFile(const std::string& path, const CopyProgress& progress) {
  CopiedFile file{fs::path(path).filename().string(), 0, 0};
  QUOTA_RETURN_IF_ERROR(ReadPieces(path, progress, [&file](std::string_view piece) {
    file.bytes += piece.size();
    file.crc = ExtendCrc(file.crc, piece);
    return absl::OkStatus();
  }));
  return file;
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes) {
  std::string text;
  QUOTA_RETURN_IF_ERROR(ReadPieces(path, nullptr, [&](std::string_view piece) {
    text.append(piece);
    if (text.size() <= max_bytes) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(path, " is larger than ", max_bytes, " bytes"));
  }));
  return text;
}

absl::Status SyncFolder(const std::string& path) {
  const Opened folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return FromErrno("open folder", path, errno);
  if (fsync(folder.get()) != 0) return FromErrno("sync folder", path, errno);
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& path) {
  constexpr mode_t kMode = 0750;
  if (mkdir(path.c_str(), kMode) != 0) return FromErrno("create folder", path, errno);
  return SyncFolder(ParentOf(path));
}

absl::Status MoveFolder(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return FromErrno("rename folder to", to, errno);
  return SyncFolder(ParentOf(to));
}

}  // namespace quota::storage
