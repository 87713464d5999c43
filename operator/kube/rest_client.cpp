#include "operator/kube/rest_client.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "operator/base/log.h"
#include "operator/kube/path.h"
#include "operator/kube/request_sender.h"
#include "operator/kube/status_error.h"
#include "operator/kube/watch_decoder.h"

namespace belvedere::kube {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kApplyPatch = "application/apply-patch+yaml";  // JSON is YAML
constexpr const char* kMergePatch = "application/merge-patch+json";
constexpr const char* kAcceptMetadata =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
constexpr const char* kAcceptMetadataList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

// A create-only apply carries this resourceVersion. It means nothing to a creation; an object that
// exists never has it, so the server refuses with 409 (verified for all kinds of ours on 1.36).
constexpr const char* kCreateOnlyVersion = "1";
constexpr const char* kUidField = "metadata.uid";

Result<Json> ToResult(tl::expected<Json, Refusal> outcome) {
  if (outcome) return std::move(*outcome);
  return Fail(std::move(outcome.error().error));
}

// A write that names the uid, and found another one.
Result<Json> WithUidConflict(tl::expected<Json, Refusal> outcome) {
  if (!outcome && outcome.error().Names(kUidField)) {
    outcome.error().error.code = ErrorCode::kConflict;
  }
  return ToResult(std::move(outcome));
}

http::Request MakeRequest(http::Method method, std::string target) {
  return {
      .method = method, .target = std::move(target), .headers = {{"Accept", kJson}}, .body = {}};
}

void SetBody(http::Request& request, std::string text, const char* content_type) {
  request.headers["Content-Type"] = content_type;
  request.body = std::move(text);
}

// What makes an object a document of its own.
Json TypeOf(const ResourceType& type) {
  return {{"apiVersion", type.ApiVersion()}, {"kind", std::string(type.kind())}};
}

// Kinds that are asked and answered, and never stored.
bool IsReview(const ResourceType& type) {
  return type.group() == "authentication.k8s.io" || type.group() == "authorization.k8s.io";
}

const Query& WriterQuery() {
  static const Query query{{"fieldManager", std::string(kFieldManager)}};
  return query;
}

Query ApplyQuery(ApplyOptions::DryRun dry_run) {
  return {{"fieldManager", std::string(kFieldManager)},
          {"force", "true"},
          {"dryRun", dry_run == ApplyOptions::DryRun::kServer ? "All" : ""}};
}

Query ListQuery(const ListOptions& options) {
  const bool goes_on = !options.continue_token.empty();
  const std::string version = goes_on ? "" : options.resource_version;
  return {{"labelSelector", options.label_selector},
          {"fieldSelector", options.field_selector},
          {"limit", options.limit > 0 ? std::to_string(options.limit) : ""},
          {"continue", options.continue_token},
          {"resourceVersion", version},
          // With a limit, no match means this version exactly.
          {"resourceVersionMatch", version.empty() ? "" : "NotOlderThan"}};
}

Query WatchQuery(const WatchOptions& options) {
  const bool initial = options.start == WatchOptions::Start::kInitialEvents;
  return {{"watch", "1"},
          {"allowWatchBookmarks", "true"},
          {"sendInitialEvents", initial ? "true" : ""},
          {"resourceVersionMatch", initial ? "NotOlderThan" : ""},
          {"resourceVersion", options.resource_version},
          {"timeoutSeconds", std::to_string(options.server_timeout.count())},
          {"labelSelector", options.label_selector},
          {"fieldSelector", options.field_selector}};
}

Result<ListPage> ReadPage(Json list) {
  const auto items = list.is_object() ? list.find("items") : list.end();
  if (items == list.end() || !(items->is_array() || items->is_null())) {
    return Fail(ErrorCode::kDecode, "a list has no items");
  }
  ListPage page;
  page.resource_version = StringAt(list, "/metadata/resourceVersion");
  page.continue_token = StringAt(list, "/metadata/continue");
  if (items->is_array()) page.items = std::move(items->get_ref<Json::array_t&>());
  return page;
}

WatchOptions::Novelty NoveltyOf(std::string_view line, const WatchOptions& options) {
  if (!options.novelty) return {};
  const std::optional<WatchHead> head = PeekWatchLine(line);
  if (!head) return {};
  return options.novelty(head->key, head->resource_version);
}

class RestClient final : public Client {
 public:
  RestClient(http::Transport& transport, Clock& clock, Metrics& metrics, RestOptions options)
      : transport_(transport),
        metrics_(metrics),
        sender_(transport, clock, metrics, std::move(options)) {}

  Result<Json> Get(const ResourceRef& ref, std::stop_token stop) override {
    Result<std::string> path = ObjectPath(ref, Subresource::kNone);
    if (!path) return Fail(path.error());
    return ToResult(
        sender_.Send(MakeRequest(http::Method::kGet, std::move(*path)), Repeat::kSafe, stop));
  }

