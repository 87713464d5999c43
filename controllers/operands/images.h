#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace belvedere::operands {

// Names of images: of operands, and of the agent beside some of them.
inline constexpr std::string_view kPrometheusImage = "prometheus";
inline constexpr std::string_view kAlertmanagerImage = "alertmanager";
inline constexpr std::string_view kNodeExporterImage = "node-exporter";
inline constexpr std::string_view kKubeStateMetricsImage = "kube-state-metrics";
inline constexpr std::string_view kLokiImage = "loki";
inline constexpr std::string_view kGrafanaImage = "grafana";
inline constexpr std::string_view kDashboardReaderImage = "dashboard-reader";
inline constexpr std::string_view kCollectorImage = "otel-collector";
inline constexpr std::string_view kFluentBitImage = "fluent-bit";
inline constexpr std::string_view kAgentImage = "agent";

// Which image each operand runs. Immutable; a value.
class ImageTable {
 public:
  // The versions that this release was tested with.
  ImageTable();

  // `overrides` maps names to references, for instance {"prometheus": "registry.local/p:v3.14.0"}.
  // The key "registry" replaces the registry of all the others: with "registry.local/mirror",
  // quay.io/prometheus/prometheus:v3.14.0 becomes
  // registry.local/mirror/prometheus/prometheus:v3.14.0. Error: kInvalid for unknown names and for
  // what is not an image reference.
  static Result<ImageTable> FromOverrides(const Json& overrides);

  // Throws std::out_of_range for a name that is not in the table.
  const std::string& Of(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& all() const { return images_; }

 private:
  std::map<std::string, std::string, std::less<>> images_;
};

// Why the image `name` must not run at the version in the tag of `reference`: too old for the
// configuration that Belvedere writes, or known to be bad. Nullopt where it may, and where the tag
// is not a version (then nobody can tell).
std::optional<std::string> VersionProblem(std::string_view name, std::string_view reference);

}  // namespace belvedere::operands
