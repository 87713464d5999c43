#include "operator/base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace belvedere {
namespace {

class SystemClock final : public Clock {
 public:
  SteadyTime Now() const override { return std::chrono::steady_clock::now(); }
  WallTime WallNow() const override { return std::chrono::system_clock::now(); }

  bool Wait(MutexLock& lock, std::condition_variable_any& changed, SteadyTime deadline,
            const std::stop_token& stop, const std::function<bool()>& ready) override {
    if (deadline == SteadyTime::max()) return changed.wait(lock, stop, ready);
    return changed.wait_until(lock, stop, deadline, ready);
  }
};

std::tm UtcOf(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

Clock& RealClock() {
  static SystemClock clock;
  return clock;
}

bool Clock::SleepFor(Duration duration, const std::stop_token& stop) {
  Mutex mutex;
  std::condition_variable_any never;
  MutexLock lock(mutex);
  Wait(lock, never, Now() + duration, stop, [] { return false; });
  return !stop.stop_requested();
}

std::string FormatTime(WallTime time) {
  const std::tm parts = UtcOf(std::chrono::floor<std::chrono::seconds>(time));
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

std::string FormatMicroTime(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - whole).count();
  std::string text = FormatTime(whole);
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06dZ", static_cast<int>(micros));
  text.replace(text.size() - 1, 1, fraction.data());
  return text;
}

WallTime ParseTime(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return WallTime{};
  WallTime time = std::chrono::system_clock::from_time_t(timegm(&parts));
  if (*rest == '.') {
    std::int64_t scale = 100'000'000;
    for (++rest; *rest >= '0' && *rest <= '9' && scale > 0; ++rest, scale /= 10) {
      time += std::chrono::nanoseconds((*rest - '0') * scale);
    }
  }
  return time;
}

}  // namespace belvedere
