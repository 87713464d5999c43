#include "operator/runtime/testing/replica.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "operator/kube/rest_client.h"

namespace belvedere::runtime {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

std::set<kube::ResourceType> WatchedTypes(const std::vector<const Kind*>& kinds) {
  std::set<kube::ResourceType> types{kube::types::kPod};
  for (const Kind* kind : kinds) {
    types.insert(kind->child_types().begin(), kind->child_types().end());
    types.insert(kind->type());
    if (kind->namespace_use() != NamespaceUse::kNone) types.insert(kube::types::kNamespace);
  }
  return types;
}

// Lets other threads run; what is waited for has no clock to wait on.
void Pause() { std::this_thread::sleep_for(milliseconds(1)); }

}  // namespace

Replica::Replica(kube::FakeApiServer& server, ManualClock& clock, std::vector<const Kind*> kinds,
                 const std::string& name, AgentAsker::TransportFactory connect_agent)
    : server_(server),
      clock_(clock),
      kinds_(std::move(kinds)),
      transport_(server.Connect(name)),
      client_(kube::MakeRestClient(*transport_, clock, metrics_)),
      fenced_(*client_, metrics_, [this] { return may_write_.load(); }),
      controllers_(*client_, fenced_, clock, metrics_, kinds_, std::move(connect_agent),
                   {.instance = name}) {}

Replica::~Replica() { Retire(); }

void Replica::Warm() {
  controllers_.caches().Start();
  while (!controllers_.caches().HasSynced()) Pause();
}

void Replica::Lead() {
  may_write_ = true;
  term_ = std::jthread([this](const std::stop_token& stop) { controllers_.Lead(stop); });
  while (!controllers_.Runs()) Pause();  // until then it hears of nothing
  // The term has begun once its first work is there or done.
  for (const Kind* kind : kinds_) {
    const Labels name{{"name", std::string(kind->type().plural())}};
    while (metrics_.GetCounter("workqueue_adds_total", "", name).value() == 0 &&
           controllers_.caches().primaries(*kind).size() > 0) {
      Pause();
    }
  }
}

void Replica::Retire() {
  term_ = std::jthread();
  may_write_ = false;
}

std::uint64_t Replica::BookmarksOf(const kube::ResourceType& type) {
  return metrics_
      .GetCounter("belvedere_reflector_events_total", "",
                  {{"kind", std::string(type.kind())}, {"type", "bookmark"}})
      .value();
}

void Replica::CatchUp() {
  std::map<kube::ResourceType, std::uint64_t> before;
  for (const auto& type : WatchedTypes(kinds_)) {
    // A watch that has ended comes back after its backoff.
    while (server_.WatchCount(type) == 0) {
      clock_.Advance(milliseconds(100));
      Pause();
    }
    before[type] = BookmarksOf(type);
  }
  server_.SendBookmarks();
  for (const auto& [type, count] : before) {
    while (BookmarksOf(type) == count) {
      if (server_.WatchCount(type) == 0) return CatchUp();
      Pause();
    }
  }
}

void Replica::SettleNow() {
  for (std::uint64_t version = 0; version != server_.version();) {
    version = server_.version();
    CatchUp();
    CatchUp();  // the first may have met bookmarks that another replica asked for
    while (!controllers_.IsIdle(Duration::zero())) Pause();
  }
}

void Replica::Pass(Duration duration) {
  constexpr int kSteps = 20;
  SettleNow();
  for (int i = 0; i < kSteps; ++i) {
    clock_.Advance(duration / kSteps);
    SettleNow();
  }
}

void Replica::Settle() {
  for (std::uint64_t version = 0;;) {
    CatchUp();
    CatchUp();
    const bool is_quiet = std::exchange(version, server_.version()) == server_.version();
    if (is_quiet && controllers_.IsIdle(hours(1))) return;
    // For delayed keys, and for retries inside the client.
    clock_.Advance(milliseconds(100));
    Pause();
  }
}

}  // namespace belvedere::runtime
