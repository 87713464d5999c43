#pragma once

#include <chrono>
#include <random>

#include "operator/base/clock.h"

namespace belvedere::cache {

struct BackoffOptions {
  Duration base = std::chrono::milliseconds(800);
  Duration max = std::chrono::seconds(30);
  double jitter = 1.0;  // up to this share is added to each delay
  Duration reset_after = std::chrono::minutes(2);
};

// Delays between attempts, doubling from base to max; a time without any attempt starts them over.
// Not thread-safe. Defaults are those of client-go's reflector.
class Backoff {
 public:
  explicit Backoff(BackoffOptions options) : options_(options), random_(std::random_device{}()) {}

  Duration Next(SteadyTime now) {
    if (now - last_ > options_.reset_after) delay_ = options_.base;
    const Duration delay = delay_;
    last_ = now;
    delay_ = std::min(delay_ * 2, options_.max);
    std::uniform_real_distribution<double> share(0, options_.jitter);
    return delay + std::chrono::duration_cast<Duration>(delay * share(random_));
  }

 private:
  const BackoffOptions options_;
  Duration delay_ = options_.base;
  SteadyTime last_{};
  std::mt19937 random_;
};

}  // namespace belvedere::cache
