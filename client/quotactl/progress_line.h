// Tells how far a long command is: one line that is rewritten on a terminal, elsewhere a line every
// few seconds.
#pragma once

#include <cstdint>
#include <string_view>

#include "client/quotactl/quotactl.h"
#include "common/clock.h"

namespace quota::client {

// For one thread.
class ProgressLine {
 public:
  // `environment` outlives this.
  explicit ProgressLine(const Environment& environment);
  // Clears the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // "123,456 records", where it is time to tell.
  void Show(std::string_view what, uint64_t done);

 private:
  const Environment& environment_;
  // The steady clock: a simulated one does not move while a command works.
  Duration last_;
  bool shown_ = false;
};

}  // namespace quota::client
