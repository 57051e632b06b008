#include "client/quotactl/progress_line.h"

#include "client/quotactl/text_format.h"
#include "client/retry.h"

namespace quota::client {
namespace {

constexpr Duration kTerminalInterval = std::chrono::milliseconds(200);
constexpr Duration kLineInterval = std::chrono::seconds(5);
// Clears to the end of the line.
constexpr const char* kClear = "\r\x1b[K";

}  // namespace

ProgressLine::ProgressLine(const Environment& environment)
    : environment_(environment), last_(SteadyTime().Elapsed()) {}

ProgressLine::~ProgressLine() {
  if (shown_ && environment_.err_is_terminal) environment_.err << kClear << std::flush;
}

void ProgressLine::Show(std::string_view what, uint64_t done) {
  const Duration now = SteadyTime().Elapsed();
  if (now - last_ < (environment_.err_is_terminal ? kTerminalInterval : kLineInterval)) return;
  last_ = now;
  shown_ = true;
  if (environment_.err_is_terminal) environment_.err << kClear;
  environment_.err << FormatAmount(static_cast<int64_t>(done)) << ' ' << what;
  if (!environment_.err_is_terminal) environment_.err << '\n';
  environment_.err << std::flush;
}

}  // namespace quota::client
