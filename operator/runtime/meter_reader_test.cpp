#include "operator/runtime/meter_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/base/testing/manual_clock.h"
#include "operator/runtime/testing/toy_kind.h"

namespace belvedere::runtime {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(ParseMetrics, TakesTheNamedSeriesOfAnyValidPage) {
  const std::vector<std::string> names{"sent_total", "queue_size"};
  EXPECT_THAT(ParseMetrics("# HELP sent_total what\n# TYPE sent_total counter\n"
                           "sent_total{exporter=\"a/b\",odd=\"x} y\"} 12\n"
                           "sent_total 3 1700000000000\n"
                           "sent_total_more 4\nother 5\n\n"
                           "queue_size{exporter=\"a\"} 1.5e+06",
                           names),
              ElementsAre(Pair("queue_size{exporter=\"a\"}", 1.5e6), Pair("sent_total", 3),
                          Pair("sent_total{exporter=\"a/b\",odd=\"x} y\"}", 12)));
}

TEST(ParseMetrics, SkipsWhatIsNoSample) {
  const std::vector<std::string> names{"a"};
  EXPECT_THAT(ParseMetrics("a\na \na{b=\"c\"}\na{b=\"c\"} x\n{} 1\n }\n", names), IsEmpty());
}

TEST(MeterTargets, AreTheReadyPodsAndNoMoreThanSixteenOfAComponent) {
  Plan plan;
  plan.components = {{.name = "metered", .meter = Meter{.port = 8888, .path = "/metrics"}},
                     {.name = "silent"}};
  World world;
  for (int i = 10; i < 40; ++i) {
    const std::string name = "pod-" + std::to_string(i);
    cache::Pod pod{.key = {"toys", name}, .uid = name, .component = "metered", .ip = "10.0.0.1"};
    pod.ready = i != 10;
    world.pods.push_back(std::make_shared<const cache::Pod>(pod));
    pod.component = "silent";
    world.pods.push_back(std::make_shared<const cache::Pod>(pod));
  }
  const std::vector<MeterTarget> targets = MeterTargets(plan, world);
  ASSERT_EQ(targets.size(), 16U);
  EXPECT_EQ(targets.front().pod_uid, "pod-11");
  EXPECT_EQ(targets.front().url, "http://10.0.0.1:8888");
}

// Pages by URL, in memory; without one the connection is refused.
class Pages {
 public:
  void Serve(const std::string& url, const std::string& page) {
    const MutexLock lock(mutex_);
    pages_[url] = page;
  }
  std::unique_ptr<http::Transport> Connect(const std::string& url) {
    return std::make_unique<Link>(*this, url);
  }

 private:
  class Link final : public http::Transport {
   public:
    Link(Pages& pages, std::string url) : pages_(pages), url_(std::move(url)) {}
    Result<http::Response> RoundTrip(const http::Request& /*request*/,
                                     std::chrono::milliseconds /*timeout*/,
                                     std::stop_token /*stop*/) override {
      const MutexLock lock(pages_.mutex_);
      const std::string page = pages_.pages_[url_];
      if (page.empty()) return Fail(ErrorCode::kTransport, "connection refused");
      return http::Response{.status = 200, .body = page};
    }
    Result<http::Response> Stream(const http::Request& /*request*/,
                                  const http::LineHandler& /*line*/,
                                  std::chrono::milliseconds /*idle*/,
                                  std::stop_token /*stop*/) override {
      return Fail(ErrorCode::kInternal, "pages do not stream");
    }

   private:
    Pages& pages_;
    const std::string url_;
  };

  Mutex mutex_;
  std::map<std::string, std::string> pages_ GUARDED_BY(mutex_);
};

class MeterReaderTest : public testing::Test {
 protected:
  MeterReaderTest() {
    reader_.OnChange([this](const Kind& /*kind*/) {
      const MutexLock lock(mutex_);
      ++rounds_;
      changed_.notify_all();
    });
    reader_.Start();
  }
  ~MeterReaderTest() override { reader_.Stop(); }

