#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "operator/cli/field_diff.h"
#include "operator/cli/stacks.h"
#include "operator/kube/client.h"

namespace belvedere::cli {

// What the operator would do to one object if a stack were applied.
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

struct StackDiff {
  Primary stack;  // as it would be after the apply
  enum class Management { kManaged, kPaused } management = Management::kManaged;
  std::vector<ObjectDiff> objects;
};

// Compares what the cluster has with what `wanted` (as StacksOf returns them) asks for. Reads only:
// the stacks of the cluster, and the children of these. Error: kInvalid for a spec that cannot be
// planned, else the client's.
Result<std::vector<StackDiff>> DiffStacks(kube::Client& client, const runtime::Kind& kind,
                                          const std::vector<Primary>& wanted, std::stop_token stop);

// For people; empty when nothing differs.
std::string Describe(const StackDiff& diff);

}  // namespace belvedere::cli
