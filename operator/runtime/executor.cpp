#include "operator/runtime/executor.h"

#include <string>
#include <utility>

#include "operator/base/log.h"
#include "operator/base/random.h"
#include "operator/cache/owned_hash.h"
#include "operator/runtime/ownership.h"
#include "operator/runtime/plan_memo.h"

namespace belvedere::runtime {
namespace {

constexpr std::size_t kRandomLength = 32;
constexpr const char* kWrites = "belvedere_child_writes_total";
constexpr const char* kWritesHelp = "Writes of children";

Labels KindLabel(const kube::ResourceRef& ref) { return {{"kind", std::string(ref.type.kind())}}; }

// Stopped, or overtaken by another change of the child: owed still, and nothing to report.
bool IsOvertaken(const Error& error) {
  return error.code == ErrorCode::kCanceled || error.code == ErrorCode::kConflict;
}

void AddFailure(const kube::ResourceRef& ref, Error error, Outcome& outcome) {
  if (IsOvertaken(error)) {
    ++outcome.pending;
    return;
  }
  const Failure::Kind kind = FailureKindOf(error);
  outcome.failures.push_back({.ref = ref, .error = std::move(error), .kind = kind});
}

void AddConflict(const kube::ResourceRef& ref, Outcome& outcome) {
  Error error{.code = ErrorCode::kAlreadyExists,
              .reason = "OwnershipConflict",
              .message = kube::ToString(ref) + " exists and was not made by this resource",
              .retry_after = {}};
  outcome.failures.push_back(
      {.ref = ref, .error = std::move(error), .kind = Failure::Kind::kOwnershipConflict});
}

Status ToStatus(const Result<Json>& result) {
  if (!result) return Fail(result.error());
  return {};
}

// Workloads that run are read back, for their numbers. Of all else the answer's version says that
// the intent is live at it, and neither the answer nor the watch event of that version is decoded.
kube::Projection AnswerOf(const kube::ResourceType& type, kube::ApplyMode mode) {
  const bool has_numbers = cache::HasRollout(type) && mode == kube::ApplyMode::kUpdateOwned;
  return has_numbers ? kube::Projection::kFull : kube::Projection::kMetadata;
}

kube::ApplyOptions Update(std::string uid) {
  return {.mode = kube::ApplyMode::kUpdateOwned, .uid = std::move(uid)};
}

}  // namespace

Failure::Kind FailureKindOf(const Error& error) {
  if (error.code == ErrorCode::kForbidden) return Failure::Kind::kDenied;
  if (error.code != ErrorCode::kInvalid) return Failure::Kind::kRetry;
  // An admission policy answers 422 with its own words; the API server's validation never says so.
  const bool is_denied = error.message.find(" denied request") != std::string::npos ||
                         error.message.find(" denied the request") != std::string::npos;
  return is_denied ? Failure::Kind::kDenied : Failure::Kind::kInvalid;
}

Executor::Executor(kube::Client& client, Metrics& metrics, Caches& caches)
    : client_(client), metrics_(metrics), caches_(caches) {}

Outcome Executor::Execute(const Kind& kind, const cache::Primary& self, Plan& plan,
                          const std::stop_token& stop) {
  const bool is_refused = plan.refused.has_value();
  const bool is_paused = plan.management == Management::kPaused;
  Outcome outcome;
  std::set<kube::ResourceRef> needed(plan.keep.begin(), plan.keep.end());
  for (Intent& intent : plan.intents) {
    Step step{.self = self, .ref = {intent.type, kube::KeyOf(intent.object)}};
    const bool is_due = (!is_refused && !is_paused) || intent.when == Intent::When::kAlways;
    needed.insert(step.ref);
    if (stop.stop_requested()) {
      ++outcome.pending;
      continue;
    }
    step.secret = std::move(intent.secret);
    step.object = OwnedIntent(kind, self, std::move(intent));
    step.hash = cache::IntentHash(step.object);
    if (is_due) {
      Take(step, stop, outcome);
    } else if (NeedOf(step, caches_.children().Find(step.ref).get()) != Need::kNothing) {
      ++outcome.pending;
    }
  }
  std::vector<Intent>().swap(plan.intents);  // the memo keeps the plan, and clear() the room
  if (is_refused) return outcome;
  if (is_paused) {
    outcome.pending += static_cast<int>(Leftovers(self, needed).size());
    return outcome;
  }
  for (const kube::ResourceRef& ref : plan.keep) {
    if (const auto child = caches_.children().Find(ref)) outcome.accepted += StateOf(*child);
  }
  Sweep(self, needed, stop, outcome);
  return outcome;
}

Executor::Need Executor::NeedOf(const Step& step, const cache::Child* child) {
  if (child == nullptr) return Need::kCreate;
  if (child->deleting) return Need::kWait;
  if (child->owner_uid != step.self.uid) return Need::kExamine;
  if (child->owned_hash == step.hash) return Need::kNothing;
  const Ledger::Entry entry = ledger_.Find(step.ref);
  if (entry.intent_hash == step.hash && entry.live_hash == child->owned_hash) {
    return Need::kNothing;
  }
  // Labels alone can be forged; an ownerReference with our UID is a claim that we may accept.
  const bool is_certain = child->owned_by == cache::OwnedBy::kReference || child->owned_hash != 0;
  return is_certain ? Need::kUpdate : Need::kExamine;
}

void Executor::Take(const Step& step, const std::stop_token& stop, Outcome& outcome) {
  const auto child = caches_.children().Find(step.ref);
  Status status;
  switch (NeedOf(step, child.get())) {
    case Need::kNothing:
      if (ledger_.Find(step.ref).intent_hash != step.hash) {
        ledger_.Put(step.ref, {.intent_hash = step.hash, .live_hash = child->owned_hash});
      }
      outcome.accepted += StateOf(*child);
      return;
    case Need::kWait:
      ++outcome.pending;
      return;
    case Need::kExamine:
      Examine(step, stop, outcome);
      return;
    case Need::kCreate:
      status = Write(step, {.mode = kube::ApplyMode::kCreateOnly}, stop, outcome);
      break;
    case Need::kUpdate:
      status = Write(step, Update(child->uid.str()), stop, outcome);
      break;
  }
  if (status.has_value()) return;
  // Somebody's object, or our own after a reply that was lost.
  if (status.error().code == ErrorCode::kAlreadyExists) {
    Examine(step, stop, outcome);
    return;
  }
  AddFailure(step.ref, std::move(status).error(), outcome);
}

void Executor::Count(const kube::ResourceRef& ref, const char* verb, const Status& status) {
  metrics_
      .GetCounter(kWrites, kWritesHelp,
                  {{"kind", std::string(ref.type.kind())},
                   {"verb", verb},
                   {"result", status.has_value() ? "success" : "failure"}})
      .Add();
}

Status Executor::MakeSecret(const Step& step, const std::stop_token& stop) {
  const GeneratedSecret& wanted = *step.secret;
  const kube::ResourceRef marker{kube::types::kConfigMap, {step.ref.key.ns, wanted.name}};
  const auto owner = caches_.children().Find(marker);
  if (owner == nullptr || owner->deleting || owner->owner_uid != step.self.uid) {
    return Fail(ErrorCode::kConflict, kube::ToString(marker) + " is not there yet");
  }
  Result<std::string> random = RandomText(kRandomLength);
  if (!random) return Fail(random.error());
  const Json reference{{"apiVersion", marker.type.ApiVersion()},
                       {"kind", marker.type.kind()},
                       {"name", wanted.name},
                       {"uid", owner->uid.str()}};
  const kube::ResourceType& type = kube::types::kSecret;
  Json secret{{"apiVersion", type.ApiVersion()},
              {"kind", type.kind()},
              {"immutable", true},
              {"metadata",
               {{"name", wanted.name},
                {"namespace", marker.key.ns},
                {"labels", step.object["metadata"]["labels"]},
                {"ownerReferences", Json::array({reference})}}},
              {"stringData", wanted.known}};
  secret["stringData"][wanted.random] = *std::move(random);
  Status made = ToStatus(client_.Create(type, secret, stop));
  // Made before, by us: a name is used for one marker only.
  if (!made && made.error().code == ErrorCode::kAlreadyExists) made = {};
  Count({type, marker.key}, "create", made);
  return made;
}

Status Executor::Write(const Step& step, kube::ApplyOptions options, const std::stop_token& stop,
                       Outcome& outcome) {
  if (step.secret) {
    if (Status made = MakeSecret(step, stop); !made) return made;
  }
  options.answer = AnswerOf(step.ref.type, options.mode);
  const auto expectation = caches_.children().Expect(step.ref);
  const bool is_drift = ledger_.Find(step.ref).intent_hash == step.hash;
  auto live = client_.Apply(step.ref.type, step.object, options, stop);
  const bool creates = options.mode == kube::ApplyMode::kCreateOnly;
  Count(step.ref, creates ? "create" : "update", ToStatus(live));
  if (!live.has_value()) return Fail(live.error());
  ++outcome.applied;
  if (is_drift) {
    outcome.corrected.push_back(step.ref);
    metrics_
        .GetCounter("belvedere_drift_corrected_total", "Children put right after a foreign change",
                    KindLabel(step.ref))
        .Add();
    log::Info("drift corrected", {{"child", kube::ToString(step.ref)}});
  }
  const bool is_whole = options.answer == kube::Projection::kFull;
  // What a workload that was just made is to have, as its first status is still to come.
  if (!is_whole) (*live)["spec"]["replicas"] = At(step.object, "/spec/replicas");
  cache::Child child = cache::DecodeChild(step.ref.type, *live);
  if (!is_whole) child.owned_hash = step.hash;
  Remember(step, std::move(child), outcome);
  return {};
}

void Executor::Remember(const Step& step, cache::Child child, Outcome& outcome) {
  const auto [present, is_stored] = caches_.children().Offer(child);
  // The watch was faster, and has read what the server made of the intent.
  if (!is_stored && present != nullptr && present->resource_version == child.resource_version) {
    child = *present;
  }
  outcome.accepted += StateOf(child);
  ledger_.Put(step.ref, {.intent_hash = step.hash, .live_hash = child.owned_hash});
  if (child.owned_hash != step.hash) {
    metrics_
        .GetCounter("belvedere_intent_not_canonical_total",
                    "Intents that the API server stored in another form than written",
                    KindLabel(step.ref))
        .Add();
    log::Debug("intent is not canonical", {{"child", kube::ToString(step.ref)},
                                           {"intent", Dump(cache::IntentFields(step.object))}});
  }
}

void Executor::Examine(const Step& step, const std::stop_token& stop, Outcome& outcome) {
  const auto live = client_.Get(step.ref, stop);
  if (!live.has_value()) {
    if (live.error().code == ErrorCode::kNotFound) {
      ++outcome.pending;  // gone again: the next pass finds the place free
    } else {
      AddFailure(step.ref, live.error(), outcome);
    }
    return;
  }
  switch (ClaimOf(*live, caches_, step.self)) {
    case Claim::kForeign:
      AddConflict(step.ref, outcome);
      return;
    case Claim::kOurs:
      break;
    case Claim::kDoomed: {
      // Of a resource that lives: a conflict. Of one that is gone: the garbage collector's.
      if (caches_.FindOwner(kube::ControllerUidOf(*live)).primary != nullptr) {
        AddConflict(step.ref, outcome);
      } else {
        ++outcome.pending;
      }
      return;
    }
    case Claim::kOrphan: {
      const auto is_gone = IsOwnerGone(client_, caches_, *live, stop);
      if (!is_gone.has_value()) {
        AddFailure(step.ref, is_gone.error(), outcome);
        return;
      }
      if (!*is_gone) {
        AddConflict(step.ref, outcome);
        return;
      }
      break;
    }
  }
  if (At(*live, "/metadata/deletionTimestamp").is_string()) {
    ++outcome.pending;
    return;
  }
  if (cache::OwnedHash(*live) == step.hash) {
    Remember(step, cache::DecodeChild(step.ref.type, *live), outcome);
    return;
  }
  Status status = Write(step, Update(kube::UidOf(*live)), stop, outcome);
  if (!status.has_value()) AddFailure(step.ref, std::move(status).error(), outcome);
}

std::vector<std::shared_ptr<const cache::Child>> Executor::Leftovers(
    const cache::Primary& self, const std::set<kube::ResourceRef>& needed) const {
  std::vector<std::shared_ptr<const cache::Child>> leftovers;
  for (const auto& child : caches_.children().ByIndex(self.uid)) {
    if (!child->deleting && !needed.contains(child->ref)) leftovers.push_back(child);
  }
  PutWorkloadsFirst(leftovers);
  return leftovers;
}

void Executor::Sweep(const cache::Primary& self, const std::set<kube::ResourceRef>& needed,
                     const std::stop_token& stop, Outcome& outcome) {
  for (const auto& child : Leftovers(self, needed)) {
    // Carries our labels, but was never applied by us.
    if (child->owned_by != cache::OwnedBy::kReference && child->owned_hash == 0) {
      outcome.accepted += StateOf(*child);
      continue;
    }
    const Status status = client_.Delete(
        child->ref,
        {.uid = child->uid.str(), .resource_version = std::to_string(child->resource_version)},
        stop);
    if (status.has_value() || status.error().code == ErrorCode::kNotFound) {
      ++outcome.deleted;
      metrics_
          .GetCounter("belvedere_child_deletes_total", "Deletions of children",
                      KindLabel(child->ref))
          .Add();
    } else {
      AddFailure(child->ref, status.error(), outcome);
    }
  }
}

}  // namespace belvedere::runtime
