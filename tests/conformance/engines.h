// The engines that have to keep the store contract, each with a factory.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace quota::storage {

// One durable place of an engine. What Open returns is closed before the next Open.
class Place {
 public:
  virtual ~Place() = default;
  virtual absl::StatusOr<std::unique_ptr<Store>> Open() = 0;
  // Whether the engine keeps files; then a copy of them, to be read.
  virtual bool HasFiles() const { return false; }
  virtual absl::StatusOr<std::unique_ptr<Store>> OpenCopy(const std::string& /*folder*/) {
    return absl::UnimplementedError("no files");
  }
};

struct Engine {
  std::string name;
  std::function<std::unique_ptr<Place>()> create;
};

inline void PrintTo(const Engine& engine, std::ostream* out) { *out << engine.name; }

// Every engine as it comes, and limited to 100 operations and 1 MiB a batch.
std::vector<Engine> AllEngines();

}  // namespace quota::storage
