#include "ledger/name.h"

#include "common/string_table.h"

namespace quota::ledger {

Name::Name() {
  static const std::string* const empty = StringTable::Global().Intern("");
  text_ = empty;
}

Name::Name(std::string_view text) : text_(StringTable::Global().Intern(text)) {}

size_t Name::count() { return StringTable::Global().size(); }

}  // namespace quota::ledger
