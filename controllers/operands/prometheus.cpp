#include "controllers/operands/prometheus.h"

#include <algorithm>
#include <charconv>

#include "controllers/config/prometheus.h"
#include "controllers/config/rules.h"
#include "controllers/config/slo.h"
#include "controllers/config/yaml.h"
#include "controllers/operands/builders.h"
#include "controllers/operands/reload.h"
#include "operator/base/hash.h"

namespace belvedere::operands {
namespace {

using monitoringstack::Spec;
using monitoringstack::State;

constexpr std::string_view kComponent = "prometheus";
constexpr int kWebPort = 9090;
constexpr const char* kRole = "belvedere-prometheus";
constexpr const char* kConfigMount = "config";
constexpr const char* kConfigKey = "prometheus.yml";
constexpr const char* kPolicyMount = "policies";
constexpr std::string_view kShardPrefix = "policies-";
// A crash is followed by a replay of the write-ahead log, which may take minutes.
constexpr int kStopSeconds = 600;

struct Names {
  std::string own;       // StatefulSet, Service, ConfigMap, …
  std::string headless;  // the StatefulSet's governing Service
  std::string binding;   // cluster-scoped, so it must tell namespaces apart
};

// A name may hold a dash, so "a-b" of "c" and "a" of "b-c" need the hash to differ.
Names NamesOf(const StackRef& stack) {
  const std::string own = "prometheus-" + stack.name;
  return {.own = own,
          .headless = "headless-" + own,
          .binding = "belvedere-prometheus-" + stack.ns + "-" + stack.name + "-" +
                     ShortHash(stack.ns + "/" + stack.name)};
}

std::vector<Port> WebPorts() { return {{"web", kWebPort}}; }

Json PrometheusContainer(const Input& input) {
  Json args = Json::array(
      {"--config.file=" + std::string(kActiveDir) + "/" + kConfigMount + "/" + kConfigKey,
       // Not the root of the volume, which may hold a lost+found.
       "--storage.tsdb.path=/prometheus/data", "--web.enable-lifecycle"});
  Json container = {{"name", "prometheus"},
                    {"image", ImageOf(Prometheus(), input)},
                    {"args", std::move(args)},
                    {"env", Json::array()},
                    {"ports", ContainerPorts(WebPorts())},
                    {"resources", ToJson(input.spec.metrics.resources)},
                    {"securityContext", RestrictedContainerContext()},
                    {"startupProbe", HttpProbe("/-/ready", "web", 5, 180)},
                    {"livenessProbe", HttpProbe("/-/healthy", "web", 5, 6)},
                    {"readinessProbe", HttpProbe("/-/ready", "web", 5, 3)},
                    {"volumeMounts", Json::array()}};
  container["env"].push_back(FieldEnv("POD_NAME", "metadata.name"));
  container["volumeMounts"].push_back(Mount("data", "/prometheus"));
  return container;
}

runtime::Intent MakeStatefulSet(const Input& input, const Identity& identity,
                                const std::vector<ConfigMount>& mounts) {
  const Names names = NamesOf(input.stack);
  Json pod = PodSpec(names.own, Token::kMounted, identity, input.spec.metrics.placement);
  pod["terminationGracePeriodSeconds"] = kStopSeconds;
  pod["containers"].push_back(PrometheusContainer(input));
  AddAgent(mounts, input.images.Of(kAgentImage),
           {.port = kWebPort,
            .replica_domain = ServiceHost({.ns = input.stack.ns, .name = names.headless})},
           pod);
  runtime::Intent intent =
      MakeStatefulSet({.ns = input.stack.ns, .name = names.own}, identity, names.headless,
                      input.spec.metrics.replicas, PodTemplate(identity, std::move(pod)));
  AddDataVolume(input.spec.metrics.storage, "4Gi", identity, intent.object["spec"]);
  return intent;
}

// Its own namespace may query it, the operator asks it and its agent; it may ask anybody for
// metrics.
Json Ingress(const StackRef& stack) {
  Json ingress = Json::array();
  const Json our_operator = PodsIn(kSystemNamespace, OperatorLabels());
  ingress.push_back(AllowFrom(Json::array({NamespacePods(), our_operator}), WebPorts()));
  ingress.push_back(AllowFrom(Json::array({PodsOf(IdentityOf(stack, kComponent)), our_operator}),
                              {{kAgentPortName, kAgentPort}}));
  return ingress;
}

// By federation, which gives single series in the text format.
Rare<runtime::Meter> MeterFor(std::span<const RuleShard> policies) {
  const bool has_any =
      std::ranges::any_of(policies, [](const RuleShard& shard) { return !shard.files.empty(); });
  if (!has_any) return std::nullopt;
  runtime::Meter meter{.port = kWebPort, .path = "/federate"};
  for (const char* name : {kPolicyAlerts, config::kSilencedAlerts, config::slo::kOtherEdges}) {
    meter.path += (meter.names.empty() ? "?" : "&") + std::string("match%5B%5D=") + name;
    meter.names.emplace_back(name);
  }
  return meter;
}

Result<std::vector<ConfigMount>> MakeMounts(const Input& input) {
  Result<std::vector<ConfigMount>> rules =
      Shard(config::RuleFiles(input.spec.targets, input.spec.logs.store), "rules", "rules",
            input.stack.name);
  if (!rules) return rules;
  std::vector<std::string> patterns;
  for (const ConfigMount& shard : *rules) {
    patterns.push_back(std::string(kActiveDir) + "/" + shard.mount + "/*.yaml");
  }
  patterns.push_back(std::string(kActiveDir) + "/" + kPolicyMount + "/*.yaml");
  const Result<std::string> text = config::ToYaml(
      config::PrometheusConfig(input.stack.ns, input.stack.name, input.spec, patterns));
  if (!text) return Fail(text.error());
  std::vector<ConfigMount> mounts{{.mount = kConfigMount,
                                   .config_map = NamesOf(input.stack).own,
                                   .data = {{kConfigKey, *text}}}};
  std::ranges::move(*rules, std::back_inserter(mounts));
  for (int i = 0; i < kPolicyShards; ++i) {
    mounts.push_back({.mount = kPolicyMount,
                      .config_map = PolicyShardRef(input.stack, i).key.name,
                      .presence = ConfigMount::Presence::kIfAny});
  }
  return mounts;
}

void AddShards(const Input& input, const Identity& identity, Rendered& rendered) {
  for (std::size_t i = 0; i < input.policies.size(); ++i) {
    const auto& [files, serves] = input.policies[i];
    if (files.empty() && serves.empty()) continue;
    const kube::ResourceRef ref = PolicyShardRef(input.stack, static_cast<int>(i));
    rendered.intents.push_back(MakeConfigMap(input.stack.ns, ref.key.name, identity, {}));
    Json& object = rendered.intents.back().object;
    for (const auto& [name, text] : files) object["data"][name] = text;
    if (!serves.empty()) object["metadata"]["annotations"][cache::kServesAnnotation] = serves;
  }
}

std::string HashOf(const std::vector<ConfigMount>& mounts, std::span<const RuleShard> policies) {
  ConfigFileViews files = FilesOf(mounts);
  for (const RuleShard& shard : policies) {
    for (const auto& [name, text] : shard.files) {
      files[std::string(kPolicyMount) + "/" + name] = text;
    }
  }
  return ConfigHash(files);
}

Result<Rendered> Render(const Input& input) {
  const Result<std::vector<ConfigMount>> mounts = MakeMounts(input);
  if (!mounts) return Fail(mounts.error());
  const std::string& ns = input.stack.ns;
  const Names names = NamesOf(input.stack);
  const Identity identity = IdentityOf(input.stack, kComponent);
  Rendered rendered{.config_hash = HashOf(*mounts, input.policies)};
  std::vector<runtime::Intent>& intents = rendered.intents;
  intents.push_back(MakeServiceAccount(ns, names.own, identity));
  intents.push_back(
      MakeClusterRoleBinding(names.binding, kRole, {.ns = ns, .name = names.own}, identity));
  if (input.spec.network_policies == State::kEnabled) {
    intents.push_back(MakeIngressPolicy(ns, names.own, identity, Ingress(input.stack)));
  }
  for (const ConfigMount& mount : *mounts) {
    if (mount.presence == ConfigMount::Presence::kIfAny) continue;
    intents.push_back(MakeConfigMap(ns, mount.config_map, identity, mount.data));
  }
  AddShards(input, identity, rendered);
  intents.push_back(MakeService(ServiceKind::kClusterIp, ns, names.own, identity, WebPorts()));
  intents.push_back(MakeService(ServiceKind::kHeadless, ns, names.headless, identity, WebPorts()));
  intents.push_back(MakeStatefulSet(input, identity, *mounts));
  if (input.spec.metrics.replicas > 1) {
    intents.push_back(MakeDisruptionBudget(ns, names.own, identity));
  }
  return rendered;
}

}  // namespace

Operand Prometheus() {
  return {.name = kComponent,
          .image = kPrometheusImage,
          .demand = [](const Spec&) { return Demand::kWanted; },
          .spec_image = [](const Spec& spec) { return spec.metrics.image; },
          .image_field = "spec.metrics.image",
          .workload =
              [](const StackRef& stack) {
                return kube::ResourceRef{kube::types::kStatefulSet,
                                         {.ns = stack.ns, .name = NamesOf(stack).own}};
              },
          .replicas = [](const Spec& spec) { return std::optional(spec.metrics.replicas); },
          .render = Render,
          .meter = MeterFor};
}

kube::ResourceRef PolicyShardRef(const StackRef& stack, int shard) {
  return {kube::types::kConfigMap,
          {.ns = stack.ns,
           .name = std::string(kShardPrefix) + std::to_string(shard) + "-" + stack.name}};
}

std::optional<int> PolicyShardOf(const StackRef& stack, const kube::ResourceRef& ref) {
  const std::string& name = ref.key.name;
  if (!name.starts_with(kShardPrefix)) return std::nullopt;
  int shard = -1;
  std::from_chars(name.data() + kShardPrefix.size(), name.data() + name.size(), shard);
  const bool is_one = shard >= 0 && shard < kPolicyShards && ref == PolicyShardRef(stack, shard);
  return is_one ? std::optional(shard) : std::nullopt;
}

std::string PrometheusUrl(const StackRef& stack) {
  return "http://" + ServiceHost({.ns = stack.ns, .name = NamesOf(stack).own}) + ":" +
         std::to_string(kWebPort);
}

}  // namespace belvedere::operands
