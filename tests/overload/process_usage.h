// What a process takes of the machine, from /proc.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <cstdint>

namespace quota::test {

// Resident memory now, and the most since the process began or ResetPeakMemory. Bytes; -1 where the
// process is gone.
int64_t ResidentMemory(pid_t process);
int64_t PeakMemory(pid_t process);
void ResetPeakMemory(pid_t process);

// Open file descriptors; -1 where the process is gone.
int OpenFiles(pid_t process);

// While it lives, this process runs on the first core that it may use, and so do the threads and
// processes that it starts.
class CorePin {
 public:
  CorePin();
  ~CorePin();
  CorePin(const CorePin&) = delete;
  CorePin& operator=(const CorePin&) = delete;

  // Moves another process, with the threads that it has, to the last core that may be used. False
  // where there is only one.
  bool Pin(pid_t process) const;

 private:
  cpu_set_t before_;
};

// Lets this process open as many files as the system permits, and returns how many.
int64_t RaiseFileLimit();

}  // namespace quota::test
