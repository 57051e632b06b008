#include "client/line_reader.h"

#include <streambuf>

namespace quota::client {

bool LineReader::Next() {
  line_.clear();
  truncated_ = false;
  std::streambuf* buffer = in_.rdbuf();
  bool any = false;
  for (;;) {
    const int c = buffer->sbumpc();
    if (c == std::streambuf::traits_type::eof()) {
      if (!any) return false;
      break;
    }
    any = true;
    if (c == '\n') break;
    if (line_.size() < longest_) {
      line_ += static_cast<char>(c);
    } else {
      truncated_ = true;
    }
  }
  if (!truncated_ && !line_.empty() && line_.back() == '\r') line_.pop_back();
  ++line_number_;
  return true;
}

}  // namespace quota::client
