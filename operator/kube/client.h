#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "operator/kube/resource.h"

namespace belvedere::kube {

inline constexpr std::string_view kFieldManager = "belvedere";

enum class Projection {
  kFull,
  kMetadata,     // PartialObjectMetadata only
  kWithoutSpec,  // of a watch: spec may come empty, since it is not parsed where that can be saved
};

struct ListOptions {
  std::string ns;  // empty: all namespaces
  std::string label_selector;
  std::string field_selector;
  Projection projection = Projection::kFull;
  std::string resource_version;  // "0": from the watch cache; "": quorum read
  std::string continue_token;
  int limit = 500;
};

struct ListPage {
  std::vector<Json> items;  // apiVersion and kind may be absent
  std::string resource_version;
  std::string continue_token;  // empty: last page
};

struct WatchOptions {
  std::string ns;
  std::string label_selector;
  std::string field_selector;
  Projection projection = Projection::kFull;
  std::string resource_version;
  // Streaming list (KEP-3157): the present state first, ended by a bookmark with
  // `k8s.io/initial-events-end`.
  enum class Start { kFromVersion, kInitialEvents } start = Start::kFromVersion;
  std::chrono::seconds server_timeout{300};
  std::chrono::milliseconds idle{180'000};  // no byte for so long: reconnect
  // Asked of each object that appeared or changed before it is decoded. Null: everything is new.
  struct Novelty {
    enum class What { kNew, kKnown } what = What::kNew;  // kKnown: neither decoded nor handed on
    std::uint32_t seal = 0;  // kSeal of what has been read of it; 0: none
  };
  std::function<Novelty(const ObjectKey& key, std::uint64_t resource_version)> novelty;
};

enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark };

struct WatchEvent {
  WatchEventType type = WatchEventType::kAdded;
  Json object;
};

using WatchHandler = std::function<void(WatchEvent event)>;

// What an apply may do to an object that exists already.
enum class ApplyMode {
  kCreateOnly,   // the object must not exist: kAlreadyExists otherwise, and it stays untouched
  kUpdateOwned,  // the object must exist with `uid`: kConflict or kNotFound otherwise
};

struct ApplyOptions {
  ApplyMode mode = ApplyMode::kCreateOnly;
  std::string uid;  // kUpdateOwned only
  enum class DryRun { kNo, kServer } dry_run = DryRun::kNo;
  Projection answer = Projection::kFull;  // how much of the live object is returned
};

struct Preconditions {
  std::string uid;               // always set
  std::string resource_version;  // empty: any
};

// Typed access to one API server. Blocking and thread-safe. Each call retries by itself what is
// safe to retry (idempotent verbs on 429 and 503 with Retry-After, a few times, within its
// deadline). Errors as ErrorCode says; names and namespaces that are not DNS-1123 are kInvalid
// before any byte is sent.
class Client {
 public:
  virtual ~Client() = default;

  virtual Result<Json> Get(const ResourceRef& ref, std::stop_token stop) = 0;
  virtual Result<ListPage> List(const ResourceType& type, const ListOptions& options,
                                std::stop_token stop) = 0;
  // Calls `handle` on this thread for each event until the server ends the watch (success). An
  // ERROR event ends it with that error: kGone when the version is too old.
  virtual Status Watch(const ResourceType& type, const WatchOptions& options,
                       const WatchHandler& handle, std::stop_token stop) = 0;

  // Server-side apply of the whole intent under kFieldManager with force; returns the live object.
  virtual Result<Json> Apply(const ResourceType& type, const Json& intent,
                             const ApplyOptions& options, std::stop_token stop) = 0;
  // Server-side apply to the status subresource. `intent` holds metadata.{name,namespace,uid} and
  // status.
  virtual Result<Json> ApplyStatus(const ResourceType& type, const Json& intent,
                                   std::stop_token stop) = 0;
  virtual Result<Json> Create(const ResourceType& type, const Json& object,
                              std::stop_token stop) = 0;
  // PUT with the object's resourceVersion.
  virtual Result<Json> Update(const ResourceType& type, const Json& object,
                              std::stop_token stop) = 0;
  // JSON merge patch (RFC 7386) of some metadata, with uid precondition inside `patch`.
  virtual Result<Json> MergePatch(const ResourceRef& ref, const Json& patch,
                                  std::stop_token stop) = 0;
  // Background propagation. kNotFound is an error like any other.
  virtual Status Delete(const ResourceRef& ref, const Preconditions& preconditions,
                        std::stop_token stop) = 0;
  // Whether the server serves the kind (discovery).
  virtual Result<bool> Serves(const ResourceType& type, std::stop_token stop) = 0;
  // GET of a raw path such as /version; for commands, not for controllers.
  virtual Result<Json> GetRaw(const std::string& path, std::stop_token stop) = 0;
};

}  // namespace belvedere::kube