  Result<ListPage> List(const ResourceType& type, const ListOptions& options,
                        std::stop_token stop) override {
    Result<std::string> path = CollectionPath(type, options.ns);
    if (!path) return Fail(path.error());
    http::Request request =
        MakeRequest(http::Method::kGet, WithQuery(std::move(*path), ListQuery(options)));
    if (options.projection == Projection::kMetadata) {
      request.headers["Accept"] = kAcceptMetadataList;
    }
    tl::expected<Json, Refusal> list = sender_.Send(request, Repeat::kSafe, stop);
    if (!list) return Fail(std::move(list.error().error));
    return ReadPage(std::move(*list));
  }

  Status Watch(const ResourceType& type, const WatchOptions& options, const WatchHandler& handle,
               std::stop_token stop) override;

  Result<Json> Apply(const ResourceType& type, const Json& intent, const ApplyOptions& options,
                     std::stop_token stop) override;

  Result<Json> ApplyStatus(const ResourceType& type, const Json& intent,
                           std::stop_token stop) override {
    return WithUidConflict(SendApply({type, KeyOf(intent)}, Subresource::kStatus,
                                     DumpWith(intent, TypeOf(type)), ApplyOptions{}, stop));
  }

  Result<Json> Create(const ResourceType& type, const Json& object, std::stop_token stop) override {
    const ObjectKey key = KeyOf(object);
    // The name is no part of this URL, but must be as good as if it were. Reviews have none.
    if (!(IsReview(type) && key.name.empty())) {
      if (auto checked = ObjectPath({type, key}, Subresource::kNone); !checked) {
        return Fail(checked.error());
      }
    }
    Result<std::string> path = CollectionPath(type, key.ns);
    if (!path) return Fail(path.error());
    http::Request request =
        MakeRequest(http::Method::kPost, WithQuery(std::move(*path), WriterQuery()));
    SetBody(request, DumpWith(object, TypeOf(type)), kJson);
    return ToResult(sender_.Send(request, Repeat::kNever, stop));
  }

  Result<Json> Update(const ResourceType& type, const Json& object, std::stop_token stop) override {
    Result<std::string> path = ObjectPath({type, KeyOf(object)}, Subresource::kNone);
    if (!path) return Fail(path.error());
    if (ResourceVersionOf(object) == 0) {
      return Fail(ErrorCode::kInvalid, "an update needs metadata.resourceVersion");
    }
    http::Request request =
        MakeRequest(http::Method::kPut, WithQuery(std::move(*path), WriterQuery()));
    SetBody(request, DumpWith(object, TypeOf(type)), kJson);
    return ToResult(sender_.Send(request, Repeat::kNever, stop));
  }

  Result<Json> MergePatch(const ResourceRef& ref, const Json& patch,
                          std::stop_token stop) override {
    Result<std::string> path = ObjectPath(ref, Subresource::kNone);
    if (!path) return Fail(path.error());
    if (UidOf(patch).empty()) return Fail(ErrorCode::kInvalid, "a patch needs metadata.uid");
    http::Request request =
        MakeRequest(http::Method::kPatch, WithQuery(std::move(*path), WriterQuery()));
    SetBody(request, Dump(patch), kMergePatch);
    return WithUidConflict(sender_.Send(request, Repeat::kSafe, stop));
  }

  Status Delete(const ResourceRef& ref, const Preconditions& preconditions,
                std::stop_token stop) override;

  Result<bool> Serves(const ResourceType& type, std::stop_token stop) override;

  Result<Json> GetRaw(const std::string& path, std::stop_token stop) override {
    if (!path.starts_with('/') || path.find_first_of(" \r\n#") != std::string::npos) {
      return Fail(ErrorCode::kInvalid, "not a path");
    }
    return ToResult(sender_.Send(MakeRequest(http::Method::kGet, path), Repeat::kSafe, stop));
  }

 private:
  tl::expected<Json, Refusal> SendApply(const ResourceRef& ref, Subresource subresource,
                                        std::string body, const ApplyOptions& options,
                                        const std::stop_token& stop);
  void NoteUndecodable(const ResourceType& type, const Error& error);

