#include "ledger/name.h"

#include <set>

#include "common/mutex.h"

namespace quota::ledger {
namespace {

// Set nodes stay where they are.
struct Table {
  Mutex mutex;
  std::set<std::string, std::less<>> names ABSL_GUARDED_BY(mutex);
};

Table& TheTable() {
  static Table& table = *new Table;
  return table;
}

const std::string* Intern(std::string_view text) {
  Table& table = TheTable();
  MutexLock lock(table.mutex);
  auto found = table.names.find(text);
  if (found == table.names.end()) found = table.names.emplace(text).first;
  return &*found;
}

}  // namespace

Name::Name() {
  static const std::string* const empty = Intern("");
  text_ = empty;
}

Name::Name(std::string_view text) : text_(Intern(text)) {}

size_t Name::count() {
  Table& table = TheTable();
  MutexLock lock(table.mutex);
  return table.names.size();
}

}  // namespace quota::ledger
