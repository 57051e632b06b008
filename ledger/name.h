// A name from a small, closed set (editions, data centers, zones, pools), kept once in the process.
//
// A million accounts share a few dozen such strings; a Name is one pointer and compares as one.
// Names are never freed: they come from the catalog and the zone database, which bound them.
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quota::ledger {

class Name {
 public:
  // The empty name.
  Name();
  explicit Name(std::string_view text);

  const std::string& text() const { return *text_; }
  bool empty() const { return text_->empty(); }

  // How many different names the process has.
  static size_t count();

  friend bool operator==(Name a, Name b) { return a.text_ == b.text_; }

 private:
  const std::string* text_;
};

}  // namespace quota::ledger
