#include "operator/runtime/testing/toy_kind.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace belvedere::runtime {
namespace {

constexpr std::array kChildTypes = {kube::types::kConfigMap, kube::types::kStatefulSet,
                                    kube::types::kClusterRoleBinding};

Json SpecOf(const cache::Primary& self) {
  auto spec = ParseJson(self.spec);
  return spec.has_value() ? *std::move(spec) : Json::object();
}

bool Wants(const cache::Primary& self, const char* field) {
  return At(SpecOf(self), field) == Json(true);
}

// The texts of the boxes that name the toy, in order, with the label `mark` of their namespace.
std::string BoxesOf(const cache::Primary& toy, const World& world) {
  std::string texts;
  const auto boxes = world.others.find(kBoxType);
  if (boxes == world.others.end()) return texts;
  for (const auto& box : boxes->second) {
    if (box->deleting || box->key.ns != toy.key.ns) continue;
    if (StringAt(SpecOf(*box), "/toy") != toy.key.name) continue;
    texts += "+" + StringAt(SpecOf(*box), "/text");
    const cache::Namespace* ns = world.namespaces.Find(box->key.ns);
    if (ns == nullptr) continue;
    const auto mark = ns->labels.find("mark");
    if (mark != ns->labels.end()) texts += "@" + mark->second;
  }
  return texts;
}

bool IsOlder(const std::shared_ptr<const cache::Primary>& left,
             const std::shared_ptr<const cache::Primary>& right) {
  return std::tie(left->created, left->uid) < std::tie(right->created, right->uid);
}

std::shared_ptr<const cache::Primary> OldestSharer(
    std::span<const std::shared_ptr<const cache::Primary>> peers) {
  std::shared_ptr<const cache::Primary> oldest;
  for (const auto& peer : peers) {
    if (peer->deleting || !Wants(*peer, "/shared")) continue;
    if (oldest == nullptr || IsOlder(peer, oldest)) oldest = peer;
  }
  return oldest;
}

// The names of those who share the singleton, the oldest first.
std::string SharersOf(std::span<const std::shared_ptr<const cache::Primary>> peers) {
  std::vector<std::shared_ptr<const cache::Primary>> sharers;
  for (const auto& peer : peers) {
    if (!peer->deleting && Wants(*peer, "/shared")) sharers.push_back(peer);
  }
  std::ranges::sort(sharers, IsOlder);
  std::string names;
  for (const auto& sharer : sharers) names += (names.empty() ? "" : " ") + sharer->key.name;
  return names;
}

Intent ConfigMap(const kube::ObjectKey& key, const std::string& text) {
  return {kube::types::kConfigMap,
          {{"apiVersion", "v1"},
           {"kind", "ConfigMap"},
           {"metadata", {{"namespace", key.ns}, {"name", key.name}}},
           {"data", {{"text", text}}}}};
}

Intent StatefulSet(const kube::ObjectKey& key) {
  const Json labels{{"app", key.name}};
  return {
      kube::types::kStatefulSet,
      {{"apiVersion", "apps/v1"},
       {"kind", "StatefulSet"},
       {"metadata", {{"namespace", key.ns}, {"name", key.name}}},
       {"spec",
        {{"replicas", 1},
         {"serviceName", key.name},
         {"selector", {{"matchLabels", labels}}},
         {"template",
          {{"metadata", {{"labels", labels}}},
           {"spec", {{"containers", Json::array({{{"name", "toy"}, {"image", "toy:1"}}})}}}}}}}}};
}

Intent Binding(const kube::ObjectKey& key) {
  return {kube::types::kClusterRoleBinding,
          {{"apiVersion", "rbac.authorization.k8s.io/v1"},
           {"kind", "ClusterRoleBinding"},
           {"metadata", {{"name", key.ns + "-" + key.name}}},
           {"roleRef",
            {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", "toy"}}},
           {"subjects",
            Json::array({{{"kind", "ServiceAccount"}, {"name", "toy"}, {"namespace", key.ns}}})}}};
}

std::optional<Cause> StalledBy(const Outcome& outcome) {
  for (const Failure& failure : outcome.failures) {
    switch (failure.kind) {
      case Failure::Kind::kOwnershipConflict:
        return Cause{"OwnershipConflict", failure.error.message};
      case Failure::Kind::kDenied:
        return Cause{"Forbidden", failure.error.message};
      case Failure::Kind::kInvalid:
        return Cause{"InvalidSpec", failure.error.message};
      case Failure::Kind::kRetry:
        break;
    }
  }
  return std::nullopt;
}

int LoadedPods(const World& world, const std::string& wanted) {
  return static_cast<int>(std::ranges::count_if(world.pods, [&](const auto& pod) {
    const auto answer = world.agents.find(pod->uid);
    return answer != world.agents.end() && answer->second.loaded == wanted;
  }));
}

}  // namespace

std::span<const kube::ResourceType> ToyKind::child_types() const { return kChildTypes; }

Plan ToyKind::MakePlan(const cache::Primary& self, const World& world) const {
  const Json spec = SpecOf(self);
  Plan plan;
  if (StringAt(spec, "/management") == "Paused") plan.management = Management::kPaused;
  const auto sharer = OldestSharer(world.peers);
  if (sharer != nullptr && sharer->uid == self.uid) {
    plan.intents.push_back(ConfigMap(SingletonRef().key, SharersOf(world.peers)));
    plan.intents.back().tie = Intent::Tie::kInventory;
    plan.intents.back().when = Intent::When::kAlways;
  }
  if (const std::string why = StringAt(spec, "/refused"); !why.empty()) {
    plan.refused = Cause{"InvalidSpec", why};
    return plan;
  }
  plan.intents.push_back(ConfigMap(self.key, StringAt(spec, "/text") + BoxesOf(self, world)));
  if (Wants(self, "/extra")) {
    plan.intents.push_back(ConfigMap({self.key.ns, self.key.name + "-extra"}, "extra"));
  }
  if (Wants(self, "/secret")) {
    plan.intents.push_back(ConfigMap({self.key.ns, self.key.name + "-secret"}, "made"));
  }
  plan.intents.push_back(Binding(self.key));
  plan.intents.push_back(StatefulSet(self.key));
  if (Wants(self, "/secret")) {
    plan.intents.back().secret = GeneratedSecret{
        .name = self.key.name + "-secret", .known = {{"username", "admin"}}, .random = "password"};
  }
  if (const std::string wanted = StringAt(spec, "/reload"); !wanted.empty()) {
    plan.components.push_back({.name = "toy",
                               .workload = {kube::types::kStatefulSet, self.key},
                               .wanted = wanted,
                               .agent_port = 9533});
  }
  return plan;
}

std::string ToyKind::PlanInputs(const cache::Primary& self, const World& world) const {
  return std::to_string(self.generation) + " " + SharersOf(world.peers) + BoxesOf(self, world);
}

Report ToyKind::MakeReport(const cache::Primary& self, const World& world, const Plan& plan,
                           const Outcome& outcome) const {
  Report report;
  Verdict& verdict = report.verdict;
  verdict.accepted = {Truth::kTrue, {"Accepted", ""}};
  verdict.available = {Truth::kTrue, {"Available", ""}};
  verdict.config_loaded = {Truth::kTrue, {"ConfigLoaded", ""}};
  verdict.stalled = StalledBy(outcome);
  if (plan.refused.has_value()) {
    verdict.accepted = {Truth::kFalse, *plan.refused};
    verdict.stalled = plan.refused;
  }
  const std::string wanted = StringAt(SpecOf(self), "/reload");
  const int loaded = LoadedPods(world, wanted);
  if (!wanted.empty() && loaded < static_cast<int>(world.pods.size())) {
    verdict.config_loaded = {Truth::kFalse, {"Loading", ""}};
  }
  if (!outcome.failures.empty() || outcome.pending > 0) {
    verdict.progressing = Cause{"Retrying", ""};
  }
  if (plan.management == Management::kPaused && outcome.pending > 0) {
    verdict.paused = Cause{"Paused", std::to_string(outcome.pending) + " writes wait"};
    verdict.progressing.reset();
  }
  int ready = 0;
  for (const auto& child : world.children) {
    if (child->rollout.has_value()) ready += child->rollout->ready;
  }
  report.fields = {{"ready", ready}, {"children", world.children.size()}, {"loaded", loaded}};
  return report;
}

std::span<const kube::ResourceType> ToyKind::reads() const {
  static constexpr std::array kRead = {kBoxType};
  return kRead;
}

std::vector<kube::ObjectKey> ToyKind::Concerned(
    const kube::ResourceType& /*type*/, const cache::Primary& other,
    std::span<const std::shared_ptr<const cache::Primary>> /*peers*/) const {
  return {{other.key.ns, StringAt(SpecOf(other), "/toy")}};
}

std::span<const kube::ResourceType> BoxKind::reads() const {
  static constexpr std::array kRead = {kToyType};
  return kRead;
}

std::vector<kube::ObjectKey> BoxKind::Concerned(
    const kube::ResourceType& /*type*/, const cache::Primary& other,
    std::span<const std::shared_ptr<const cache::Primary>> peers) const {
  std::vector<kube::ObjectKey> keys;
  for (const auto& box : peers) {
    const bool is_its = StringAt(SpecOf(*box), "/toy") == other.key.name;
    if (is_its && box->key.ns == other.key.ns) keys.push_back(box->key);
  }
  return keys;
}

Plan BoxKind::MakePlan(const cache::Primary& /*self*/, const World& /*world*/) const { return {}; }

std::string BoxKind::PlanInputs(const cache::Primary& self, const World& /*world*/) const {
  return std::to_string(self.generation);
}

Report BoxKind::MakeReport(const cache::Primary& self, const World& world, const Plan& /*plan*/,
                           const Outcome& /*outcome*/) const {
  Report report;
  report.verdict.accepted = {Truth::kTrue, {"Accepted", ""}};
  report.verdict.available = {Truth::kTrue, {"Available", ""}};
  report.verdict.config_loaded = {Truth::kTrue, {"ConfigLoaded", ""}};
  report.fields = {{"children", -1}};
  const auto toys = world.others.find(kToyType);
  if (toys == world.others.end()) return report;
  for (const auto& toy : toys->second) {
    if (toy->key != kube::ObjectKey{self.key.ns, StringAt(SpecOf(self), "/toy")}) continue;
    if (toy->status.empty()) continue;
    report.fields["children"] = At(*ParseJson(toy->status), "/children");
  }
  return report;
}

std::vector<kube::ResourceRef> ToyKind::Shared(const cache::Primary& self) const {
  if (!Wants(self, "/shared")) return {};
  return {SingletonRef()};
}

std::shared_ptr<const cache::Primary> ToyKind::Heir(
    const cache::Child& orphan,
    std::span<const std::shared_ptr<const cache::Primary>> peers) const {
  return orphan.ref == SingletonRef() ? OldestSharer(peers) : nullptr;
}

}  // namespace belvedere::runtime
