#pragma once

#include <stop_token>
#include <thread>

namespace belvedere::cli {

// While it lives, threads that start are born with SIGTERM and SIGINT blocked, so that the signals
// go to the main thread, which may die of them, or to a StopOnSignal.
class StopSignalsBlocked {
 public:
  StopSignalsBlocked();
  ~StopSignalsBlocked();
  StopSignalsBlocked(const StopSignalsBlocked&) = delete;
  StopSignalsBlocked& operator=(const StopSignalsBlocked&) = delete;
};

// SIGTERM or SIGINT asks for a stop; a second one ends the process at once with exit code 1.
// SIGPIPE is ignored. Every thread must be born after it or under a StopSignalsBlocked.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void Watch();

  const StopSignalsBlocked blocked_;
  std::stop_source stop_;
  const int end_;      // eventfd: the object goes
  const int signals_;  // signalfd
  std::jthread thread_;
};

}  // namespace belvedere::cli
