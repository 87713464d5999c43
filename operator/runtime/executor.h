#pragma once

#include <memory>
#include <set>
#include <stop_token>
#include <vector>

#include "operator/base/metrics.h"
#include "operator/kube/client.h"
#include "operator/runtime/caches.h"
#include "operator/runtime/kind.h"
#include "operator/runtime/ledger.h"

namespace belvedere::runtime {

// Makes the cluster equal to a plan with as few writes as there are differences. Every write names
// the object that it means: it creates what is absent, updates what has the UID that was seen, and
// deletes what has the UID and version that were seen. One failure never stops the other intents.
// Thread-safe for different resources.
class Executor {
 public:
  Executor(kube::Client& client, Metrics& metrics, Caches& caches);

  // Takes the objects out of `plan`, each as soon as its turn has come.
  Outcome Execute(const Kind& kind, const cache::Primary& self, Plan& plan,
                  const std::stop_token& stop);

  // A child is gone: nothing needs to be remembered of it.
  void Forget(const kube::ResourceRef& ref) { ledger_.Erase(ref); }

 private:
  // One intent on its way.
  struct Step {
    const cache::Primary& self;
    kube::ResourceRef ref;
    Json object = {};  // with owner
    std::uint64_t hash = 0;
    std::optional<GeneratedSecret> secret = {};
  };
  enum class Need { kNothing, kCreate, kUpdate, kExamine, kWait };

  Need NeedOf(const Step& step, const cache::Child* child);
  void Take(const Step& step, const std::stop_token& stop, Outcome& outcome);
  Status Write(const Step& step, kube::ApplyOptions options, const std::stop_token& stop,
               Outcome& outcome);
  // Makes the Secret that the object reads, where it is not there. kConflict: its marker is not.
  Status MakeSecret(const Step& step, const std::stop_token& stop);
  void Count(const kube::ResourceRef& ref, const char* verb, const Status& status);
  // Reads the live object and settles whose it is before anything is written.
  void Examine(const Step& step, const std::stop_token& stop, Outcome& outcome);
  // The child as it is live, with the intent in place.
  void Remember(const Step& step, cache::Child child, Outcome& outcome);
  // Deletes the children of `self` that are not of `needed`.
  void Sweep(const cache::Primary& self, const std::set<kube::ResourceRef>& needed,
             const std::stop_token& stop, Outcome& outcome);
  std::vector<std::shared_ptr<const cache::Child>> Leftovers(
      const cache::Primary& self, const std::set<kube::ResourceRef>& needed) const;

  kube::Client& client_;
  Metrics& metrics_;
  Caches& caches_;
  Ledger ledger_;
};

// What an error of a write means for the resource.
Failure::Kind FailureKindOf(const Error& error);

}  // namespace belvedere::runtime
