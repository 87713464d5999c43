#include "operator/cli/agent/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "operator/base/log.h"

namespace belvedere::agent {
namespace {

constexpr auto kCalm = std::chrono::milliseconds(100);
// A source that never calms down is looked at all the same.
constexpr auto kLongestWaitForCalm = std::chrono::seconds(1);

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

class InotifyWatcher final : public Watcher {
 public:
  explicit InotifyWatcher(Clock& clock)
      : clock_(clock),
        wake_(eventfd(0, EFD_CLOEXEC)),
        events_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    if (events_.get() < 0) Complain("inotify_init1");
  }

  void Add(const std::string& directory) {
    if (events_.get() < 0) return;
    constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE;
    if (inotify_add_watch(events_.get(), directory.c_str(), kChanges) < 0) Complain(directory);
  }

  void Wait(SteadyTime deadline, std::stop_token stop) override {
    const std::stop_callback wake(stop, [this] { eventfd_write(wake_.get(), 1); });
    if (!Changed(deadline, stop)) return;
    const SteadyTime latest = clock_.Now() + kLongestWaitForCalm;
    while (Changed(std::min<SteadyTime>(clock_.Now() + kCalm, latest), stop) &&
           clock_.Now() < latest) {
    }
  }

 private:
  static void Complain(const std::string& what) {
    log::Warn("no inotify: changes are found by polling",
              {{"what", what}, {"error", std::strerror(errno)}});
  }

  // Whether an event came before `deadline`; takes all that are there.
  bool Changed(SteadyTime deadline, const std::stop_token& stop) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.Now());
    std::array<pollfd, 2> sources{pollfd{wake_.get(), POLLIN, 0}, pollfd{events_.get(), POLLIN, 0}};
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
    if (stop.stop_requested() || poll(sources.data(), sources.size(), timeout) <= 0) return false;
    if (stop.stop_requested() || (sources[1].revents & POLLIN) == 0) return false;
    std::array<char, 4096> buffer{};
    while (read(events_.get(), buffer.data(), buffer.size()) > 0) {
    }
    return true;
  }

  Clock& clock_;
  const Descriptor wake_;    // readable once a stop is requested
  const Descriptor events_;  // negative: none; poll(2) passes over it
};

}  // namespace

std::unique_ptr<Watcher> WatchMounts(const SourceDir& source, Clock& clock) {
  auto watcher = std::make_unique<InotifyWatcher>(clock);
  const auto mounts = source.Mounts();
  if (!mounts) log::Warn("source not readable", {{"error", mounts.error().message}});
  for (const auto& mount : mounts.value_or(std::vector<std::filesystem::path>{})) {
    watcher->Add(mount.string());
  }
  return watcher;
}

}  // namespace belvedere::agent
