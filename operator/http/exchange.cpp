#include "operator/http/exchange.h"

#include <utility>

namespace belvedere::http {

void Exchange::OnHead(Response head) {
  Change([&]() REQUIRES(mutex_) {
    head_ = std::move(head);
    head_state_ = Head::kNew;
  });
}

bool Exchange::OnBytes(std::string_view bytes, std::function<void()> resume) {
  bool has_room = true;
  Change([&]() REQUIRES(mutex_) {
    if (left_) return;
    bytes_ += bytes;
    has_line_ = has_line_ || bytes.find('\n') != std::string_view::npos;
    has_room = bytes_.size() < capacity_;
    if (!has_room) resume_ = std::move(resume);
  });
  return has_room;
}

void Exchange::OnEnd(std::optional<std::string> error) {
  Change([&]() REQUIRES(mutex_) {
    error_ = std::move(error);
    ended_ = true;
  });
}

template <typename Step>
void Exchange::Change(const Step& step) {
  {
    const MutexLock lock(mutex_);
    step();
    if (!HasNews()) return;
  }
  // Not under the lock, which the one that is woken needs at once.
  changed_.notify_all();
}

Exchange::Event Exchange::Next(SteadyTime deadline, const std::stop_token& stop) {
  Event event;
  std::function<void()> resume;
  {
    MutexLock lock(mutex_);
    const bool news = RealClock().Wait(lock, changed_, deadline, stop,
                                       [this]() REQUIRES(mutex_) { return HasNews(); });
    if (stop.stop_requested()) {
      event.what = What::kStopped;
    } else if (!news) {
      event.what = What::kDeadline;
    } else if (head_state_ == Head::kNew) {
      head_state_ = Head::kTaken;
      event.what = What::kHead;
      event.head = std::move(head_);
    } else if (head_state_ == Head::kTaken && !bytes_.empty()) {
      event.what = What::kBytes;
      event.bytes = std::exchange(bytes_, {});
      has_line_ = false;
      resume = TakeResume();
    } else {
      event.what = What::kEnd;
      event.error = error_;
    }
  }
  if (resume) resume();
  return event;
}

void Exchange::Leave() {
  std::function<void()> resume;
  {
    const MutexLock lock(mutex_);
    left_ = true;
    bytes_ = {};
    resume = TakeResume();
  }
  if (resume) resume();
}

bool Exchange::AwaitEnd(SteadyTime deadline) {
  MutexLock lock(mutex_);
  return RealClock().Wait(lock, changed_, deadline, {},
                          [this]() REQUIRES(mutex_) { return ended_; });
}

bool Exchange::HasNews() const {
  if (ended_) return true;
  if (head_state_ == Head::kAwaited) return false;
  if (bytes_.size() >= capacity_) return true;
  return wake_ == Wake::kAtLine && (head_state_ == Head::kNew || has_line_);
}

std::function<void()> Exchange::TakeResume() { return std::exchange(resume_, nullptr); }

}  // namespace belvedere::http
