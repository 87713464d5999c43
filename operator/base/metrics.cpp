#include "operator/base/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace belvedere {
namespace {

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string Escape(std::string_view text, std::string_view special) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (special.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// `a="x",b="y"`, sorted by name so that the caller's order does not make a second series.
std::string RenderLabels(Labels labels) {
  std::sort(labels.begin(), labels.end());
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name + "=\"" + Escape(value, "\\\"") + '"';
  }
  return text;
}

void AppendSample(std::string& out, const std::string& name, const std::string& labels,
                  const std::string& value) {
  out += name;
  if (!labels.empty()) out += '{' + labels + '}';
  out += ' ' + value + '\n';
}

void AppendHistogram(std::string& out, const std::string& name, const std::string& labels,
                     const Histogram& histogram) {
  const std::string prefix = labels.empty() ? "" : labels + ",";
  const std::vector<std::uint64_t> counts = histogram.counts();
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    const std::string bound =
        i < histogram.bounds().size() ? NumberText(histogram.bounds()[i]) : "+Inf";
    AppendSample(out, name + "_bucket", prefix + "le=\"" + bound + '"', std::to_string(total));
  }
  AppendSample(out, name + "_sum", labels, NumberText(histogram.sum()));
  AppendSample(out, name + "_count", labels, std::to_string(total));
}

template <typename T, typename... Args>
T& GetOrMake(std::map<std::string, std::unique_ptr<T>>& series, const Labels& labels,
             const Args&... args) {
  std::unique_ptr<T>& found = series[RenderLabels(labels)];
  if (!found) found = std::make_unique<T>(args...);
  return *found;
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
  if (!std::is_sorted(bounds_.begin(), bounds_.end())) {
    throw std::logic_error("histogram bounds must ascend");
  }
}

void Histogram::Observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> Histogram::counts() const {
  std::vector<std::uint64_t> copy;
  copy.reserve(counts_.size());
  for (const auto& count : counts_) copy.push_back(count.load(std::memory_order_relaxed));
  return copy;
}

std::vector<double> LatencyBounds() {
  return {0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
          0.7,   0.8,  0.9,   1,    1.25, 1.5,  1.75, 2,    2.5, 3,    3.5, 4,    4.5, 5,
          6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
}

Counter& Metrics::GetCounter(std::string_view name, std::string_view help, const Labels& labels) {
  const MutexLock lock(mutex_);
  return GetOrMake(FamilyOf(name, help, Type::kCounter).counters, labels);
}

Gauge& Metrics::GetGauge(std::string_view name, std::string_view help, const Labels& labels) {
  const MutexLock lock(mutex_);
  return GetOrMake(FamilyOf(name, help, Type::kGauge).gauges, labels);
}

Histogram& Metrics::GetHistogram(std::string_view name, std::string_view help,
                                 const std::vector<double>& bounds, const Labels& labels) {
  const MutexLock lock(mutex_);
  return GetOrMake(FamilyOf(name, help, Type::kHistogram).histograms, labels, bounds);
}

Metrics::Family& Metrics::FamilyOf(std::string_view name, std::string_view help, Type type) {
  const auto found = families_.find(name);
  if (found == families_.end()) {
    Family& family = families_[std::string(name)];
    family.type = type;
    family.help = help;
    return family;
  }
  if (found->second.type != type) {
    throw std::logic_error("metric registered with two types: " + std::string(name));
  }
  return found->second;
}

std::string Metrics::Render() const {
  static constexpr std::array<std::string_view, 3> kTypeNames = {"counter", "gauge", "histogram"};
  const MutexLock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + ' ' + Escape(family.help, "\\") + '\n';
    out += "# TYPE " + name + ' ';
    out += kTypeNames[static_cast<std::size_t>(family.type)];
    out += '\n';
    for (const auto& [labels, counter] : family.counters) {
      AppendSample(out, name, labels, std::to_string(counter->value()));
    }
    for (const auto& [labels, gauge] : family.gauges) {
      AppendSample(out, name, labels, NumberText(gauge->value()));
    }
    for (const auto& [labels, histogram] : family.histograms) {
      AppendHistogram(out, name, labels, *histogram);
    }
  }
  return out;
}

}  // namespace belvedere
