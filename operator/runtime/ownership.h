#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "operator/base/json.h"
#include "operator/cache/projection.h"
#include "operator/kube/client.h"
#include "operator/runtime/caches.h"
#include "operator/runtime/kind.h"

// Whose an object is. The only place that decides it.
namespace belvedere::runtime {

// The intent as it is applied: with the inventory labels of `owner` and, where the garbage
// collector can follow it (same namespace), its controller ownerReference.
Json OwnedIntent(const Kind& kind, const cache::Primary& owner, Intent intent);

enum class Claim {
  kOurs,     // may be updated and deleted
  kOrphan,   // was made for an owner that is named by labels alone and is not `owner`
  kForeign,  // must not be touched
  kDoomed,   // has an ownerReference to another resource of our kinds
};

// What `owner` may do with `live`. Ours is what has its UID as controller; or what has no
// controller, was applied by us, and whose owner-uid label is that of `owner` or was taken off.
Claim ClaimOf(const Json& live, const Caches& caches, const cache::Primary& owner);

// Whether we have applied `live` as a child: an Apply entry of our field manager.
bool IsAppliedByUs(const Json& live);

// Asks the API server whether the owner that the inventory labels of `live` name is gone: absent,
// or of another UID. An owner of a kind that is not managed here is never gone.
Result<bool> IsOwnerGone(kube::Client& client, const Caches& caches, const Json& live,
                         const std::stop_token& stop);

// The order to delete in. A pod that outlives its ServiceAccount has a token of nobody's, and keeps
// it where its workload is taken over before it is deleted too.
void PutWorkloadsFirst(std::vector<std::shared_ptr<const cache::Child>>& children);

}  // namespace belvedere::runtime
