#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/mutex.h"
#include "operator/http/transport.h"
#include "operator/kube/resource.h"
#include "operator/kube/selector.h"
#include "operator/kube/testing/fake_request.h"
#include "operator/kube/testing/fake_storage.h"

namespace belvedere::kube {

// Which requests a fault meets. Empty fields match all.
struct RequestMatcher {
  std::string verb;  // get list watch create update patch apply delete discover raw
  std::optional<ResourceType> type;
  std::string name;
  std::string user_agent;  // of Connect()
};

// What goes wrong, `count` times. Latency alone only delays.
struct Fault {
  enum class When { kBeforeCommit, kAfterCommit };

  int count = 1;
  When when = When::kBeforeCommit;
  int status = 0;  // answer this HTTP status with a metav1.Status of `reason`
  std::string reason;
  int retry_after = 0;             // seconds; 0: no header
  std::optional<ErrorCode> error;  // fail so; after the commit this is a lost reply
  std::chrono::milliseconds latency{0};
};

struct LoggedRequest {
  std::string verb;
  ResourceType type;
  ObjectKey key;
  Subresource subresource = Subresource::kNone;
  std::string user_agent;
  int status = 0;  // 0: no answer reached the client
};

// How EndWatches() ends a stream.
enum class WatchEnd { kServerTimeout, kReset };

// An API server in memory, at the HTTP level: what RestClient sends is parsed and answered as the
// real one does (client_contract_test.cpp runs the same suite on both). Namespaces need not exist.
// Knows the kinds of resource.h; others are registered. Watches block without regard to time, until
// an event, a stop or EndWatches(). Thread-safe.
class FakeApiServer final : public http::Transport {
 public:
  explicit FakeApiServer(Clock& clock = RealClock());
  ~FakeApiServer() override;
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;

  void Register(const ResourceType& type);
  void Unregister(const ResourceType& type);
  // Answers creations of a kind that is not stored, such as TokenReview.
  void OnCreate(const ResourceType& type, std::function<Json(const Json&)> answer);
  // A connection whose requests are logged and matched under `user_agent`. The server must outlive
  // it.
  std::unique_ptr<http::Transport> Connect(std::string user_agent);

  Result<http::Response> RoundTrip(const http::Request& request, std::chrono::milliseconds timeout,
                                   std::stop_token stop) override;
  Result<http::Response> Stream(const http::Request& request, const http::LineHandler& line,
                                std::chrono::milliseconds idle, std::stop_token stop) override;

  // What tests do beside the client; none of it is logged.
  Json EditAs(const std::string& manager, const ResourceRef& ref, const Json& merge_patch);
  void Remove(const ResourceRef& ref);
  std::optional<Json> Find(const ResourceRef& ref) const;
  std::vector<Json> All(const ResourceType& type) const;
  void CollectGarbage();
  std::uint64_t version() const;

  // Watches.
  void SendBookmarks();
  // Sends one line as it is to all watches of a kind.
  void SendLine(const ResourceType& type, const std::string& line);
  // Sends an ERROR event with this Status code and reason.
  void SendWatchError(const ResourceType& type, int code, const std::string& reason);
  void EndWatches(WatchEnd end = WatchEnd::kServerTimeout);
  // Older versions and continue tokens are answered with 410 from now on.
  void Compact();
  int WatchCount(const ResourceType& type) const;
  // Blocks until that many watches of a kind are open.
  void AwaitWatches(const ResourceType& type, int count);

  void InjectFault(RequestMatcher matcher, Fault fault);
  void ClearFaults();

  std::vector<LoggedRequest> Requests() const;
  // Requests that may change something; leases and reviews left out.
  std::vector<LoggedRequest> Writes() const;
  void ClearLog();

 private:
  friend class FakeConnection;
  struct Watch {
    ApiRequest request;
    std::optional<Selector> selector;
    std::deque<std::string> lines;
    std::optional<WatchEnd> ended;
  };
  struct PlannedFault {
    RequestMatcher matcher;
    Fault fault;
  };

  Result<http::Response> Serve(const http::Request& request, const std::string& user_agent,
                               std::stop_token stop);
  Result<http::Response> ServeWatch(const http::Request& request, const std::string& user_agent,
                                    const http::LineHandler& line, std::stop_token stop);
  std::optional<ApiRequest> Parse(const http::Request& request) REQUIRES(mutex_);
  std::optional<Fault> TakeFault(const ApiRequest& request, const std::string& user_agent,
                                 Fault::When when);
  ApiAnswer Answer(const ApiRequest& request) EXCLUDES(mutex_);
  ApiAnswer AnswerWrite(const ApiRequest& request) REQUIRES(mutex_);
  ApiAnswer AnswerList(const ApiRequest& request) REQUIRES(mutex_);
  ApiAnswer AnswerDiscovery(const ApiRequest& request) REQUIRES(mutex_);
  ApiAnswer StartWatch(const ApiRequest& request, Watch& watch) REQUIRES(mutex_);
  void Publish() REQUIRES(mutex_);
  int CountWatches(const ResourceType& type) const REQUIRES(mutex_);
  void Log(const ApiRequest& request, const std::string& user_agent, int status);
  void Follow(int id, const http::LineHandler& line, const std::stop_token& stop);

  Clock& clock_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  FakeStorage storage_ GUARDED_BY(mutex_);
  std::set<ResourceType> types_ GUARDED_BY(mutex_);
  std::map<ResourceType, std::function<Json(const Json&)>> reviewers_ GUARDED_BY(mutex_);
  std::map<int, Watch> watches_ GUARDED_BY(mutex_);
  int next_watch_ GUARDED_BY(mutex_) = 0;
  std::uint64_t published_ GUARDED_BY(mutex_) = 0;
  std::vector<PlannedFault> faults_ GUARDED_BY(mutex_);
  std::vector<LoggedRequest> log_ GUARDED_BY(mutex_);
};

}  // namespace belvedere::kube
