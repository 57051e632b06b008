#include "catalog/zone_loader.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace quota::catalog {
namespace {

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

}  // namespace quota::catalog
