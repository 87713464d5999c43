#include "operator/runtime/leader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "operator/base/mutex.h"
#include "operator/base/testing/manual_clock.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"

namespace belvedere::runtime {
namespace {

using kube::Fault;
using std::chrono::milliseconds;
using std::chrono::seconds;

const kube::ResourceRef kLeaseRef{kube::types::kLease, {"belvedere-system", "belvedere"}};

// A replica that only campaigns.
class Candidate {
 public:
  Candidate(kube::FakeApiServer& server, ManualClock& clock, const std::string& identity)
      : clock_(clock),
        transport_(server.Connect(identity)),
        client_(kube::MakeRestClient(*transport_, clock, metrics_, {.max_attempts = 1})),
        elector_(*client_, clock, metrics_, {.lease = kLeaseRef.key, .identity = identity}) {}
  ~Candidate() { Stop(); }

  void Start() {
    thread_ = std::jthread([this](std::stop_token stop) {
      elector_.Run([this](std::stop_token term) { Lead(std::move(term)); }, std::move(stop));
    });
  }
  void Stop() { thread_ = std::jthread(); }
  void AwaitTerms(int count) {
    Await([this, count] { return terms_ >= count; });
  }
  void AwaitEnds(int count) {
    Await([this, count] { return ends_ >= count; });
  }
  int terms() {
    const MutexLock lock(mutex_);
    return terms_;
  }
  bool MayWrite() const { return elector_.MayWrite(); }
  bool IsHealthy() const { return elector_.IsHealthy(); }
  // The term does not end before Release() although it is told to.
  void HoldTerms() { holds_ = true; }
  void ReleaseTerms() {
    holds_ = false;
    holds_.notify_all();
  }

 private:
  void Lead(std::stop_token term) {
    {
      MutexLock lock(mutex_);
      ++terms_;
      changed_.notify_all();
      changed_.wait(lock, term, [] { return false; });
    }
    holds_.wait(true);
    const MutexLock lock(mutex_);
    ++ends_;
    changed_.notify_all();
  }
  void Await(const std::function<bool()>& done) {
    MutexLock lock(mutex_);
    changed_.wait(lock, done);
  }

  ManualClock& clock_;
  Metrics metrics_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<kube::Client> client_;
  LeaderElector elector_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  int terms_ GUARDED_BY(mutex_) = 0;
  int ends_ GUARDED_BY(mutex_) = 0;
  std::atomic<bool> holds_{false};
  std::jthread thread_;
};

class LeaderTest : public testing::Test {
 protected:
  // Moves on in steps, each only when `waiting` threads sleep on the clock again.
  void Pass(Duration duration, int waiting) {
    for (Duration passed{}; passed < duration; passed += milliseconds(500)) {
      clock_.AwaitBlocked(waiting);
      clock_.Advance(milliseconds(500));
    }
    clock_.AwaitBlocked(waiting);
  }
  std::string Holder() {
    return StringAt(server_.Find(kLeaseRef).value_or(Json()), "/spec/holderIdentity");
  }

