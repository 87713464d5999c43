#include "operator/cli/resource_diff.h"

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

// The resources of the cluster as they would be: those of the file with its spec, new ones last.
Result<std::vector<Primary>> PeersAfter(kube::Client& client, const kube::ResourceType& type,
                                        const std::vector<Primary>& wanted,
                                        const std::stop_token& stop) {
  const Result<std::vector<Json>> live = ListAll(client, type, "", stop);
  if (!live && live.error().code == ErrorCode::kNotFound) {
    return Fail(ErrorCode::kNotFound, "the API server does not know " + std::string(type.kind()) +
                                          ": install Belvedere's CRDs first");
  }
  if (!live) return Fail(live.error());
  std::map<kube::ObjectKey, cache::Primary> peers;
  for (const Json& object : *live) {
    cache::Primary peer = cache::DecodePrimary(object);
    peers.insert_or_assign(peer.key, std::move(peer));
  }
  int number = 0;
  for (const Primary& resource : wanted) {
    const auto found = peers.find(resource->key);
    if (found != peers.end()) {
      found->second.spec = resource->spec;
      continue;
    }
    cache::Primary fresh = *resource;
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

// Adds the namespaces of `resources`, where plans depend on them.
Status AddNamespaces(kube::Client& client, const runtime::Kind& kind,
                     const std::vector<Primary>& resources, runtime::World& world,
                     const std::stop_token& stop) {
  if (kind.namespace_use() == runtime::NamespaceUse::kNone) return {};
  for (const Primary& resource : resources) {
    const std::string& name = resource->key.ns;
    if (world.namespaces.Find(name) != nullptr) continue;
    const Result<Json> live = client.Get({kube::types::kNamespace, {.ns = "", .name = name}}, stop);
    if (!live && live.error().code != ErrorCode::kNotFound) return Fail(live.error());
    cache::Namespace ns{.key = {.ns = "", .name = name}, .uid = "to-be-created"};
    if (live) ns = cache::DecodeNamespace(*live);
    world.namespaces.Put(std::move(ns));
  }
  return {};
}

// What plans of the kind depend on, as the cluster would be.
Result<runtime::World> WorldAfter(kube::Client& client, const Resources& wanted,
                                  const std::stop_token& stop) {
  const runtime::Kind& kind = wanted.kind;
  Result<std::vector<Primary>> peers = PeersAfter(client, kind.type(), wanted.items, stop);
  if (!peers) return Fail(peers.error());
  runtime::World world{.peers = *std::move(peers)};
  for (const kube::ResourceType& type : kind.reads()) {
    Result<std::vector<Primary>> others = PeersAfter(client, type, {}, stop);
    // A release that has just brought the kind is compared before its CRDs are there.
    if (!others && others.error().code != ErrorCode::kNotFound) return Fail(others.error());
    world.others[type] = others ? *std::move(others) : std::vector<Primary>();
  }
  if (Status read = AddNamespaces(client, kind, world.peers, world, stop); !read) {
    return Fail(read.error());
  }
  for (const auto& [type, others] : world.others) {
    if (Status read = AddNamespaces(client, kind, others, world, stop); !read) {
      return Fail(read.error());
    }
  }
  return world;
}

class Comparison {
 public:
  Comparison(kube::Client& client, const runtime::Kind& kind, runtime::World world,
             std::stop_token stop)
      : client_(client), kind_(kind), stop_(std::move(stop)), world_(std::move(world)) {}

  Result<ResourceDiff> Run(const kube::ObjectKey& key) {
    ResourceDiff diff;
    for (const Primary& peer : world_.peers) {
      if (peer->key == key) diff.resource = peer;
    }
    const cache::Primary& self = *diff.resource;
    if (const Status read = Observe(self); !read) return Fail(read.error());
    const runtime::Plan plan = kind_.MakePlan(self, world_);
    if (plan.refused) {
      return Fail(ErrorCode::kInvalid,
                  NameOf(kind_, self) + ": " + plan.refused->reason + ": " + plan.refused->message);
    }
    if (plan.management == runtime::Management::kPaused) {
      diff.management = ResourceDiff::Management::kPaused;
    }
    for (const runtime::Intent& intent : plan.intents) {
      if (const Status done = Compare(self, intent, diff); !done) return Fail(done.error());
    }
    AddLeftovers(plan, diff);
    return diff;
  }

 private:
  // Its children by label, and what it shares with others.
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

  Status Compare(const cache::Primary& self, const runtime::Intent& intent, ResourceDiff& diff) {
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

  void AddLeftovers(const runtime::Plan& plan, ResourceDiff& diff) const {
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

Result<std::vector<ResourceDiff>> DiffResources(kube::Client& client, const Resources& wanted,
                                                std::stop_token stop) {
  const runtime::Kind& kind = wanted.kind;
  Result<runtime::World> world = WorldAfter(client, wanted, stop);
  if (!world) return Fail(world.error());
  Comparison comparison(client, kind, *std::move(world), stop);
  std::vector<ResourceDiff> diffs;
  for (const Primary& resource : wanted.items) {
    Result<ResourceDiff> diff = comparison.Run(resource->key);
    if (!diff) return Fail(diff.error());
    diffs.push_back(*std::move(diff));
  }
  return diffs;
}

std::string Describe(const runtime::Kind& kind, const ResourceDiff& diff) {
  if (diff.objects.empty()) return {};
  std::string text = "# " + NameOf(kind, *diff.resource);
  if (diff.management == ResourceDiff::Management::kPaused) {
    text += "  (paused: the operator does none of this)";
  }
  text += "\n";
  for (const ObjectDiff& object : diff.objects) text += Describe(object);
  return text;
}

}  // namespace belvedere::cli
