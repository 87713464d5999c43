#include "controllers/operands/alertmanager.h"

#include "controllers/config/names.h"
#include "controllers/config/routing.h"
#include "controllers/config/yaml.h"
#include "controllers/operands/builders.h"
#include "controllers/operands/reload.h"
#include "operator/base/hash.h"

namespace belvedere::operands {
namespace {

using monitoringstack::Spec;
using monitoringstack::State;

constexpr std::string_view kComponent = "alertmanager";
constexpr int kWebPort = 9093;
constexpr int kGossipPort = 9094;
constexpr const char* kConfigMount = "config";
constexpr const char* kConfigKey = "alertmanager.yml";
constexpr const char* kTemplatesKey = "messages.tmpl";
constexpr const char* kSilencesKey = "silences.json";

std::string OwnName(const StackRef& stack) { return "alertmanager-" + stack.name; }
std::string HeadlessName(const StackRef& stack) { return "headless-" + OwnName(stack); }
std::string HeadlessHost(const StackRef& stack) {
  return ServiceHost({.ns = stack.ns, .name = HeadlessName(stack)});
}

std::vector<Port> WebPorts() { return {{"web", kWebPort}}; }
std::vector<Port> GossipPorts() {
  return {{"gossip-tcp", kGossipPort, "TCP"}, {"gossip-udp", kGossipPort, "UDP"}};
}
std::vector<Port> AllPorts() {
  std::vector<Port> ports = WebPorts();
  for (const Port& port : GossipPorts()) ports.push_back(port);
  return ports;
}

// Names of Secrets may be longer than those of volumes, and have dots.
std::string VolumeOf(const std::string& secret) { return "secret-" + ShortHash(secret); }

// Those that receivers need: of the stack, and of its policies.
std::set<std::string> SecretsOf(const Input& input) {
  std::set<std::string> secrets = input.spec.alerting.receiver_secrets;
  for (const config::routing::Policy& policy : input.routes) {
    secrets.insert(policy.secrets.begin(), policy.secrets.end());
  }
  return secrets;
}

config::routing::Model RoutingOf(const Input& input) {
  const monitoringstack::Alerting& alerting = input.spec.alerting;
  config::routing::Model model{.group_wait = alerting.group_wait,
                               .fallback = alerting.fallback,
                               .watchdog = alerting.watchdog,
                               .policies = {input.routes.begin(), input.routes.end()}};
  for (const monitoringstack::Receiver& receiver : alerting.receivers) {
    model.receivers.push_back({.name = receiver.name, .integrations = {receiver.integration}});
  }
  if (!model.receivers.empty() || !model.policies.empty()) {
    model.templates = std::string(kActiveDir) + "/" + kConfigMount + "/" + kTemplatesKey;
  }
  return model;
}

// The config, the templates where it names them, and silences for the agent where there are some.
Result<std::map<std::string, std::string>> MakeFiles(const Input& input) {
  const config::routing::Model model = RoutingOf(input);
  const Result<Json> config = config::routing::AlertmanagerConfig(model);
  if (!config) return Fail(config.error());
  Result<std::string> text = config::ToYaml(*config);
  if (!text) return Fail(text.error());
  std::map<std::string, std::string> files{{kConfigKey, *std::move(text)}};
  if (!model.templates.empty()) {
    files[kTemplatesKey] = std::string(config::receivers::MessageTemplates());
  }
  if (!input.silences.empty()) files[kSilencesKey] = Dump(config::SilenceFile(input.silences));
  return files;
}

// All peers stand behind one name, so that a further replica needs no restart of the others.
Json Arguments(const Input& input) {
  Json args = Json::array(
      {"--config.file=" + std::string(kActiveDir) + "/" + kConfigMount + "/" + kConfigKey,
       "--storage.path=/alertmanager"});
  if (input.spec.alerting.replicas == 1) {
    args.push_back("--cluster.listen-address=");
    return args;
  }
  args.push_back("--cluster.listen-address=[$(POD_IP)]:" + std::to_string(kGossipPort));
  args.push_back("--cluster.peer=" + HeadlessHost(input.stack) + ":" + std::to_string(kGossipPort));
  args.push_back("--cluster.label=" + input.stack.ns + "/" + input.stack.name);
  return args;
}

Json AlertmanagerContainer(const Input& input) {
  Json container = {{"name", "alertmanager"},
                    {"image", ImageOf(Alertmanager(), input)},
                    {"args", Arguments(input)},
                    {"ports", ContainerPorts(AllPorts())},
                    {"resources", ToJson(input.spec.alerting.resources)},
                    {"securityContext", RestrictedContainerContext()},
                    {"startupProbe", HttpProbe("/-/ready", "web", 2, 60)},
                    {"livenessProbe", HttpProbe("/-/healthy", "web", 10, 6)},
                    {"readinessProbe", HttpProbe("/-/ready", "web", 5, 3)},
                    {"volumeMounts", Json::array()}};
  if (input.spec.alerting.replicas > 1) {
    container["env"].push_back(FieldEnv("POD_IP", "status.podIP"));
  }
  container["volumeMounts"].push_back(Mount("data", "/alertmanager"));
  for (const std::string& secret : SecretsOf(input)) {
    container["volumeMounts"].push_back(
        ReadOnlyMount(VolumeOf(secret), std::string(config::kReceiverSecrets) + "/" + secret));
  }
  return container;
}

runtime::Intent MakeStatefulSet(const Input& input, const Identity& identity,
                                const std::vector<ConfigMount>& mounts) {
  Json pod = PodSpec(OwnName(input.stack), Token::kNone, identity, input.spec.alerting.placement);
  pod["terminationGracePeriodSeconds"] = 60;
  pod["containers"].push_back(AlertmanagerContainer(input));
  // The peers tell each other: were all to write, each silence would be there as often as they are.
  AddAgent(mounts, input.images.Of(kAgentImage),
           Reloading{.port = kWebPort,
                     .silences =
                         Reloading::Silences{.file = std::string(kConfigMount) + "/" + kSilencesKey,
                                             .api_path = "/api/v2",
                                             .writer = OwnName(input.stack) + "-0"},
                     .replica_domain = HeadlessHost(input.stack)},
           pod);
  // Optional: a Secret that is missing must not keep Alertmanager from notifying all others.
  for (const std::string& secret : SecretsOf(input)) {
    pod["volumes"].push_back(
        {{"name", VolumeOf(secret)}, {"secret", {{"secretName", secret}, {"optional", true}}}});
  }
  runtime::Intent intent = MakeStatefulSet(
      {.ns = input.stack.ns, .name = OwnName(input.stack)}, identity, HeadlessName(input.stack),
      input.spec.alerting.replicas, PodTemplate(identity, std::move(pod)));
  AddDataVolume(input.spec.alerting.storage, "256Mi", identity, intent.object["spec"]);
  return intent;
}

Json Ingress(const StackRef& stack, const Identity& identity) {
  const Json prometheus = PodsOf(IdentityOf(stack, "prometheus"));
  Json ingress = Json::array();
  ingress.push_back(AllowFrom(Json::array({NamespacePods()}), WebPorts()));
  ingress.push_back(AllowFrom(Json::array({PodsOf(identity)}), GossipPorts()));
  ingress.push_back(AllowFrom(
      Json::array({prometheus, PodsOf(identity), PodsIn(kSystemNamespace, OperatorLabels())}),
      {{kAgentPortName, kAgentPort}}));
  return ingress;
}

Result<Rendered> Render(const Input& input) {
  Result<std::map<std::string, std::string>> files = MakeFiles(input);
  if (!files) return Fail(files.error());
  const std::string& ns = input.stack.ns;
  const std::string name = OwnName(input.stack);
  const Identity identity = IdentityOf(input.stack, kComponent);
  const std::vector<ConfigMount> mounts{
      {.mount = kConfigMount, .config_map = name, .data = *std::move(files)}};
  Rendered rendered{.config_hash = ConfigHash(FilesOf(mounts))};
  std::vector<runtime::Intent>& intents = rendered.intents;
  intents.push_back(MakeServiceAccount(ns, name, identity));
  if (input.spec.network_policies == State::kEnabled) {
    intents.push_back(MakeIngressPolicy(ns, name, identity, Ingress(input.stack, identity)));
  }
  intents.push_back(MakeConfigMap(ns, name, identity, mounts.front().data));
  intents.push_back(MakeService(ServiceKind::kClusterIp, ns, name, identity, WebPorts()));
  intents.push_back(
      MakeService(ServiceKind::kHeadless, ns, HeadlessName(input.stack), identity, AllPorts()));
  intents.push_back(MakeStatefulSet(input, identity, mounts));
  if (input.spec.alerting.replicas > 1) {
    intents.push_back(MakeDisruptionBudget(ns, name, identity));
  }
  return rendered;
}

}  // namespace

Operand Alertmanager() {
  return {.name = kComponent,
          .image = kAlertmanagerImage,
          .demand = [](const Spec&) { return Demand::kWanted; },
          .spec_image = [](const Spec& spec) { return spec.alerting.image; },
          .image_field = "spec.alerting.image",
          .workload =
              [](const StackRef& stack) {
                return kube::ResourceRef{kube::types::kStatefulSet,
                                         {.ns = stack.ns, .name = OwnName(stack)}};
              },
          .replicas = [](const Spec& spec) { return std::optional(spec.alerting.replicas); },
          .render = Render};
}

std::string AlertmanagerUrl(const StackRef& stack) {
  return "http://" + ServiceHost({.ns = stack.ns, .name = OwnName(stack)}) + ":" +
         std::to_string(kWebPort);
}

}  // namespace belvedere::operands
