#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controllers/config/fluentbit.h"
#include "controllers/logpipeline/fluentbit_filters.h"
#include "controllers/logpipeline/outputs/output.h"
#include "controllers/monitoringstack/spec.h"

// What the Fluent Bit of a node, of a tenant's gateway, and the one reader of events run.
namespace belvedere::logpipeline::fluentbit {

using config::fluentbit::Model;

enum class Multiline { kJava, kGo, kPython };

struct Containers {
  std::vector<std::string> namespaces;  // empty: all but `excluded`
  std::vector<std::string> excluded;
  monitoringstack::LabelSelector selector;
  std::vector<Multiline> multiline;
  enum class PodLabels { kLeftOut, kKept } pod_labels = PodLabels::kLeftOut;
};

struct Audit {
  std::vector<std::string> paths;
  std::vector<std::string> dropped_verbs;
  std::vector<std::string> dropped_users;  // * stands for any text
};

enum class Wanted { kNo, kYes };

struct Buffer {
  std::int64_t bytes_per_output = 0;
  std::int64_t max_retries = 0;
  std::int64_t dead_letter_bytes = 0;  // 0: none
};

// One pipeline, as its spec and its namespace say.
struct Pipeline {
  std::string id;  // of the UIDs of namespace and pipeline: lower-case letters and digits
  std::string ns;
  std::string name;
  std::string tenant;  // in stores of several tenants
  std::optional<Containers> containers;
  std::vector<std::string> units;  // of the node's journal
  Wanted control_plane = Wanted::kNo;
  std::optional<Audit> audit;
  Wanted events = Wanted::kNo;
  std::vector<Filter> filters;
  std::vector<Output> outputs;
  Buffer buffer;
  // Host of the tenant's gateway, which filters and sends; empty: the node agent does.
  std::string gateway;
};

inline constexpr const char* kStateDir = "/var/lib/belvedere/fluent-bit";
inline constexpr int kHttpPort = 2020;
inline constexpr int kForwardPort = 24224;

// Error: kInvalid, whose message begins with the path of the field below spec.
Status Check(const Pipeline& pipeline);

// All pipelines must have passed Check(), else kInvalid.
Result<Model> NodeAgentModel(std::span<const Pipeline> pipelines);
Result<Model> GatewayModel(const Pipeline& pipeline);
Result<Model> EventReaderModel(std::span<const Pipeline> pipelines);

}  // namespace belvedere::logpipeline::fluentbit
