#include "operator/cli/stack_diff.h"

#include <map>
#include <set>

#include "operator/cache/owned_hash.h"
#include "operator/runtime/ownership.h"

namespace belvedere::cli {
namespace {

using Live = std::map<kube::ResourceRef, Json>;

Result<std::vector<Json>> ListAll(kube::Client& client, const kube::ResourceType& type,
                                  const std::string& selector, const std::stop_token& stop) {
  std::vector<Json> items;
  kube::ListOptions options;
  options.label_selector = selector;
  do {
    Result<kube::ListPage> page = client.List(type, options, stop);
    if (!page) return Fail(page.error());
    items.insert(items.end(), page->items.begin(), page->items.end());
    options.continue_token = page->continue_token;
  } while (!options.continue_token.empty());
  return items;
}

// The stacks of the cluster as they would be: those of the file with its spec, new ones last.
Result<std::vector<Primary>> PeersAfter(kube::Client& client, const kube::ResourceType& type,
                                        const std::vector<Primary>& wanted,
                                        const std::stop_token& stop) {
  const Result<std::vector<Json>> live = ListAll(client, type, "", stop);
  if (!live && live.error().code == ErrorCode::kNotFound) {
    return Fail(ErrorCode::kNotFound, "the API server does not know " + std::string(type.kind) +
                                          ": install Belvedere's CRDs first");
  }
  if (!live) return Fail(live.error());
  std::map<kube::ObjectKey, cache::Primary> peers;
  for (const Json& object : *live) {
    cache::Primary peer = cache::DecodePrimary(object);
    peers.insert_or_assign(peer.key, std::move(peer));
  }
  int number = 0;
  for (const Primary& stack : wanted) {
    const auto found = peers.find(stack->key);
    if (found != peers.end()) {
      found->second.spec = stack->spec;
      continue;
    }
    cache::Primary fresh = *stack;
    fresh.created = "9999-12-31T23:59:59Z";
    fresh.uid = "to-be-created-" + std::to_string(number++);
    peers.emplace(fresh.key, std::move(fresh));
  }
  std::vector<Primary> result;
  result.reserve(peers.size());
  for (auto& [key, peer] : peers) {
    result.push_back(std::make_shared<const cache::Primary>(std::move(peer)));
  }
  return result;
}

class Comparison {
 public:
  Comparison(kube::Client& client, const runtime::Kind& kind, std::vector<Primary> peers,
             std::stop_token stop)
      : client_(client), kind_(kind), stop_(std::move(stop)) {
    world_.peers = std::move(peers);
  }

  Result<StackDiff> Run(const kube::ObjectKey& key) {
    StackDiff diff;
    for (const Primary& peer : world_.peers) {
      if (peer->key == key) diff.stack = peer;
    }
    const cache::Primary& self = *diff.stack;
    if (const Status read = Observe(self); !read) return Fail(read.error());
    const runtime::Plan plan = kind_.MakePlan(self, world_);
    if (plan.refused) {
      return Fail(ErrorCode::kInvalid,
                  NameOf(self) + ": " + plan.refused->reason + ": " + plan.refused->message);
    }
    if (plan.management == runtime::Management::kPaused) {
      diff.management = StackDiff::Management::kPaused;
    }
    for (const runtime::Intent& intent : plan.intents) {
      if (const Status done = Compare(self, intent, diff); !done) return Fail(done.error());
    }
    AddLeftovers(plan, diff);
    return diff;
  }

 private:
  // The stack's children by label, and what it shares with other stacks.
  Status Observe(const cache::Primary& self) {
    live_.clear();
    world_.children.clear();
    world_.shared.clear();
    const std::string selector = std::string(cache::kOwnerUidLabel) + "=" + self.uid;
    for (const kube::ResourceType& type : kind_.child_types()) {
      const Result<std::vector<Json>> items = ListAll(client_, type, selector, stop_);
      if (!items) return Fail(items.error());
      for (const Json& item : *items) {
        live_.insert_or_assign({type, kube::KeyOf(item)}, item);
        world_.children.push_back(
            std::make_shared<const cache::Child>(cache::DecodeChild(type, item)));
      }
    }
    for (const kube::ResourceRef& ref : kind_.Shared(self)) {
      const Result<Json> item = client_.Get(ref, stop_);
      if (!item && item.error().code != ErrorCode::kNotFound) return Fail(item.error());
      if (!item) continue;
      world_.shared.push_back(
          std::make_shared<const cache::Child>(cache::DecodeChild(ref.type, *item)));
    }
    return {};
  }

