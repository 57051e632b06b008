#include "catalog/zone_loader.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

#include "common/mutex.h"

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

// Zones that were found. There are some 600, and each day that opens asks for one: the file system
// is asked once for each.
class FoundZones {
 public:
  std::optional<absl::TimeZone> Find(std::string_view name) const {
    MutexLock lock(mutex_);
    const auto found = zones_.find(name);
    if (found == zones_.end()) return std::nullopt;
    return found->second;
  }

  void Add(std::string_view name, absl::TimeZone zone) {
    MutexLock lock(mutex_);
    zones_.emplace(name, zone);
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, absl::TimeZone, std::less<>> zones_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::optional<absl::TimeZone> LoadZone(std::string_view name) {
  static FoundZones& found = *new FoundZones;
  if (const auto known = found.Find(name)) return known;
  absl::TimeZone zone;
  if (!IsInTzdata(name) || !absl::LoadTimeZone(std::string(name), &zone)) return std::nullopt;
  found.Add(name, zone);
  return zone;
}

}  // namespace quota::catalog
