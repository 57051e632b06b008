#include "storage/backup/manifest.h"

#include <zlib.h>

#include <charconv>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status.h"

namespace quota::storage {
namespace {

std::string Crc(std::string_view bytes) {
  return absl::StrFormat("%08x",
                         crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

absl::Status Damaged(const std::string& what) {
  return absl::DataLossError(absl::StrCat("the backup's file BACKUP is damaged: ", what));
}

template <class T>
bool ParseNumber(std::string_view text, T& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

// Takes the lines of a manifest one by one.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  // The next line's text after `word` and a blank; false where the line is another.
  bool Take(std::string_view word, std::string_view& value) {
    std::string_view line = rest_.substr(0, rest_.find('\n'));
    if (line.size() == rest_.size() || !line.starts_with(word)) return false;
    value = line.substr(word.size());
    if (!value.starts_with(' ')) return false;
    value.remove_prefix(1);
    rest_.remove_prefix(line.size() + 1);
    return true;
  }
  template <class T>
  bool TakeNumber(std::string_view word, T& number) {
    std::string_view value;
    return Take(word, value) && ParseNumber(value, number);
  }
  bool TakeText(std::string_view word, std::string& text) {
    std::string_view value;
    if (!Take(word, value)) return false;
    text = std::string(value);
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// A name that stays in its folder.
bool IsFileName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

bool ParseFile(std::string_view value, CopiedFile& file) {
  const size_t crc_end = value.find(' ');
  const size_t size_end =
      crc_end == std::string_view::npos ? crc_end : value.find(' ', crc_end + 1);
  if (size_end == std::string_view::npos) return false;
  file.name = std::string(value.substr(size_end + 1));
  return ParseNumber(value.substr(0, crc_end), file.crc, 16) &&
         ParseNumber(value.substr(crc_end + 1, size_end - crc_end - 1), file.bytes) &&
         IsFileName(file.name);
}

}  // namespace

uint64_t BackupManifest::bytes() const {
  uint64_t bytes = 0;
  for (const CopiedFile& file : files) bytes += file.bytes;
  return bytes;
}

std::string EncodeManifest(const BackupManifest& manifest) {
  std::string text = absl::StrCat("quotad-backup ", BackupManifest::kVersion, "\n");
  absl::StrAppend(&text, "name ", manifest.name, "\nrequest-id ", manifest.request_id, "\n");
  absl::StrAppend(&text, "taken-at ", manifest.taken_at.time_since_epoch().count(), "\n");
  absl::StrAppend(&text, "duration ", manifest.duration.count(), "\n");
  absl::StrAppend(&text, "creation-id ", manifest.format.creation_id, "\n");
  absl::StrAppend(&text, "format ", manifest.format.version, "\n");
  absl::StrAppend(&text, "shards ", manifest.format.shards, "\n");
  for (const CopiedFile& file : manifest.files) {
    absl::StrAppendFormat(&text, "file %08x %d %s\n", file.crc, file.bytes, file.name);
  }
  absl::StrAppend(&text, "end ", Crc(text), "\n");
  return text;
}

absl::StatusOr<BackupManifest> ParseManifest(std::string_view text) {
  BackupManifest manifest;
  Lines lines(text);
  uint32_t version = 0;
  if (!lines.TakeNumber("quotad-backup", version)) return Damaged("its first line");
  // Before the rest is looked at: only the version is the same in every version.
  if (version != BackupManifest::kVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("the backup is of version ", version, ", and this program reads version ",
                     BackupManifest::kVersion, ": use the quotactl of the quotad that took it"));
  }
  int64_t taken_at = 0;
  int64_t duration = 0;
  const bool head =
      lines.TakeText("name", manifest.name) && lines.TakeText("request-id", manifest.request_id) &&
      lines.TakeNumber("taken-at", taken_at) && lines.TakeNumber("duration", duration) &&
      lines.TakeText("creation-id", manifest.format.creation_id) &&
      lines.TakeNumber("format", manifest.format.version) &&
      lines.TakeNumber("shards", manifest.format.shards);
  if (!head) return Damaged("a line of its head");
  manifest.taken_at = Instant(Duration(taken_at));
  manifest.duration = Duration(duration);
  for (std::string_view value; lines.Take("file", value);) {
    if (!ParseFile(value, manifest.files.emplace_back())) return Damaged("a line of a file");
  }
  const std::string_view before = text.substr(0, text.size() - lines.rest().size());
  std::string_view crc;
  if (!lines.Take("end", crc) || !lines.rest().empty()) return Damaged("its end is missing");
  if (crc != Crc(before)) return Damaged("its checksum differs");
  if (manifest.files.empty()) return Damaged("it names no file");
  return manifest;
}

}  // namespace quota::storage