  ManualClock clock_;
  kube::FakeApiServer server_{clock_};
};

TEST_F(LeaderTest, FirstCandidateLeadsAndRenews) {
  Candidate first(server_, clock_, "first");
  EXPECT_FALSE(first.MayWrite());
  first.Start();
  first.AwaitTerms(1);
  EXPECT_EQ(Holder(), "first");
  EXPECT_TRUE(first.MayWrite());
  Pass(seconds(120), 1);
  EXPECT_TRUE(first.MayWrite());
  EXPECT_EQ(first.terms(), 1);
  const Json lease = *server_.Find(kLeaseRef);
  EXPECT_EQ(IntAt(lease, "/spec/leaseDurationSeconds"), 15);
  EXPECT_EQ(IntAt(lease, "/spec/leaseTransitions"), 0);
}

TEST_F(LeaderTest, CleanStopReleasesAndTheSecondTakesOverAtOnce) {
  Candidate first(server_, clock_, "first");
  Candidate second(server_, clock_, "second");
  first.Start();
  first.AwaitTerms(1);
  second.Start();
  Pass(seconds(10), 2);
  EXPECT_EQ(second.terms(), 0);
  first.Stop();
  EXPECT_EQ(Holder(), "");
  EXPECT_FALSE(first.MayWrite());
  Pass(seconds(5), 1);  // one retry at most
  second.AwaitTerms(1);
  EXPECT_EQ(Holder(), "second");
  EXPECT_EQ(IntAt(*server_.Find(kLeaseRef), "/spec/leaseTransitions"), 1);
}

TEST_F(LeaderTest, ReleaseComesAfterTheTermHasJoined) {
  Candidate first(server_, clock_, "first");
  first.Start();
  first.AwaitTerms(1);
  first.HoldTerms();
  std::jthread stopper([&first] { first.Stop(); });
  clock_.Advance(seconds(5));
  EXPECT_EQ(Holder(), "first") << "its workers may still be at it";
  first.ReleaseTerms();
  stopper.join();
  EXPECT_EQ(Holder(), "");
}

TEST_F(LeaderTest, SilentLeaderIsSucceededOnlyAfterTheLeaseDuration) {
  Candidate second(server_, clock_, "second");
  server_.EditAs("first", kLeaseRef,
                 {{"spec",
                   {{"holderIdentity", "first"},
                    {"leaseDurationSeconds", 15},
                    {"renewTime", "1999-01-01T00:00:00.000000Z"}}}});
  second.Start();
  Pass(seconds(14), 1);
  EXPECT_EQ(second.terms(), 0) << "remote timestamps are not believed";
  Pass(seconds(8), 1);
  second.AwaitTerms(1);
  EXPECT_EQ(Holder(), "second");
}

TEST_F(LeaderTest, RenewingLeaderIsNeverSucceeded) {
  Candidate second(server_, clock_, "second");
  second.Start();
  second.AwaitTerms(1);
  second.Stop();
  Candidate first(server_, clock_, "first");
  first.Start();
  Pass(seconds(5), 1);
  first.AwaitTerms(1);
  second.Start();
  Pass(seconds(120), 2);
  EXPECT_EQ(second.terms(), 1);
  EXPECT_EQ(Holder(), "first");
}

TEST_F(LeaderTest, OutageOfMinutesEndsTheTermAndAnotherFollows) {
  Candidate first(server_, clock_, "first");
  first.Start();
  first.AwaitTerms(1);
  server_.InjectFault({}, Fault{.count = 1000000, .error = ErrorCode::kTransport});
  Pass(seconds(9), 1);
  EXPECT_TRUE(first.MayWrite());
  Pass(seconds(4), 1);
  EXPECT_FALSE(first.MayWrite());
  first.AwaitEnds(1);
  Pass(seconds(120), 1);
  EXPECT_TRUE(first.IsHealthy());
  server_.ClearFaults();
  Pass(seconds(6), 1);
  first.AwaitTerms(2);
  EXPECT_TRUE(first.MayWrite());
}

TEST_F(LeaderTest, ShortOutageKeepsTheTerm) {
  Candidate first(server_, clock_, "first");
  first.Start();
  first.AwaitTerms(1);
  server_.InjectFault({}, Fault{.count = 4, .error = ErrorCode::kTimeout});
  Pass(seconds(60), 1);
  EXPECT_TRUE(first.MayWrite());
  EXPECT_EQ(first.terms(), 1);
}

TEST_F(LeaderTest, LostRenewalReplyKeepsTheTerm) {
  Candidate first(server_, clock_, "first");
  first.Start();
  first.AwaitTerms(1);
  server_.InjectFault({.verb = "update"},
                      Fault{.when = Fault::When::kAfterCommit, .error = ErrorCode::kTransport});
  Pass(seconds(30), 1);
  EXPECT_TRUE(first.MayWrite());
  EXPECT_EQ(first.terms(), 1);
}

TEST_F(LeaderTest, StolenLeaseEndsTheTermAtOnce) {
  Candidate first(server_, clock_, "first");
  first.Start();
  first.AwaitTerms(1);
  server_.EditAs("thief", kLeaseRef,
                 {{"spec", {{"holderIdentity", "thief"}, {"leaseDurationSeconds", 15}}}});
  Pass(milliseconds(2500), 1);
  first.AwaitEnds(1);
  EXPECT_FALSE(first.MayWrite());
  EXPECT_EQ(Holder(), "thief");
  Pass(seconds(30), 1);
  first.AwaitTerms(2);
}

TEST_F(LeaderTest, DeletedLeaseIsMadeAgainWithinTheTerm) {
  Candidate first(server_, clock_, "first");
  first.Start();
  first.AwaitTerms(1);
  server_.Remove(kLeaseRef);
  Pass(seconds(10), 1);
  EXPECT_EQ(Holder(), "first");
  EXPECT_EQ(first.terms(), 1);
}

TEST_F(LeaderTest, WallClockJumpsChangeNothing) {
  Candidate first(server_, clock_, "first");
  Candidate second(server_, clock_, "second");
  first.Start();
  first.AwaitTerms(1);
  second.Start();
  for (const int hours : {5, -9}) {
    clock_.ShiftWall(std::chrono::hours(hours));
    Pass(seconds(30), 2);
  }
  EXPECT_EQ(first.terms(), 1);
  EXPECT_EQ(second.terms(), 0);
}

TEST_F(LeaderTest, NeverTwoWhoMayWrite) {
  Candidate first(server_, clock_, "first");
  Candidate second(server_, clock_, "second");
  first.Start();
  first.AwaitTerms(1);
  second.Start();
  // The first is cut off; the second is not.
  server_.InjectFault({.user_agent = "first"}, Fault{.count = 1000000, .status = 503});
  for (int step = 0; step < 200; ++step) {
    Pass(milliseconds(250), 2);
    EXPECT_FALSE(first.MayWrite() && second.MayWrite()) << step;
    if (step == 100) server_.ClearFaults();
  }
  second.AwaitTerms(1);
  EXPECT_EQ(Holder(), "second");
}

TEST_F(LeaderTest, TermThatDoesNotEndIsUnhealthy) {
  Candidate first(server_, clock_, "first");
  first.Start();
  first.AwaitTerms(1);
  first.HoldTerms();
  server_.InjectFault({}, Fault{.count = 1000000, .error = ErrorCode::kTransport});
  Pass(seconds(8), 1);
  clock_.Advance(seconds(5));
  EXPECT_FALSE(first.MayWrite());
  EXPECT_TRUE(first.IsHealthy());
  clock_.Advance(seconds(60));
  EXPECT_FALSE(first.IsHealthy());
  first.ReleaseTerms();
  first.AwaitEnds(1);
}

TEST_F(LeaderTest, RefusesTimesThatCannotWork) {
  Metrics metrics;
  const auto client = kube::MakeRestClient(server_, clock_, metrics);
  LeaderOptions options{.lease = kLeaseRef.key, .identity = "x"};
  options.renew_deadline = options.lease_duration;
  EXPECT_THROW(LeaderElector(*client, clock_, metrics, options), std::invalid_argument);
  options.renew_deadline = options.retry_period;
  EXPECT_THROW(LeaderElector(*client, clock_, metrics, options), std::invalid_argument);
}

}  // namespace
}  // namespace belvedere::runtime
