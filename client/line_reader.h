// Reads a text line by line in bounded memory, whatever it holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <string_view>

namespace quota::client {

// Lines end with '\n'; a '\r' before it is cut off. The last line may lack its end. Of a line
// longer than `longest` only the first `longest` bytes are kept. Thread safety: one thread at a
// time.
class LineReader {
 public:
  // Longer than any request line that servers accept (8 KiB to 64 KiB).
  static constexpr size_t kLongestLine = 64 * 1024;

  // `in` must outlive the reader.
  explicit LineReader(std::istream& in, size_t longest = kLongestLine)
      : in_(in), longest_(longest) {}

  // False at the end of the input, or where it can't be read further.
  bool Next();
  // The line that Next() found; valid until the next call.
  std::string_view line() const { return line_; }
  // True where line() was cut.
  bool truncated() const { return truncated_; }
  // Of the line that Next() found; the first is 1.
  int64_t line_number() const { return line_number_; }

 private:
  std::istream& in_;
  const size_t longest_;
  std::string line_;
  bool truncated_ = false;
  int64_t line_number_ = 0;
};

}  // namespace quota::client
