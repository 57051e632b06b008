#include "tests/crash/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace quota::test {
namespace {

using std::chrono::steady_clock;

// With the null pointer that ends the list.
std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The exit code where the program can't be run, as a shell has it.
constexpr int kCannotRun = 127;

std::chrono::microseconds TimeLeft(steady_clock::time_point deadline) {
  return std::chrono::duration_cast<std::chrono::microseconds>(deadline - steady_clock::now());
}

// In the child, between fork and exec: only what is safe after a fork of a process with threads.
[[noreturn]] void Run(char* const* arguments, char* const* environment, int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execve(arguments[0], arguments, environment);
  _exit(kCannotRun);
}

// A whole line that contains `text`, and does not begin before `begin`.
std::optional<std::string> FindLine(const std::string& all, std::string_view text, size_t begin) {
  for (;;) {
    const size_t end = all.find('\n', begin);
    if (end == std::string::npos) return std::nullopt;
    std::string line = all.substr(begin, end - begin);
    if (line.find(text) != std::string::npos) return line;
    begin = end + 1;
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ProcessEnd& end) {
  return out << (end.signal != 0 ? "ended by signal " : "exit code ")
             << (end.signal != 0 ? end.signal : end.code);
}

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment) {
  const std::vector<char*> argv = Pointers(arguments);
  std::vector<char*> variables = Pointers(environment);
  variables.pop_back();
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  variables.push_back(nullptr);
  std::array<int, 2> out;
  std::array<int, 2> err;
  // Closed in every child but this one, or a pipe would not end with its process.
  if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) {
    ADD_FAILURE() << "no pipe: errno " << errno;
    out_.ended = err_.ended = true;
    return;
  }
  pid_ = fork();
  if (pid_ == 0) Run(argv.data(), variables.data(), out[1], err[1]);
  EXPECT_GT(pid_, 0) << "no fork: errno " << errno;
  close(out[1]);
  close(err[1]);
  out_.reader = std::thread([this, fd = out[0]] { Read(fd, out_); });
  err_.reader = std::thread([this, fd = err[0]] { Read(fd, err_); });
}

ChildProcess::~ChildProcess() {
  Signal(SIGKILL);
  WaitForEnd(std::chrono::seconds(60));
  for (Output* output : {&out_, &err_}) {
    if (output->reader.joinable()) output->reader.join();
  }
}

void ChildProcess::Signal(int signal) {
  // Until it has been waited for, its id is no other process's.
  if (pid_ > 0 && !end_) kill(pid_, signal);
}

void ChildProcess::Read(int fd, Output& output) {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    MutexLock lock(mutex_);
    output.ended = size <= 0;
    if (size > 0) output.text.append(buffer.data(), static_cast<size_t>(size));
    changed_.NotifyAll();
    if (output.ended) break;
  }
  close(fd);
}

std::optional<ProcessEnd> ChildProcess::WaitForEnd(std::chrono::seconds timeout) {
  if (end_ || pid_ <= 0) return end_;
  const auto deadline = steady_clock::now() + timeout;
  {
    MutexLock lock(mutex_);
    // Both outputs end with the process, which has no children.
    while (!Ended()) {
      const auto left = TimeLeft(deadline);
      if (left.count() <= 0) return std::nullopt;
      changed_.WaitFor(mutex_, left);
    }
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  end_.emplace();
  if (WIFSIGNALED(status)) end_->signal = WTERMSIG(status);
  if (WIFEXITED(status)) end_->code = WEXITSTATUS(status);
  return end_;
}

std::optional<std::string> ChildProcess::WaitForErrorLine(std::string_view text,
                                                          std::chrono::seconds timeout,
                                                          size_t from) {
  const auto deadline = steady_clock::now() + timeout;
  MutexLock lock(mutex_);
  for (;;) {
    if (auto line = FindLine(err_.text, text, from)) return line;
    const auto left = TimeLeft(deadline);
    if (err_.ended || left.count() <= 0) return std::nullopt;
    changed_.WaitFor(mutex_, left);
  }
}

std::string ChildProcess::out() const {
  MutexLock lock(mutex_);
  return out_.text;
}

std::string ChildProcess::err() const {
  MutexLock lock(mutex_);
  return err_.text;
}

}  // namespace quota::test
