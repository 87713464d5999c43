#include "controllers/operands/images.h"

#include <array>
#include <charconv>
#include <compare>
#include <regex>

namespace belvedere::operands {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kImages{{
    {kPrometheusImage, "quay.io/prometheus/prometheus:v3.14.0"},
    {kAlertmanagerImage, "quay.io/prometheus/alertmanager:v0.31.1"},
    {kNodeExporterImage, "quay.io/prometheus/node-exporter:v1.12.1"},
    {kKubeStateMetricsImage, "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0"},
    {kLokiImage, "docker.io/grafana/loki:3.6.7"},
    {kGrafanaImage, "docker.io/grafana/grafana:13.2.4"},
    {kDashboardReaderImage, "quay.io/kiwigrid/k8s-sidecar:2.10.3"},
    {kCollectorImage,
     "ghcr.io/open-telemetry/opentelemetry-collector-releases/"
     "opentelemetry-collector-contrib:0.152.0"},
    {kFluentBitImage, "docker.io/fluent/fluent-bit:5.1.1"},
    {kAgentImage, "ghcr.io/belvedere-dev/belvedere:v0.1.0"},
}};

struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;

  auto operator<=>(const Version&) const = default;
};

std::string ToString(const Version& version) {
  return "v" + std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
         std::to_string(version.patch);
}

struct Minimum {
  std::string_view name;
  Version least;
  std::string_view why;
};

// Versions up to and without `fixed`, from `first` on.
struct Bad {
  std::string_view name;
  Version first;
  Version fixed;
  std::string_view why;
};

// From the changelogs of the programs.
constexpr std::array<Minimum, 6> kMinimums{{
    {kPrometheusImage, {3, 11, 0}, "older ones misread storage.tsdb.retention of the config file"},
    {kAlertmanagerImage, {0, 28, 0}, "older ones may deadlock in the store of alerts"},
    {kNodeExporterImage, {1, 6, 0}, "older ones lack metrics that the rules read"},
    {kKubeStateMetricsImage, {2, 13, 0}, "older ones have no /livez and /readyz"},
    {kLokiImage, {3, 0, 0}, "older ones take no logs by OTLP and have no schema v13 for them"},
    {kGrafanaImage, {12, 0, 0}, "older ones keep data sources that are no longer provisioned"},
}};
constexpr std::array<Bad, 3> kBad{{
    {kPrometheusImage, {3, 11, 0}, {3, 11, 3}, "it has CVE-2026-40179 or CVE-2026-42154"},
    {kPrometheusImage, {3, 13, 0}, {3, 13, 1}, "its range queries may return wrong samples"},
    {kKubeStateMetricsImage, {2, 16, 0}, {2, 18, 0}, "it panics when a CRD gains a version"},
}};

// The version in the tag of an image reference: v1.2.3 or 1.2.3, with or without a suffix.
std::optional<Version> VersionOf(std::string_view reference) {
  reference = reference.substr(0, reference.find('@'));
  const std::size_t slash = reference.rfind('/');
  const std::size_t colon = reference.rfind(':');
  if (colon == std::string_view::npos || (slash != std::string_view::npos && colon < slash)) {
    return std::nullopt;
  }
  std::string_view tag = reference.substr(colon + 1);
  if (tag.starts_with('v')) tag.remove_prefix(1);
  Version version;
  const std::array<int*, 3> parts{&version.major, &version.minor, &version.patch};
  const char* at = tag.data();
  const char* const end = tag.data() + tag.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto [next, code] = std::from_chars(at, end, *parts[i]);
    if (code != std::errc()) return std::nullopt;
    at = next;
    if (i + 1 == parts.size()) break;
    if (at == end || *at != '.') return std::nullopt;
    ++at;
  }
  return version;
}

bool IsReference(const std::string& text) {
  static const std::regex kPattern(
      "[a-z0-9][-a-zA-Z0-9._]*(:[0-9]+)?(/[a-z0-9][-a-z0-9._]*)*(:[A-Za-z0-9_][-A-Za-z0-9_.]*)?"
      "(@sha256:[0-9a-f]{64})?");
  return text.size() <= 512 && std::regex_match(text, kPattern);
}

std::string Rebase(std::string_view reference, const std::string& registry) {
  return registry + std::string(reference.substr(reference.find('/')));
}

}  // namespace

ImageTable::ImageTable() {
  for (const auto& [name, reference] : kImages) images_.emplace(name, reference);
}

Result<ImageTable> ImageTable::FromOverrides(const Json& overrides) {
  ImageTable table;
  if (overrides.is_null()) return table;
  if (!overrides.is_object()) return Fail(ErrorCode::kInvalid, "images: must be a map");
  for (const auto& [name, value] : overrides.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    if (!IsReference(text)) {
      return Fail(ErrorCode::kInvalid, "images." + name + ": must be an image reference");
    }
    if (name == "registry") {
      for (auto& [other, reference] : table.images_) {
        if (!overrides.contains(other)) reference = Rebase(reference, text);
      }
      continue;
    }
    const auto found = table.images_.find(name);
    if (found == table.images_.end()) {
      return Fail(ErrorCode::kInvalid, "images." + name + ": no image has this name");
    }
    found->second = text;
  }
  return table;
}

const std::string& ImageTable::Of(std::string_view name) const {
  const auto found = images_.find(name);
  if (found == images_.end()) throw std::out_of_range("no image " + std::string(name));
  return found->second;
}

std::optional<std::string> VersionProblem(std::string_view name, std::string_view reference) {
  const std::optional<Version> version = VersionOf(reference);
  if (!version) return std::nullopt;
  const std::string subject = std::string(name) + " " + ToString(*version);
  for (const Minimum& minimum : kMinimums) {
    if (minimum.name != name || *version >= minimum.least) continue;
    return subject + " is too old: " + std::string(minimum.why) + "; use " +
           ToString(minimum.least) + " or newer";
  }
  for (const Bad& bad : kBad) {
    if (bad.name != name || *version < bad.first || *version >= bad.fixed) continue;
    return subject + " is known to be bad: " + std::string(bad.why) + "; use " +
           ToString(bad.fixed) + " or newer";
  }
  return std::nullopt;
}

}  // namespace belvedere::operands