  http::Transport& transport_;
  Metrics& metrics_;
  RequestSender sender_;
};

tl::expected<Json, Refusal> RestClient::SendApply(const ResourceRef& ref, Subresource subresource,
                                                  std::string body, const ApplyOptions& options,
                                                  const std::stop_token& stop) {
  Result<std::string> path = ObjectPath(ref, subresource);
  if (!path) {
    return tl::unexpected<Refusal>(Refusal{.error = std::move(path.error())});
  }
  http::Request request =
      MakeRequest(http::Method::kPatch, WithQuery(std::move(*path), ApplyQuery(options.dry_run)));
  if (options.answer == Projection::kMetadata) request.headers["Accept"] = kAcceptMetadata;
  SetBody(request, std::move(body), kApplyPatch);
  return sender_.Send(request, Repeat::kSafe, stop);
}

Result<Json> RestClient::Apply(const ResourceType& type, const Json& intent,
                               const ApplyOptions& options, std::stop_token stop) {
  Json changed = TypeOf(type);
  Json& metadata = changed["metadata"] = At(intent, "/metadata");
  const ResourceRef ref{type, KeyOf(intent)};
  if (options.mode == ApplyMode::kUpdateOwned) {
    if (options.uid.empty()) return Fail(ErrorCode::kInvalid, "an update of ours needs the uid");
    metadata["uid"] = options.uid;
    return WithUidConflict(
        SendApply(ref, Subresource::kNone, DumpWith(intent, changed), options, stop));
  }
  metadata.erase("uid");
  metadata["resourceVersion"] = kCreateOnlyVersion;
  tl::expected<Json, Refusal> outcome =
      SendApply(ref, Subresource::kNone, DumpWith(intent, changed), options, stop);
  // A conflict about something else, such as a quota, is no statement on our object.
  if (!outcome && outcome.error().error.code == ErrorCode::kConflict &&
      outcome.error().IsAbout(type.plural(), ref.key.name)) {
    return Fail(Error{.code = ErrorCode::kAlreadyExists,
                      .http_status = outcome.error().error.http_status,
                      .reason = "AlreadyExists",
                      .message = kube::ToString(ref) + " already exists",
                      .retry_after = {}});
  }
  return ToResult(std::move(outcome));
}

Status RestClient::Delete(const ResourceRef& ref, const Preconditions& preconditions,
                          std::stop_token stop) {
  Result<std::string> path = ObjectPath(ref, Subresource::kNone);
  if (!path) return Fail(path.error());
  if (preconditions.uid.empty()) return Fail(ErrorCode::kInvalid, "a deletion needs the uid");
  Json body{{"apiVersion", "v1"},
            {"kind", "DeleteOptions"},
            {"propagationPolicy", "Background"},
            {"preconditions", {{"uid", preconditions.uid}}}};
  if (!preconditions.resource_version.empty()) {
    body["preconditions"]["resourceVersion"] = preconditions.resource_version;
  }
  http::Request request = MakeRequest(http::Method::kDelete, std::move(*path));
  SetBody(request, Dump(body), kJson);
  tl::expected<Json, Refusal> outcome = sender_.Send(request, Repeat::kSafe, stop);
  if (!outcome) return Fail(std::move(outcome.error().error));
  return {};
}

Result<bool> RestClient::Serves(const ResourceType& type, std::stop_token stop) {
  const tl::expected<Json, Refusal> found =
      sender_.Send(MakeRequest(http::Method::kGet, ApiRoot(type)), Repeat::kSafe, stop);
  if (!found) {
    if (found.error().error.code == ErrorCode::kNotFound) return false;
    return Fail(found.error().error);
  }
  const Json& resources = At(*found, "/resources");
  if (!resources.is_array()) return Fail(ErrorCode::kDecode, "discovery has no resources");
  return std::any_of(resources.begin(), resources.end(), [&type](const Json& one) {
    return StringAt(one, "/name") == type.plural() && StringAt(one, "/kind") == type.kind();
  });
}

void RestClient::NoteUndecodable(const ResourceType& type, const Error& error) {
  const std::string kind(type.kind());
  log::Warn("skipped a line of a watch", {{"kind", kind}, {"error", error.message}});
  metrics_
      .GetCounter("rest_client_watch_undecodable_total",
                  "Lines of watches that were skipped because they made no sense.",
                  {{"kind", kind}})
      .Add();
}

Status RestClient::Watch(const ResourceType& type, const WatchOptions& options,
                         const WatchHandler& handle, std::stop_token stop) {
  Result<std::string> path = CollectionPath(type, options.ns);
  if (!path) return Fail(path.error());
  http::Request request =
      MakeRequest(http::Method::kGet, WithQuery(std::move(*path), WatchQuery(options)));
  if (options.projection == Projection::kMetadata) request.headers["Accept"] = kAcceptMetadata;

  // An ERROR event is the last one: our own source then hangs up.
  std::stop_source hang_up;
  const std::stop_callback on_stop(stop, [&hang_up] { hang_up.request_stop(); });
  std::optional<Error> ended;
  const auto take = [&](std::string_view line) {
    if (ended || line.empty()) return;
    const WatchOptions::Novelty novelty = NoveltyOf(line, options);
    if (novelty.what == WatchOptions::Novelty::What::kKnown) return;
    Result<WatchLine> decoded =
        DecodeWatchLine(line, {.seal = novelty.seal, .projection = options.projection});
    if (!decoded) {
      NoteUndecodable(type, decoded.error());
    } else if (decoded->event) {
      handle(std::move(*decoded->event));
    } else {
      ended = std::move(decoded->ended);
      hang_up.request_stop();
    }
  };
  const Result<http::Response> response =
      transport_.Stream(request, take, options.idle, hang_up.get_token());
  sender_.Count(http::Method::kGet, response ? response->status : (ended ? 200 : 0));
  if (ended) return Fail(std::move(*ended));
  if (!response) return Fail(response.error());
  if (response->status < 200 || response->status >= 300) {
    return Fail(ReadRefusal(*response).error);
  }
  return {};
}

}  // namespace

std::unique_ptr<Client> MakeRestClient(http::Transport& transport, Clock& clock, Metrics& metrics,
                                       RestOptions options) {
  return std::make_unique<RestClient>(transport, clock, metrics, std::move(options));
}

}  // namespace belvedere::kube
