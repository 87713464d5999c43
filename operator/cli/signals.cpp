#include "operator/cli/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "operator/base/log.h"

namespace belvedere::cli {
namespace {

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

int Open() {
  const sigset_t set = StopSignals();
  std::signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

}  // namespace

StopSignalsBlocked::StopSignalsBlocked() {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

StopSignalsBlocked::~StopSignalsBlocked() {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

StopOnSignal::StopOnSignal()
    : end_(eventfd(0, EFD_CLOEXEC)), signals_(Open()), thread_([this] { Watch(); }) {}

StopOnSignal::~StopOnSignal() {
  eventfd_write(end_, 1);
  thread_.join();
  close(end_);
  close(signals_);
}

void StopOnSignal::Watch() {
  std::array<pollfd, 2> sources{pollfd{end_, POLLIN, 0}, pollfd{signals_, POLLIN, 0}};
  for (;;) {
    if (poll(sources.data(), sources.size(), -1) < 0) continue;
    if ((sources[0].revents & POLLIN) != 0) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) continue;
    if (stop_.stop_requested()) {
      log::Warn("second signal: leaving at once");
      log::Flush();
      std::_Exit(1);
    }
    log::Info("stopping", {{"signal", std::to_string(info.ssi_signo)}});
    stop_.request_stop();
  }
}

}  // namespace belvedere::cli
