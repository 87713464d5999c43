#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/names.h"
#include "controllers/config/routing.h"
#include "controllers/config/silences.h"
#include "controllers/monitoringstack/spec.h"
#include "controllers/operands/images.h"
#include "operator/base/config_hash.h"
#include "operator/base/result.h"
#include "operator/kube/resource.h"
#include "operator/runtime/kind.h"

// What a plan is made of. Adding an operand: one file that defines an Operand, and one line in the
// table (operands.cpp).
namespace belvedere::operands {

using config::kNodeNamespace;
using config::kSystemNamespace;

// Which stack is meant.
struct StackRef {
  std::string ns;
  std::string name;
};

// Rule files of the policies that are attached to a stack; one of a fixed number of shards, so that
// none that fills or empties changes a pod. `serves`: cache::kServesAnnotation. Texts are views of
// what the policies were compiled to: all of them may be tens of megabytes.
struct RuleShard {
  std::map<std::string, std::string_view> files;
  std::string serves;
};

struct Input {
  StackRef stack;
  const monitoringstack::Spec& spec;
  const ImageTable& images;
  std::span<const RuleShard> policies = {};
  std::span<const config::routing::Policy> routes = {};  // of those policies
  std::span<const config::Silence> silences = {};        // likewise
  std::string admin_secret = {};  // that is generated for Grafana where the spec names none
};

// Restart-class config (DESIGN 4): an immutable ConfigMap called <prefix>-<first 10 of checksum>.
struct RestartConfig {
  std::string prefix;
  std::string checksum;
};

// All objects of an operand, in apply order, and its config: the ConfigHash() of the files of the
// reload class (empty: none), or that of the restart class.
struct Rendered {
  std::vector<runtime::Intent> intents;
  std::string config_hash;
  std::optional<RestartConfig> restart;
};

// Whose an operand is: each stack has its own, or the cluster has one for all (a singleton).
enum class Sharing { kPerStack, kSingleton };
enum class Demand { kWanted, kUnwanted };

// All functions are pure.
struct Operand {
  std::string_view name;  // label app.kubernetes.io/component, and in status
  std::string_view image;
  Sharing sharing = Sharing::kPerStack;
  Demand (*demand)(const monitoringstack::Spec& spec) = nullptr;
  // The image that the spec asks for; empty: the table's.
  std::string (*spec_image)(const monitoringstack::Spec& spec) = nullptr;
  std::string_view image_field;  // its path, for messages
  kube::ResourceRef (*workload)(const StackRef& stack) = nullptr;
  // Replicas that the spec asks for; nullopt: as many as there are nodes.
  std::optional<int> (*replicas)(const monitoringstack::Spec& spec) = nullptr;
  Result<Rendered> (*render)(const Input& input) = nullptr;
  // Which metrics of its pods are wanted by whom `policies` serve; null: none, ever.
  Rare<runtime::Meter> (*meter)(std::span<const RuleShard> policies) = nullptr;
  // Everything that a singleton may render; empty for others.
  std::vector<kube::ResourceRef> (*singleton_objects)() = nullptr;
};

// The table, in apply order.
std::span<const Operand> Operands();

// The image to run: of the spec, else of the table.
std::string ImageOf(const Operand& operand, const Input& input);

// The singleton that `ref` belongs to, or null.
const Operand* SingletonOf(const kube::ResourceRef& ref);

// Port and path of the agent beside each operand that has files.
inline constexpr int kAgentPort = 8081;

}  // namespace belvedere::operands
