#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "operator/cli/field_diff.h"
#include "operator/cli/resources.h"
#include "operator/kube/client.h"

namespace belvedere::cli {

// What the operator would do to one object if a resource were applied.
struct ObjectDiff {
  enum class Kind {
    kCreate,
    kDelete,
    kChange,
    kConflict,  // somebody else's object has the name
  } kind = Kind::kCreate;
  kube::ResourceRef ref;
  std::vector<FieldChange> fields;  // kChange only
};

struct ResourceDiff {
  Primary resource;  // as it would be after the apply
  enum class Management { kManaged, kPaused } management = Management::kManaged;
  std::vector<ObjectDiff> objects;
};

// Compares what the cluster has with what `wanted` (as ResourcesOf returns them) asks for. Reads
// only: the resources of that kind in the cluster, and the children of these. Error: kInvalid for a
// spec that cannot be planned, else the client's.
Result<std::vector<ResourceDiff>> DiffResources(kube::Client& client, const Resources& wanted,
                                                std::stop_token stop);

// For people; empty when nothing differs.
std::string Describe(const runtime::Kind& kind, const ResourceDiff& diff);

}  // namespace belvedere::cli
