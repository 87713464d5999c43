#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/json.h"
#include "operator/kube/client.h"
#include "operator/kube/path.h"
#include "operator/kube/resource.h"
#include "operator/kube/testing/managed_fields.h"

namespace belvedere::kube {

// What the fake API server answers: an object, a list or a metav1.Status.
struct ApiAnswer {
  int status = 200;
  Json body;
};

ApiAnswer Refuse(int status, const std::string& reason, const std::string& message,
                 const std::string& field = {});
ApiAnswer RefuseNotFound(const ResourceRef& ref);

// One committed change.
struct Change {
  std::uint64_t resource_version = 0;
  ResourceType type;
  Json before;  // null: created
  Json after;   // null: deleted
};

enum class Commit { kYes, kDryRun };

// One write as the endpoint sees it.
struct WriteOptions {
  Subresource subresource = Subresource::kNone;
  Writer writer;
  Commit commit = Commit::kYes;
};

// The objects of the fake API server and the rules of its registry: identity, versions,
// generations, preconditions, finalizers, immutable fields, field ownership. Not thread-safe.
class FakeStorage {
 public:
  explicit FakeStorage(const Clock& clock) : clock_(clock) {}

  ApiAnswer Get(const ResourceRef& ref) const;
  ApiAnswer Create(const ResourceRef& ref, Json object, const WriteOptions& options);
  ApiAnswer Update(const ResourceRef& ref, Json object, const WriteOptions& options);
  ApiAnswer MergePatch(const ResourceRef& ref, const Json& patch, const WriteOptions& options);
  ApiAnswer Apply(const ResourceRef& ref, Json intent, const WriteOptions& options);
  ApiAnswer Delete(const ResourceRef& ref, const Preconditions& preconditions);

  // Both endpoints at once, no rules but versions and ownership: what tests use to play a
  // controller or a user. An absent object is created.
  Json Edit(const ResourceRef& ref, const Json& patch, const Writer& writer);
  // Deletes what has ownerReferences, none of which exists any more; repeats until none is left.
  void CollectGarbage();

  const std::map<ObjectKey, Json>& Objects(const ResourceType& type) const;
  const std::vector<Change>& history() const { return history_; }
  std::uint64_t version() const { return version_; }
  // Changes up to this version are forgotten.
  std::uint64_t compacted() const { return compacted_; }
  void Compact();

 private:
  const Json* Find(const ResourceRef& ref) const;
  Json NewIdentity(const ResourceRef& ref, Json object) const;
  ApiAnswer Store(const ResourceRef& ref, const Json& before, Json after,
                  const WriteOptions& options);
  void Erase(const ResourceRef& ref);
  bool IsOrphan(const Json& object) const;

  const Clock& clock_;
  std::map<ResourceType, std::map<ObjectKey, Json>> objects_;
  std::vector<Change> history_;
  std::uint64_t version_ = 100;
  std::uint64_t compacted_ = 100;
  mutable std::uint64_t next_uid_ = 1;
};

}  // namespace belvedere::kube
