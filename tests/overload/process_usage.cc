#include "tests/overload/process_usage.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace quota::test {
namespace {

std::filesystem::path Folder(pid_t process) {
  return std::filesystem::path("/proc") / std::to_string(process);
}

// A line of /proc/PID/status in KiB, as bytes.
int64_t StatusBytes(pid_t process, const std::string& name) {
  std::ifstream status(Folder(process) / "status");
  for (std::string word; status >> word;) {
    int64_t kib = 0;
    if (word == name + ":" && status >> kib) return kib * 1024;
  }
  return -1;
}

cpu_set_t OneCore(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  return cores;
}

// Of all threads that the process has.
bool SetCores(pid_t process, const cpu_set_t& cores) {
  std::error_code error;
  bool set = true;
  for (const auto& task : std::filesystem::directory_iterator(Folder(process) / "task", error)) {
    const pid_t thread = std::stoi(task.path().filename().string());
    set = sched_setaffinity(thread, sizeof(cores), &cores) == 0 && set;
  }
  return set && !error;
}

}  // namespace

int64_t ResidentMemory(pid_t process) { return StatusBytes(process, "VmRSS"); }

int64_t PeakMemory(pid_t process) { return StatusBytes(process, "VmHWM"); }

void ResetPeakMemory(pid_t process) {
  // "5": see proc(5), clear_refs.
  std::ofstream(Folder(process) / "clear_refs") << "5";
}

int OpenFiles(pid_t process) {
  std::error_code error;
  int count = 0;
  for (auto entry = std::filesystem::directory_iterator(Folder(process) / "fd", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    ++count;
  }
  return error ? -1 : count;
}

CorePin::CorePin() {
  CPU_ZERO(&before_);
  sched_getaffinity(0, sizeof(before_), &before_);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &before_)) {
      SetCores(getpid(), OneCore(core));
      return;
    }
  }
}

CorePin::~CorePin() { SetCores(getpid(), before_); }

bool CorePin::Pin(pid_t process) const {
  if (CPU_COUNT(&before_) < 2) return false;
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &before_)) --last;
  return SetCores(process, OneCore(last));
}

int64_t RaiseFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int64_t>(limit.rlim_cur);
}

}  // namespace quota::test
