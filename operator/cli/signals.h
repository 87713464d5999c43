#pragma once

#include <stop_token>
#include <thread>

namespace belvedere::cli {

// SIGTERM or SIGINT asks for a stop; a second one ends the process at once with exit code 1.
// SIGPIPE is ignored. Create it before any other thread: threads inherit the blocked signals.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void Watch();

  std::stop_source stop_;
  const int end_;      // eventfd: the object goes
  const int signals_;  // signalfd
  std::jthread thread_;
};

}  // namespace belvedere::cli