  Status Compare(const cache::Primary& self, const runtime::Intent& intent, StackDiff& diff) {
    const kube::ResourceRef ref{intent.type, kube::KeyOf(intent.object)};
    auto found = live_.find(ref);
    if (found == live_.end()) {
      Result<Json> live = client_.Get(ref, stop_);
      if (!live && live.error().code != ErrorCode::kNotFound) return Fail(live.error());
      if (!live) {
        diff.objects.push_back({ObjectDiff::Kind::kCreate, ref, {}});
        return {};
      }
      found = live_.emplace(ref, *std::move(live)).first;
    }
    const std::string controller = kube::ControllerUidOf(found->second);
    const bool ours =
        controller.empty() ? runtime::IsAppliedByUs(found->second) : controller == self.uid;
    if (!ours) {
      diff.objects.push_back({ObjectDiff::Kind::kConflict, ref, {}});
      return {};
    }
    std::vector<FieldChange> fields =
        DiffFields(found->second, cache::OwnedFields(found->second),
                   cache::IntentFields(runtime::OwnedIntent(kind_, self, intent)));
    if (!fields.empty()) {
      diff.objects.push_back({ObjectDiff::Kind::kChange, ref, std::move(fields)});
    }
    return {};
  }

  void AddLeftovers(const runtime::Plan& plan, StackDiff& diff) const {
    std::set<kube::ResourceRef> wanted(plan.keep.begin(), plan.keep.end());
    for (const runtime::Intent& intent : plan.intents) {
      wanted.insert({intent.type, kube::KeyOf(intent.object)});
    }
    for (const auto& child : world_.children) {
      if (!child->deleting && !wanted.contains(child->ref)) {
        diff.objects.push_back({ObjectDiff::Kind::kDelete, child->ref, {}});
      }
    }
  }

  kube::Client& client_;
  const runtime::Kind& kind_;
  const std::stop_token stop_;
  runtime::World world_;
  Live live_;
};

std::string Describe(const ObjectDiff& object) {
  const std::string name = kube::ToString(object.ref);
  switch (object.kind) {
    case ObjectDiff::Kind::kCreate:
      return "+ " + name + "  would be created\n";
    case ObjectDiff::Kind::kDelete:
      return "- " + name + "  would be deleted\n";
    case ObjectDiff::Kind::kConflict:
      return "! " + name + "  exists and is not Belvedere's: rename or delete it\n";
    case ObjectDiff::Kind::kChange:
      break;
  }
  std::string text = "~ " + name + "  would be changed\n";
  for (const FieldChange& change : object.fields) text += Describe(change);
  return text;
}

}  // namespace

Result<std::vector<StackDiff>> DiffStacks(kube::Client& client, const runtime::Kind& kind,
                                          const std::vector<Primary>& wanted,
                                          std::stop_token stop) {
  Result<std::vector<Primary>> peers = PeersAfter(client, kind.type(), wanted, stop);
  if (!peers) return Fail(peers.error());
  Comparison comparison(client, kind, *std::move(peers), stop);
  std::vector<StackDiff> diffs;
  for (const Primary& stack : wanted) {
    Result<StackDiff> diff = comparison.Run(stack->key);
    if (!diff) return Fail(diff.error());
    diffs.push_back(*std::move(diff));
  }
  return diffs;
}

std::string Describe(const StackDiff& diff) {
  if (diff.objects.empty()) return {};
  std::string text = "# " + NameOf(*diff.stack);
  if (diff.management == StackDiff::Management::kPaused) {
    text += "  (paused: the operator does none of this)";
  }
  text += "\n";
  for (const ObjectDiff& object : diff.objects) text += Describe(object);
  return text;
}

}  // namespace belvedere::cli