  void Want(const std::vector<std::string>& pods) {
    std::vector<MeterTarget> targets;
    for (const std::string& pod : pods) {
      targets.push_back({.pod_uid = pod,
                         .url = "http://" + pod,
                         .meter = {.port = 1, .path = "/metrics", .names = {"sent"}}});
    }
    reader_.Want(kind_, {"toys", "a"}, targets);
  }
  // A round of reading in which some pod answers.
  void Round() {
    clock_.AwaitAsleep(1);
    const int before = rounds();
    clock_.Advance(seconds(30));
    MutexLock lock(mutex_);
    changed_.wait(lock, [this, before]() REQUIRES(mutex_) { return rounds_ > before; });
  }
  int rounds() {
    const MutexLock lock(mutex_);
    return rounds_;
  }
  std::vector<Reading> ReadingsOf(const std::string& pod) {
    return reader_.Readings({std::make_shared<const cache::Pod>(cache::Pod{.uid = pod})});
  }

  Mutex mutex_;
  std::condition_variable_any changed_;
  int rounds_ GUARDED_BY(mutex_) = 0;
  ManualClock clock_;
  Metrics metrics_;
  ToyKind kind_;
  Pages pages_;
  MeterReader reader_{clock_, metrics_,
                      [this](const std::string& url) { return pages_.Connect(url); }};
};

TEST_F(MeterReaderTest, ComparesWithSomeMinutesAgo) {
  Want({"p"});
  for (int i = 1; i <= 20; ++i) {
    pages_.Serve("http://p", "sent " + std::to_string(i));
    Round();
    const std::vector<Reading> readings = ReadingsOf("p");
    ASSERT_EQ(readings.size(), 1U);
    EXPECT_EQ(readings[0].now.at("sent"), i);
    if (i < 6) {
      EXPECT_THAT(readings[0].before, IsEmpty()) << i;
    } else {
      const double apart = i - readings[0].before.at("sent");
      EXPECT_GE(apart, 5) << i;
      EXPECT_LE(apart, 10) << i;
    }
  }
}

TEST_F(MeterReaderTest, TellsOfWhatHasChangedAndOfNothingElse) {
  Want({"p"});
  pages_.Serve("http://p", "sent 1");
  Round();
  // Until there is something to compare with, and that is as it was.
  for (int i = 0; i < 20; ++i) {
    clock_.AwaitAsleep(1);
    clock_.Advance(seconds(30));
  }
  clock_.AwaitAsleep(1);
  EXPECT_EQ(rounds(), 2);
  pages_.Serve("http://p", "sent 2");
  Round();
  EXPECT_EQ(rounds(), 3);
}

TEST_F(MeterReaderTest, WhoDoesNotAnswerKeepsWhatItSaidAndHindersNobody) {
  Want({"away", "p"});
  pages_.Serve("http://p", "sent 1");
  Round();
  EXPECT_THAT(ReadingsOf("away"), IsEmpty());
  EXPECT_EQ(ReadingsOf("p")[0].now.at("sent"), 1);
  pages_.Serve("http://away", "sent 7");
  pages_.Serve("http://p", "");
  Round();
  EXPECT_EQ(ReadingsOf("away")[0].now.at("sent"), 7);
  EXPECT_EQ(ReadingsOf("p")[0].now.at("sent"), 1);
}

TEST_F(MeterReaderTest, ForgetsWhatIsNoLongerWanted) {
  Want({"p", "q"});
  pages_.Serve("http://p", "sent 1");
  pages_.Serve("http://q", "sent 1");
  Round();
  Want({"q"});
  EXPECT_THAT(ReadingsOf("p"), IsEmpty());
  EXPECT_EQ(ReadingsOf("q").size(), 1U);
  Want({});
  EXPECT_THAT(ReadingsOf("q"), IsEmpty());
}

}  // namespace
}  // namespace belvedere::runtime
