#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "operator/base/clock.h"
#include "operator/base/mutex.h"
#include "operator/http/transport.h"

namespace belvedere::http {

// One request and its response between the I/O threads, which bring bytes and must not block, and
// the calling thread, which waits for them. Holds at most `capacity` bytes plus one piece: when it
// is full the I/O side pauses, and with it the socket. Shared by both sides: whoever leaves first
// leaves the other in peace.
class Exchange {
 public:
  static constexpr std::size_t kCapacity = 64 * 1024;

  // What wakes the calling thread, beside the end and a full exchange: each waking costs more than
  // the copying of what came.
  enum class Wake { kAtLine, kAtEnd };

  explicit Exchange(Wake wake, std::size_t capacity = kCapacity)
      : wake_(wake), capacity_(capacity) {}

  // --- I/O side. Any thread; never blocks.

  // Status and headers; before any bytes are handed over, though OnBytes may come earlier.
  void OnHead(Response head);
  // True when more may come at once. Otherwise `resume` is called once, when there is room again or
  // the calling thread has left; not under a lock.
  bool OnBytes(std::string_view bytes, std::function<void()> resume);
  // The response is complete, or has failed with `error`.
  void OnEnd(std::optional<std::string> error);

  // --- Calling thread.

  enum class What { kHead, kBytes, kEnd, kDeadline, kStopped };
  struct Event {
    What what = What::kEnd;
    Response head;                     // of kHead: status and headers
    std::string bytes;                 // of kBytes
    std::optional<std::string> error;  // of kEnd: why the response is not whole
  };
  // The next thing that happened: kHead once, then kBytes, then kEnd.
  Event Next(SteadyTime deadline, const std::stop_token& stop);
  // No more bytes are wanted: what comes is dropped, a paused I/O side goes on.
  void Leave();
  // Waits until OnEnd; false where it did not come by `deadline`.
  bool AwaitEnd(SteadyTime deadline);

 private:
  bool HasNews() const REQUIRES(mutex_);
  // Carries out `step` under the lock, and wakes the calling thread if it brings news.
  template <typename Step>
  void Change(const Step& step);
  // Takes the waiting `resume`, for a call without the lock.
  std::function<void()> TakeResume() REQUIRES(mutex_);

  const Wake wake_;
  const std::size_t capacity_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  Response head_ GUARDED_BY(mutex_);
  std::string bytes_ GUARDED_BY(mutex_);
  std::optional<std::string> error_ GUARDED_BY(mutex_);
  std::function<void()> resume_ GUARDED_BY(mutex_);
  bool has_line_ GUARDED_BY(mutex_) = false;  // bytes_ has the end of one
  enum class Head { kAwaited, kNew, kTaken } head_state_ GUARDED_BY(mutex_) = Head::kAwaited;
  bool ended_ GUARDED_BY(mutex_) = false;
  bool left_ GUARDED_BY(mutex_) = false;
};

}  // namespace belvedere::http
