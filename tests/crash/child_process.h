// A program that runs as a child of the test: what it prints is kept, and it dies with the test.
//
//   ChildProcess child({"/usr/bin/program", "--option"});
//   child.WaitForErrorLine("ready", std::chrono::seconds(60));
//   child.Signal(SIGTERM);
//   child.WaitForEnd(std::chrono::seconds(60));
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/mutex.h"

namespace quota::test {

// How a process ended: it exited with `code`, or `signal` ended it.
struct ProcessEnd {
  int code = 0;
  int signal = 0;
  bool operator==(const ProcessEnd&) const = default;
};
std::ostream& operator<<(std::ostream& out, const ProcessEnd& end);

// Belongs to one thread, and is made on one that outlives it: a child dies with the thread that
// made it.
class ChildProcess {
 public:
  // The first of `arguments` is the program's path. `environment`, each NAME=value, comes before
  // that of the test.
  explicit ChildProcess(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment = {});
  // Ends it with SIGKILL if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Nothing happens where it has ended.
  void Signal(int signal);

  // Blocks until it has ended; nothing where `timeout` passed before.
  std::optional<ProcessEnd> WaitForEnd(std::chrono::seconds timeout);

  // Blocks until a whole line of its standard error contains `text`, and returns that line; nothing
  // where it ended, or `timeout` passed, before. The first `from` bytes are not looked at.
  std::optional<std::string> WaitForErrorLine(std::string_view text, std::chrono::seconds timeout,
                                              size_t from = 0);

  // What it has printed so far.
  std::string out() const;
  std::string err() const;

 private:
  // One of its two outputs, read by a thread until its end.
  struct Output {
    std::thread reader;
    std::string text;
    bool ended = false;
  };

  void Read(int fd, Output& output);
  bool Ended() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return out_.ended && err_.ended; }

  pid_t pid_ = -1;
  std::optional<ProcessEnd> end_;
  mutable Mutex mutex_;
  CondVar changed_;
  // Their text and end are guarded by mutex_.
  Output out_;
  Output err_;
};

}  // namespace quota::test
