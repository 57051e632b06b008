#include "common/string_table.h"

namespace quota {

StringTable& StringTable::Global() {
  static StringTable& table = *new StringTable;
  return table;
}

const std::string* StringTable::Intern(std::string_view text) {
  MutexLock lock(mutex_);
  auto found = strings_.find(text);
  if (found == strings_.end()) found = strings_.emplace(text).first;
  return &*found;
}

size_t StringTable::size() const {
  MutexLock lock(mutex_);
  return strings_.size();
}

}  // namespace quota
