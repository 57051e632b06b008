#include "server/catalog_loader.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "quota/v1/catalog.pb.h"
#include "server/default_catalog.h"

namespace quota::server {
namespace {

// A thousand times the built-in one.
constexpr std::streamoff kMaxFileBytes = 16 * 1024 * 1024;

// Keeps the first mistake; the parser goes on to others, which are often consequences of it.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat("line ", line + 1, ":", column + 1, ": ", message);
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Where tzdata is, as the time zone library looks for it.
std::filesystem::path ZoneFolder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

// The library knows other names too ("localtime", a path, "Fixed/..."), and remembers every name
// that it was ever asked for, found or not: so it is asked only for names that tzdata has.
bool IsInTzdata(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
  });
  if (!plain || name.empty() || name.front() == '/' || name == "localtime") return false;
  std::error_code error;
  return std::filesystem::is_regular_file(ZoneFolder() / name, error);
}

}  // namespace

std::optional<absl::TimeZone> LoadZone(std::string_view name) {
  absl::TimeZone zone;
  if (!IsInTzdata(name) || !absl::LoadTimeZone(std::string(name), &zone)) return std::nullopt;
  return zone;
}

absl::StatusOr<std::shared_ptr<const ledger::Catalog>> ParseCatalog(std::string_view source,
                                                                    const std::string& text) {
  v1::Catalog catalog;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text, &catalog)) {
    return Annotate(absl::InvalidArgumentError(error.text()), source);
  }
  auto compiled = ledger::Catalog::Build(catalog, LoadZone);
  if (!compiled.ok()) return Annotate(compiled.status(), source);
  return compiled;
}

absl::StatusOr<std::shared_ptr<const ledger::Catalog>> LoadCatalogFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) return absl::NotFoundError(absl::StrCat("catalog ", path, ": can't be read"));
  if (size > kMaxFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("catalog ", path, ": ", size, " bytes; it may have at most ", kMaxFileBytes));
  }
  std::string text(static_cast<size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(text.data(), size)) {
    return absl::NotFoundError(absl::StrCat("catalog ", path, ": can't be read"));
  }
  return ParseCatalog(absl::StrCat("catalog ", path), text);
}

absl::StatusOr<std::shared_ptr<const ledger::Catalog>> LoadDefaultCatalog() {
  return ParseCatalog("the built-in catalog", std::string(DefaultCatalogText()));
}

}  // namespace quota::server
