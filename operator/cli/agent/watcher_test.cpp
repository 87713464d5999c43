#include "operator/cli/agent/watcher.h"

#include <gtest/gtest.h>

#include <thread>

#include "operator/cli/agent/testing/mounts.h"

namespace belvedere::agent {
namespace {

using namespace std::chrono_literals;

TEST(WatcherTest, WakesUpOnAConfigMapUpdate) {
  const TemporaryDir dir;
  Mount mount(dir.path(), "config");
  mount.Publish({{"a", "1"}});
  const SourceDir source(dir.path());
  const std::string before = source.Signature().value();
  const auto watcher = WatchMounts(source, RealClock());

  mount.Publish({{"a", "2"}});
  watcher->Wait(SteadyTime::max(), {});  // without the event the test would never end

  EXPECT_NE(source.Signature().value(), before);
}

TEST(WatcherTest, WakesUpOnAFileInAPlainDirectory) {
  const TemporaryDir dir;
  std::filesystem::create_directory(dir.path() / "plain");
  const auto watcher = WatchMounts(SourceDir(dir.path()), RealClock());
  std::jthread writer([&] { std::filesystem::create_directory(dir.path() / "plain" / "new"); });
  watcher->Wait(SteadyTime::max(), {});
  writer.join();
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "plain" / "new"));
}

TEST(WatcherTest, ReturnsOnStop) {
  const TemporaryDir dir;
  const auto watcher = WatchMounts(SourceDir(dir.path()), RealClock());
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  watcher->Wait(SteadyTime::max(), stop.get_token());
  EXPECT_TRUE(stop.stop_requested());
}

TEST(WatcherTest, ReturnsAtTheDeadline) {
  const TemporaryDir dir;
  const auto watcher = WatchMounts(SourceDir(dir.path()), RealClock());
  const SteadyTime deadline = RealClock().Now() + 20ms;
  watcher->Wait(deadline, {});
  EXPECT_GE(RealClock().Now(), deadline);
}

}  // namespace
}  // namespace belvedere::agent
