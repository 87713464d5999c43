#include "operator/runtime/events.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "operator/base/testing/manual_clock.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"

namespace belvedere::runtime {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class EventsTest : public testing::Test {
 protected:
  static Event Sample(const std::string& note = "spec.x: no") {
    return {.regarding = {kube::types::kConfigMap, {"ns", "a"}},
            .uid = "u",
            .type = EventType::kWarning,
            .reason = "InvalidSpec",
            .action = "Reconcile",
            .note = note};
  }
  std::vector<Json> AwaitWrites(std::uint64_t count) {
    while (Written() + Dropped() < count) std::this_thread::yield();
    return server_.All(kube::types::kEvent);
  }
  std::uint64_t Written() { return Count("written"); }
  std::uint64_t Dropped() { return Count("dropped"); }
  std::uint64_t Count(const char* result) {
    return metrics_.GetCounter("belvedere_events_total", "", {{"result", result}}).value();
  }

  ManualClock clock_;
  Metrics metrics_;
  kube::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = kube::MakeRestClient(server_, clock_, metrics_);
  EventRecorder recorder_{*client_, clock_, metrics_, {.instance = "pod-1", .queue_limit = 3}};
};

TEST_F(EventsTest, WritesWhatHappened) {
  recorder_.Start();
  recorder_.Record(Sample());
  const auto events = AwaitWrites(1);
  ASSERT_EQ(events.size(), 1U);
  const Json& event = events[0];
  EXPECT_EQ(StringAt(event, "/metadata/namespace"), "ns");
  EXPECT_EQ(StringAt(event, "/regarding/name"), "a");
  EXPECT_EQ(StringAt(event, "/regarding/uid"), "u");
  EXPECT_EQ(StringAt(event, "/type"), "Warning");
  EXPECT_EQ(StringAt(event, "/reason"), "InvalidSpec");
  EXPECT_EQ(StringAt(event, "/action"), "Reconcile");
  EXPECT_EQ(StringAt(event, "/note"), "spec.x: no");
  EXPECT_EQ(StringAt(event, "/reportingInstance"), "pod-1");
  EXPECT_EQ(StringAt(event, "/eventTime"), "2026-01-01T00:00:00.000000Z");
}

TEST_F(EventsTest, IsIdleWhenAllThatIsDueIsWritten) {
  recorder_.Record(Sample());
  EXPECT_FALSE(recorder_.IsIdle());
  recorder_.Start();
  while (!recorder_.IsIdle()) std::this_thread::yield();
  EXPECT_EQ(server_.All(kube::types::kEvent).size(), 1U);
  recorder_.Record(Sample());
  EXPECT_TRUE(recorder_.IsIdle()) << "of a series is told once a minute";
}

TEST_F(EventsTest, RepetitionBecomesASeries) {
  recorder_.Start();
  recorder_.Record(Sample());
  AwaitWrites(1);
  for (int i = 0; i < 5; ++i) recorder_.Record(Sample());
  clock_.AwaitBlocked(1);
  clock_.Advance(minutes(1));
  const auto events = AwaitWrites(2);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(IntAt(events[0], "/series/count"), 6);
}

TEST_F(EventsTest, AfterTheWindowItIsANewEvent) {
  recorder_.Start();
  recorder_.Record(Sample());
  AwaitWrites(1);
  clock_.Advance(minutes(7));
  recorder_.Record(Sample());
  EXPECT_EQ(AwaitWrites(2).size(), 2U);
}

TEST_F(EventsTest, FullQueueDropsAndCounts) {
  for (int i = 0; i < 5; ++i) recorder_.Record(Sample("note " + std::to_string(i)));
  EXPECT_EQ(Dropped(), 2U);
  recorder_.Start();
  EXPECT_EQ(AwaitWrites(5).size(), 3U);
}

TEST_F(EventsTest, FailureIsDroppedAndDelaysNobody) {
  server_.InjectFault({.verb = "create"}, kube::Fault{.status = 403, .reason = "Forbidden"});
  recorder_.Start();
  recorder_.Record(Sample("one"));
  AwaitWrites(1);
  recorder_.Record(Sample("two"));
  const auto events = AwaitWrites(2);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(StringAt(events[0], "/note"), "two");
  EXPECT_EQ(Dropped(), 1U);
}

TEST_F(EventsTest, LongNotesAreCut) {
  recorder_.Start();
  recorder_.Record(Sample(std::string(5000, 'x')));
  EXPECT_EQ(StringAt(AwaitWrites(1).at(0), "/note").size(), 1024U);
}

}  // namespace
}  // namespace belvedere::runtime
