#include "ledger/name.h"

#include <set>

#include "common/mutex.h"

namespace quota::ledger {
namespace {

const std::string* Intern(std::string_view text) {
  static Mutex& mutex = *new Mutex;
  static auto& names = *new std::set<std::string, std::less<>>;
  MutexLock lock(mutex);
  auto found = names.find(text);
  if (found == names.end()) found = names.emplace(text).first;
  return &*found;
}

}  // namespace

Name::Name() {
  static const std::string* const empty = Intern("");
  text_ = empty;
}

Name::Name(std::string_view text) : text_(Intern(text)) {}

}  // namespace quota::ledger
