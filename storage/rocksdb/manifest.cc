#include "storage/rocksdb/manifest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status.h"
#include "storage/rocksdb/log_headers.h"
#include "storage/rocksdb/table_checksum.h"

namespace quota::storage {
namespace {

namespace fs = std::filesystem;

// Tags of an edit's fields.
enum Tag : uint32_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFileNumber = 3,
  kLastSequence = 4,
  kDeletedFile = 6,
  kPrevLogNumber = 9,
  kMinLogNumberToKeep = 10,
  kNewTable = 103,
  kColumnFamily = 200,
  kMaxColumnFamily = 203,
  // Fields from here on are length and bytes, but for two that RocksDB 7.8 does not write any more.
  kIgnorable = 1 << 13,
  kOldWalAddition = kIgnorable + 4,
  kOldWalDeletion = kIgnorable + 5,
};
// Tags within a new table's field; the values are length and bytes.
enum TableTag : uint32_t { kEnd = 1, kChecksum = 7 };

// Takes values off the front of an edit. Once one is cut short, all that follow are 0 and `ok` is
// false.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string_view Bytes() {
    const uint64_t length = Varint();
    if (length > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const std::string_view bytes = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return bytes;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void TakeTable(Fields& fields, ManifestContents& contents) {
  (void)fields.Varint();  // level
  const uint64_t number = fields.Varint();
  TableEntry table;
  table.bytes = fields.Varint();
  (void)fields.Bytes();   // smallest key
  (void)fields.Bytes();   // largest key
  (void)fields.Varint();  // smallest sequence
  (void)fields.Varint();  // largest sequence
  while (fields.ok()) {
    const uint64_t tag = fields.Varint();
    if (tag == kEnd) break;
    const std::string_view value = fields.Bytes();
    if (tag == kChecksum) table.checksum = std::string(value);
  }
  contents.tables[number] = std::move(table);
}

absl::StatusOr<std::string> ReadWhole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) return absl::UnavailableError(absl::StrCat("can't read ", path.string()));
  return bytes;
}

// 0 where the file's name is not a number with this extension.
uint64_t NumberOf(const fs::path& file, std::string_view extension) {
  const std::string name = file.stem().string();
  uint64_t number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size();
  return whole && file.extension() == extension ? number : 0;
}

absl::Status CheckLogs(const std::string& folder, uint64_t log_number) {
  if (log_number == 0) return absl::OkStatus();
  std::error_code error;
  fs::directory_iterator files(folder, error);
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    if (NumberOf(files->path(), ".log") >= log_number) return absl::OkStatus();
  }
  if (error) return absl::UnavailableError(absl::StrCat("can't list folder ", folder));
  return absl::DataLossError(absl::StrFormat(
      "the newest log is missing in %s: there is no %s, nor a later one: restore a backup", folder,
      LogName(log_number)));
}

absl::Status CheckTable(const fs::path& path, const TableEntry& table) {
  constexpr size_t kChunkBytes = 256 * 1024;
  const auto damaged = [&path](const std::string& what) {
    return absl::DataLossError(
        absl::StrCat("table ", path.string(), " ", what, ": restore a backup"));
  };
  std::error_code error;
  const uint64_t bytes = fs::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) return damaged("is missing");
  if (error) return absl::UnavailableError(absl::StrCat("can't look at ", path.string()));
  if (bytes != table.bytes) {
    return damaged(absl::StrCat("has ", bytes, " bytes instead of ", table.bytes));
  }
  if (table.checksum.empty()) return absl::OkStatus();
  const auto checksum = TableChecksums()->CreateFileChecksumGenerator({});
  std::ifstream file(path, std::ios::binary);
  std::string chunk(kChunkBytes, '\0');
  while (file) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    checksum->Update(chunk.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.eof()) return absl::UnavailableError(absl::StrCat("can't read ", path.string()));
  checksum->Finalize();
  if (checksum->GetChecksum() != table.checksum) return damaged("differs from its checksum");
  return absl::OkStatus();
}

}  // namespace

std::string LogName(uint64_t number) { return absl::StrFormat("%06d.log", number); }

bool ApplyEdit(std::string_view edit, ManifestContents& contents) {
  Fields fields(edit);
  while (fields.ok() && !fields.AtEnd()) {
    const uint64_t tag = fields.Varint();
    switch (tag) {
      case kComparator:
        (void)fields.Bytes();
        break;
      case kLogNumber:
        contents.log_number = std::max(contents.log_number, fields.Varint());
        break;
      case kNextFileNumber:
      case kLastSequence:
      case kPrevLogNumber:
      case kMinLogNumberToKeep:
      case kColumnFamily:
      case kMaxColumnFamily:
        (void)fields.Varint();
        break;
      case kDeletedFile:
        (void)fields.Varint();  // level
        contents.tables.erase(fields.Varint());
        break;
      case kNewTable:
        TakeTable(fields, contents);
        break;
      default:
        if (tag < kIgnorable || tag == kOldWalAddition || tag == kOldWalDeletion) return false;
        (void)fields.Bytes();
    }
  }
  return fields.ok();
}

absl::StatusOr<std::optional<ManifestContents>> ReadTableManifest(const std::string& folder) {
  QUOTA_ASSIGN_OR_RETURN(std::string name, ReadWhole(fs::path(folder) / "CURRENT"));
  if (!name.starts_with("MANIFEST-") || !name.ends_with('\n')) return std::nullopt;
  name.pop_back();
  QUOTA_ASSIGN_OR_RETURN(const std::string log, ReadWhole(fs::path(folder) / name));
  ManifestContents contents;
  for (const std::string& edit : RecordsOfLog(log)) {
    if (!ApplyEdit(edit, contents)) return std::nullopt;
  }
  return contents;
}

absl::Status CheckFilesOfManifest(const std::string& folder, bool read_tables) {
  QUOTA_ASSIGN_OR_RETURN(const std::optional<ManifestContents> contents, ReadTableManifest(folder));
  if (!contents) return absl::OkStatus();
  QUOTA_RETURN_IF_ERROR(CheckLogs(folder, contents->log_number));
  if (!read_tables) return absl::OkStatus();
  for (const auto& [number, table] : contents->tables) {
    const fs::path path = fs::path(folder) / absl::StrFormat("%06d.sst", number);
    QUOTA_RETURN_IF_ERROR(CheckTable(path, table));
  }
  return absl::OkStatus();
}

}  // namespace quota::storage
