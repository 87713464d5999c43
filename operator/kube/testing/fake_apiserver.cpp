#include "operator/kube/testing/fake_apiserver.h"

#include <algorithm>
#include <array>
#include <utility>

#include "operator/kube/testing/fake_view.h"

namespace belvedere::kube {

// One named connection to the server.
class FakeConnection final : public http::Transport {
 public:
  FakeConnection(FakeApiServer& server, std::string user_agent)
      : server_(server), user_agent_(std::move(user_agent)) {}

  Result<http::Response> RoundTrip(const http::Request& request, std::chrono::milliseconds,
                                   std::stop_token stop) override {
    return server_.Serve(request, user_agent_, std::move(stop));
  }
  Result<http::Response> Stream(const http::Request& request, const http::LineHandler& line,
                                std::chrono::milliseconds, std::stop_token stop) override {
    return server_.ServeWatch(request, user_agent_, line, std::move(stop));
  }

 private:
  FakeApiServer& server_;
  const std::string user_agent_;
};

namespace {

bool IsWrite(const std::string& verb) {
  static const std::set<std::string> kVerbs{"create", "update", "patch", "apply", "delete"};
  return kVerbs.count(verb) > 0;
}

bool Matches(const RequestMatcher& matcher, const ApiRequest& request,
             const std::string& user_agent) {
  return (matcher.verb.empty() || matcher.verb == request.verb) &&
         (!matcher.type || *matcher.type == request.type) &&
         (matcher.name.empty() || matcher.name == request.key.name) &&
         (matcher.user_agent.empty() || matcher.user_agent == user_agent);
}

http::Response ToResponse(const ApiAnswer& answer) {
  return {.status = answer.status,
          .headers = {{"content-type", "application/json"}},
          .body = Dump(answer.body)};
}

// The outcome of a fault that ends the request; nothing for latency alone.
std::optional<Result<http::Response>> OutcomeOf(const Fault& fault) {
  if (fault.error) {
    return Result<http::Response>(Fail(*fault.error, "injected fault"));
  }
  if (fault.status == 0) return std::nullopt;
  http::Response response = ToResponse(Refuse(fault.status, fault.reason, "injected fault"));
  if (fault.retry_after > 0) response.headers["retry-after"] = std::to_string(fault.retry_after);
  return Result<http::Response>(std::move(response));
}

std::string Now(const Clock& clock) { return FormatTime(clock.WallNow()); }

ResourceRef RefOf(const ApiRequest& request) { return {request.type, request.key}; }

ApiAnswer RefuseExpired(const std::string& message) { return Refuse(410, "Expired", message); }

Json TableOfKinds(const std::set<ResourceType>& types, const std::string& api_version) {
  Json resources = Json::array();
  for (const ResourceType& type : types) {
    if (type.ApiVersion() != api_version) continue;
    resources.push_back({{"name", std::string(type.plural())},
                         {"kind", std::string(type.kind())},
                         {"namespaced", type.scope() == Scope::kNamespaced}});
  }
  return resources;
}

}  // namespace

FakeApiServer::FakeApiServer(Clock& clock)
    : clock_(clock),
      storage_(clock),
      types_{types::kConfigMap,
             types::kSecret,
             types::kService,
             types::kServiceAccount,
             types::kPod,
             types::kNamespace,
             types::kDeployment,
             types::kStatefulSet,
             types::kDaemonSet,
             types::kPodDisruptionBudget,
             types::kNetworkPolicy,
             types::kRoleBinding,
             types::kClusterRoleBinding,
             types::kLease,
             types::kEvent,
             types::kTokenReview,
             types::kSubjectAccessReview} {}

FakeApiServer::~FakeApiServer() = default;

void FakeApiServer::Register(const ResourceType& type) {
  const MutexLock lock(mutex_);
  types_.insert(type);
}

void FakeApiServer::Unregister(const ResourceType& type) {
  const MutexLock lock(mutex_);
  types_.erase(type);
}

void FakeApiServer::OnCreate(const ResourceType& type, std::function<Json(const Json&)> answer) {
  const MutexLock lock(mutex_);
  types_.insert(type);
  reviewers_[type] = std::move(answer);
}

std::unique_ptr<http::Transport> FakeApiServer::Connect(std::string user_agent) {
  return std::make_unique<FakeConnection>(*this, std::move(user_agent));
}

Result<http::Response> FakeApiServer::RoundTrip(const http::Request& request,
                                                std::chrono::milliseconds, std::stop_token stop) {
  return Serve(request, "", std::move(stop));
}

Result<http::Response> FakeApiServer::Stream(const http::Request& request,
                                             const http::LineHandler& line,
                                             std::chrono::milliseconds, std::stop_token stop) {
  return ServeWatch(request, "", line, std::move(stop));
}

std::optional<ApiRequest> FakeApiServer::Parse(const http::Request& request) {
  return ParseApiRequest(request, types_);
}

Result<http::Response> FakeApiServer::Serve(const http::Request& request,
                                            const std::string& user_agent, std::stop_token stop) {
  if (stop.stop_requested()) return Fail(ErrorCode::kCanceled, "stopped");
  std::optional<ApiRequest> parsed;
  {
    const MutexLock lock(mutex_);
    parsed = Parse(request);
  }
  if (!parsed) return http::Response{.status = 404, .headers = {}, .body = "404 page not found"};

  std::optional<Result<http::Response>> outcome;
  const auto meet = [&](Fault::When when) {
    const std::optional<Fault> fault = TakeFault(*parsed, user_agent, when);
    if (!fault) return;
    if (fault->latency.count() > 0 && !clock_.SleepFor(fault->latency, stop)) {
      outcome = Result<http::Response>(Fail(ErrorCode::kCanceled, "stopped"));
      return;
    }
    outcome = OutcomeOf(*fault);
  };
  meet(Fault::When::kBeforeCommit);
  if (!outcome) {
    http::Response answer = ToResponse(Answer(*parsed));
    meet(Fault::When::kAfterCommit);
    if (!outcome) outcome = Result<http::Response>(std::move(answer));
  }
  Log(*parsed, user_agent, *outcome ? (*outcome)->status : 0);
  return std::move(*outcome);
}

std::optional<Fault> FakeApiServer::TakeFault(const ApiRequest& request,
                                              const std::string& user_agent, Fault::When when) {
  const MutexLock lock(mutex_);
  const auto found = std::find_if(faults_.begin(), faults_.end(), [&](const PlannedFault& one) {
    return one.fault.when == when && Matches(one.matcher, request, user_agent);
  });
  if (found == faults_.end()) return std::nullopt;
  Fault fault = found->fault;
  if (--found->fault.count == 0) faults_.erase(found);
  return fault;
}

ApiAnswer FakeApiServer::Answer(const ApiRequest& request) {
  std::function<Json(const Json&)> reviewer;
  {
    const MutexLock lock(mutex_);
    if (const auto found = reviewers_.find(request.type);
        request.verb == "create" && found != reviewers_.end()) {
      reviewer = found->second;
    }
  }
  if (reviewer) return {201, reviewer(request.body)};

  const MutexLock lock(mutex_);
  if (request.verb == "discover") return AnswerDiscovery(request);
  if (request.verb == "raw") {
    if (request.path != "/version") return Refuse(404, "NotFound", "no such path");
    return {200, Json{{"major", "1"}, {"minor", "36"}, {"gitVersion", "v1.36.0"}}};
  }
  if (request.verb == "list") return AnswerList(request);
  ApiAnswer answer = request.verb == "get" ? storage_.Get(RefOf(request)) : AnswerWrite(request);
  if (answer.status < 300) answer.body = Project(answer.body, request.projection);
  return answer;
}

ApiAnswer FakeApiServer::AnswerWrite(const ApiRequest& request) {
  ResourceRef ref = RefOf(request);
  if (request.verb == "create") ref.key.name = StringAt(request.body, "/metadata/name");
  const std::string body_name = StringAt(request.body, "/metadata/name");
  const std::string body_ns = StringAt(request.body, "/metadata/namespace");
  const bool has_object = request.verb != "delete" && request.verb != "patch";
  if (has_object && (body_name != ref.key.name || (!body_ns.empty() && body_ns != ref.key.ns))) {
    return Refuse(400, "BadRequest", "the name of the object does not match the URL");
  }
  if (has_object && (StringAt(request.body, "/kind") != ref.type.kind() ||
                     StringAt(request.body, "/apiVersion") != ref.type.ApiVersion())) {
    return Refuse(400, "BadRequest", "the API version in the data does not match the URL");
  }
  if (!CheckName(ref.type, ref.key.name)) {
    return Refuse(422, "Invalid", "metadata.name: invalid", "metadata.name");
  }
  WriteOptions options;
  options.subresource = request.subresource;
  options.commit = request.Param("dryRun").empty() ? Commit::kYes : Commit::kDryRun;
  options.writer.manager = request.Param("fieldManager");
  options.writer.subresource = request.subresource == Subresource::kStatus ? "status" : "";
  options.writer.time = Now(clock_);

  ApiAnswer answer;
  if (request.verb == "create") {
    answer = storage_.Create(ref, request.body, options);
  } else if (request.verb == "update") {
    answer = storage_.Update(ref, request.body, options);
  } else if (request.verb == "patch") {
    answer = storage_.MergePatch(ref, request.body, options);
  } else if (request.verb == "apply") {
    if (request.Param("fieldManager").empty() || request.Param("force") != "true") {
      return Refuse(400, "BadRequest", "apply needs fieldManager, and here force=true");
    }
    answer = storage_.Apply(ref, request.body, options);
  } else {
    answer = storage_.Delete(ref, {StringAt(request.body, "/preconditions/uid"),
                                   StringAt(request.body, "/preconditions/resourceVersion")});
  }
  Publish();
  return answer;
}

ApiAnswer FakeApiServer::AnswerDiscovery(const ApiRequest& request) {
  const std::string api_version = request.path.substr(request.path.starts_with("/apis/") ? 6 : 5);
  Json resources = TableOfKinds(types_, api_version);
  if (resources.empty()) return Refuse(404, "NotFound", "the server could not find the group");
  return {200, Json{{"kind", "APIResourceList"},
                    {"apiVersion", "v1"},
                    {"groupVersion", api_version},
                    {"resources", std::move(resources)}}};
}

ApiAnswer FakeApiServer::AnswerList(const ApiRequest& request) {
  const Result<Selector> selector = Selector::Parse(request.Param("labelSelector"));
  if (!selector) return Refuse(400, "BadRequest", selector.error().message);
  std::uint64_t version = storage_.version();
  std::optional<Cursor> cursor;
  if (const std::string token = request.Param("continue"); !token.empty()) {
    cursor = ReadCursor(token);
    if (!cursor) return Refuse(400, "BadRequest", "continue key is not valid");
    if (cursor->version < storage_.compacted()) {
      return RefuseExpired("The provided continue parameter is too old");
    }
    version = cursor->version;
  }
  const std::string limit_text = request.Param("limit");
  const std::size_t limit = limit_text.empty() ? SIZE_MAX : std::stoul(limit_text);
  Json items = Json::array();
  std::string next;
  ObjectKey last;
  for (const auto& [key, object] : storage_.Objects(request.type)) {
    if (cursor && key <= cursor->after) continue;
    if (!IsSelected(object, request, *selector)) continue;
    if (items.size() == limit) {
      next = WriteCursor({version, last});
      break;
    }
    Json item = Project(object, request.projection);
    if (request.projection == Projection::kFull) {  // as the server does for built-in kinds
      item.erase("apiVersion");
      item.erase("kind");
    }
    items.push_back(std::move(item));
    last = key;
  }
  Json metadata{{"resourceVersion", std::to_string(version)}};
  if (!next.empty()) metadata["continue"] = next;
  const bool partial = request.projection == Projection::kMetadata;
  return {200, Json{{"apiVersion", partial ? "meta.k8s.io/v1" : request.type.ApiVersion()},
                    {"kind", partial ? "PartialObjectMetadataList"
                                     : std::string(request.type.kind()) + "List"},
                    {"metadata", std::move(metadata)},
                    {"items", std::move(items)}}};
}

Result<http::Response> FakeApiServer::ServeWatch(const http::Request& request,
                                                 const std::string& user_agent,
                                                 const http::LineHandler& line,
                                                 std::stop_token stop) {
  if (stop.stop_requested()) return Fail(ErrorCode::kCanceled, "stopped");
  std::optional<ApiRequest> parsed;
  {
    const MutexLock lock(mutex_);
    parsed = Parse(request);
  }
  if (!parsed || parsed->verb != "watch") {
    return http::Response{.status = 404, .headers = {}, .body = "404 page not found"};
  }
  if (const auto fault = TakeFault(*parsed, user_agent, Fault::When::kBeforeCommit)) {
    if (fault->latency.count() > 0 && !clock_.SleepFor(fault->latency, stop)) {
      return Fail(ErrorCode::kCanceled, "stopped");
    }
    if (auto outcome = OutcomeOf(*fault)) {
      Log(*parsed, user_agent, *outcome ? (*outcome)->status : 0);
      return std::move(*outcome);
    }
  }
  int id = 0;
  ApiAnswer answer;
  {
    const MutexLock lock(mutex_);
    Watch watch;
    watch.request = *parsed;
    answer = StartWatch(*parsed, watch);
    id = next_watch_++;
    if (answer.status == 200) watches_.emplace(id, std::move(watch));
  }
  changed_.notify_all();
  Log(*parsed, user_agent, answer.status);
  if (answer.status != 200) return ToResponse(answer);
  Follow(id, line, stop);

  std::optional<WatchEnd> ended;
  {
    const MutexLock lock(mutex_);
    ended = watches_.at(id).ended;
    watches_.erase(id);
  }
  if (stop.stop_requested()) return Fail(ErrorCode::kCanceled, "stopped");
  if (ended == WatchEnd::kReset) return Fail(ErrorCode::kTransport, "connection reset by the fake");
  return http::Response{.status = 200, .headers = {}, .body = {}};
}

ApiAnswer FakeApiServer::StartWatch(const ApiRequest& request, Watch& watch) {
  Publish();
  Result<Selector> selector = Selector::Parse(request.Param("labelSelector"));
  if (!selector) return Refuse(400, "BadRequest", selector.error().message);
  watch.selector = *selector;
  const std::string version = request.Param("resourceVersion");
  const bool initial_events = request.Param("sendInitialEvents") == "true";
  if (initial_events && (request.Param("resourceVersionMatch") != "NotOlderThan" ||
                         request.Param("allowWatchBookmarks") != "true")) {
    return Refuse(422, "Invalid", "sendInitialEvents needs resourceVersionMatch=NotOlderThan");
  }
  if (initial_events || version.empty() || version == "0") {
    for (const auto& [key, object] : storage_.Objects(request.type)) {
      if (!IsSelected(object, request, *selector)) continue;
      watch.lines.push_back(EventLine("ADDED", Project(object, request.projection)));
    }
    if (initial_events) {
      watch.lines.push_back(
          BookmarkLine(request.type, storage_.version(), {{"k8s.io/initial-events-end", "true"}}));
    }
    return {};
  }
  if (ParseVersion(version) < storage_.compacted()) {
    const Json status = RefuseExpired("too old resource version: " + version).body;
    watch.lines.push_back(EventLine("ERROR", status));
    watch.ended = WatchEnd::kServerTimeout;
    return {};
  }
  for (const Change& change : storage_.history()) {
    if (change.resource_version <= ParseVersion(version)) continue;
    if (auto line = LineOf(change, request, *selector)) watch.lines.push_back(std::move(*line));
  }
  return {};
}

void FakeApiServer::Follow(int id, const http::LineHandler& line, const std::stop_token& stop) {
  for (;;) {
    std::deque<std::string> lines;
    {
      MutexLock lock(mutex_);
      Watch& watch = watches_.at(id);
      changed_.wait(lock, stop, [&watch] { return !watch.lines.empty() || watch.ended; });
      if (stop.stop_requested() || (watch.lines.empty() && watch.ended)) return;
      lines.swap(watch.lines);
    }
    for (const std::string& one : lines) {
      if (stop.stop_requested()) return;
      line(one);
    }
  }
}

void FakeApiServer::Publish() {
  const std::vector<Change>& history = storage_.history();
  const auto fresh = std::partition_point(
      history.begin(), history.end(),
      [seen = published_](const Change& change) { return change.resource_version <= seen; });
  for (auto change = fresh; change != history.end(); ++change) {
    for (auto& [id, watch] : watches_) {
      if (watch.ended) continue;
      if (auto line = LineOf(*change, watch.request, *watch.selector)) {
        watch.lines.push_back(std::move(*line));
      }
    }
  }
  published_ = storage_.version();
  changed_.notify_all();
}

Json FakeApiServer::EditAs(const std::string& manager, const ResourceRef& ref,
                           const Json& merge_patch) {
  const MutexLock lock(mutex_);
  Json after = storage_.Edit(ref, merge_patch, {manager, "", Now(clock_)});
  Publish();
  return after;
}

void FakeApiServer::Remove(const ResourceRef& ref) {
  const MutexLock lock(mutex_);
  storage_.Delete(ref, {});
  Publish();
}

std::optional<Json> FakeApiServer::Find(const ResourceRef& ref) const {
  const MutexLock lock(mutex_);
  ApiAnswer answer = storage_.Get(ref);
  if (answer.status != 200) return std::nullopt;
  return std::move(answer.body);
}

std::vector<Json> FakeApiServer::All(const ResourceType& type) const {
  const MutexLock lock(mutex_);
  std::vector<Json> all;
  for (const auto& [key, object] : storage_.Objects(type)) all.push_back(object);
  return all;
}

void FakeApiServer::CollectGarbage() {
  const MutexLock lock(mutex_);
  storage_.CollectGarbage();
  Publish();
}

std::uint64_t FakeApiServer::version() const {
  const MutexLock lock(mutex_);
  return storage_.version();
}

void FakeApiServer::SendBookmarks() {
  const MutexLock lock(mutex_);
  for (auto& [id, watch] : watches_) {
    if (watch.request.Param("allowWatchBookmarks") != "true") continue;
    watch.lines.push_back(BookmarkLine(watch.request.type, storage_.version(), Json()));
  }
  changed_.notify_all();
}

void FakeApiServer::SendLine(const ResourceType& type, const std::string& line) {
  const MutexLock lock(mutex_);
  for (auto& [id, watch] : watches_) {
    if (watch.request.type == type) watch.lines.push_back(line);
  }
  changed_.notify_all();
}

void FakeApiServer::SendWatchError(const ResourceType& type, int code, const std::string& reason) {
  SendLine(type, EventLine("ERROR", Refuse(code, reason, "injected watch error").body));
}

void FakeApiServer::EndWatches(WatchEnd end) {
  const MutexLock lock(mutex_);
  for (auto& [id, watch] : watches_) watch.ended = end;
  changed_.notify_all();
}

void FakeApiServer::Compact() {
  const MutexLock lock(mutex_);
  storage_.Compact();
}

int FakeApiServer::WatchCount(const ResourceType& type) const {
  const MutexLock lock(mutex_);
  return CountWatches(type);
}

int FakeApiServer::CountWatches(const ResourceType& type) const {
  return static_cast<int>(std::count_if(watches_.begin(), watches_.end(), [&](const auto& one) {
    return one.second.request.type == type && !one.second.ended;
  }));
}

void FakeApiServer::AwaitWatches(const ResourceType& type, int count) {
  MutexLock lock(mutex_);
  while (CountWatches(type) < count) changed_.wait(lock);
}

void FakeApiServer::InjectFault(RequestMatcher matcher, Fault fault) {
  const MutexLock lock(mutex_);
  faults_.push_back({std::move(matcher), std::move(fault)});
}

void FakeApiServer::ClearFaults() {
  const MutexLock lock(mutex_);
  faults_.clear();
}

void FakeApiServer::Log(const ApiRequest& request, const std::string& user_agent, int status) {
  const MutexLock lock(mutex_);
  ObjectKey key = request.key;
  if (key.name.empty()) key.name = StringAt(request.body, "/metadata/name");
  log_.push_back(
      {request.verb, request.type, std::move(key), request.subresource, user_agent, status});
}

std::vector<LoggedRequest> FakeApiServer::Requests() const {
  const MutexLock lock(mutex_);
  return log_;
}

std::vector<LoggedRequest> FakeApiServer::Writes() const {
  const MutexLock lock(mutex_);
  std::vector<LoggedRequest> writes;
  for (const LoggedRequest& one : log_) {
    const bool is_review = reviewers_.count(one.type) > 0;
    if (IsWrite(one.verb) && one.type != types::kLease && !is_review) writes.push_back(one);
  }
  return writes;
}

void FakeApiServer::ClearLog() {
  const MutexLock lock(mutex_);
  log_.clear();
}

}  // namespace belvedere::kube
