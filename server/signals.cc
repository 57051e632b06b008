#include "server/signals.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace quota::server {

Signals::Signals() {
  // SIGUSR1, sent to the thread alone, ends it; nothing else uses it.
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGHUP);
  sigaddset(&set_, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  thread_ = std::thread([this] { Take(); });
}

Signals::~Signals() {
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

int Signals::Wait() {
  MutexLock lock(mutex_);
  while (first_ == 0 && !reload_) came_.Wait(mutex_);
  if (first_ != 0) return first_;
  reload_ = false;
  return SIGHUP;
}

void Signals::Take() {
  for (;;) {
    int signal = 0;
    if (sigwait(&set_, &signal) != 0) continue;
    if (signal == SIGUSR1) return;
    MutexLock lock(mutex_);
    if (signal == SIGHUP) {
      reload_ = true;
      came_.NotifyAll();
      continue;
    }
    if (first_ != 0) {
      spdlog::warn("stopping at once: a second signal, {}", signal);
      _exit(128 + signal);
    }
    first_ = signal;
    came_.NotifyAll();
  }
}

}  // namespace quota::server
