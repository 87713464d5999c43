#include "controllers/alertpolicy/spec_text.h"

#include <algorithm>
#include <array>

#include "controllers/config/promql/literals.h"
#include "controllers/config/promql/parser.h"

namespace belvedere::alertpolicy {
namespace {

using config::FieldReader;
namespace promql = config::promql;

// Labels that rules set: series that differ in them alone would become one alert.
constexpr std::array<std::string_view, 9> kStamped{"alertname", "burn_tier",   "entry",
                                                   "owner",     "policy_name", "policy_namespace",
                                                   "region",    "severity",    "system"};

}  // namespace

const Forms& AllForms() {
  static const Forms kForms;  // made once: a regex takes longer to compile than a spec to read
  return kForms;
}

std::string ReadText(FieldReader& reader, const std::string& key, std::size_t most,
                     const Form& form, Need need) {
  const std::optional<std::string> text = reader.Text(key, most);
  if (!text) {
    if (need == Need::kRequired && !reader.Has(key)) reader.Note(key, "is required: " + form.what);
    return "";
  }
  if (!std::regex_match(*text, form.pattern)) {
    reader.Note(key, "\"" + *text + "\" must be " + form.what);
  }
  return *text;
}

promql::Expr ReadExpression(FieldReader& reader, const std::string& key) {
  const std::optional<std::string> text = reader.Text(key, kMaxExpression);
  if (!text) {
    if (!reader.Has(key)) reader.Note(key, "is required: PromQL");
    return promql::Number{};
  }
  auto parsed = promql::Parse(*text);
  if (parsed) return *std::move(parsed);
  reader.Note(key, promql::ToError(parsed.error()).message);
  return promql::Number{};
}

promql::Selector ToSelector(FieldReader& reader, const std::string& key, const std::string& text,
                            const std::string& metric) {
  const auto parsed = promql::Parse(metric + text);
  if (!parsed) {
    promql::Problem problem = parsed.error();
    if (problem.line == 1 && problem.column > metric.size()) problem.column -= metric.size();
    reader.Note(key, promql::ToError(problem).message);
    return {};
  }
  const auto* selector = std::get_if<promql::Selector>(&parsed->node);
  const bool plain = selector != nullptr && !selector->name.empty() && !selector->range &&
                     selector->when == promql::When();
  if (plain) return *selector;
  reader.Note(key,
              "must be a metric with its labels, such as http_requests_total{job=\"shop\"}: rates, "
              "sums and windows are made of it");
  return {};
}

std::vector<std::string> ReadLabels(FieldReader& reader, const std::string& key) {
  std::vector<std::string> labels = reader.Texts(key);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string field = key + "[" + std::to_string(i) + "]";
    if (!promql::IsPlainLabel(labels[i])) reader.Note(field, "is no name of a label");
    if (std::ranges::find(kStamped, labels[i]) != kStamped.end()) {
      reader.Note(field, labels[i] + " is set by Belvedere on every alert; choose another label");
    }
  }
  return labels;
}

}  // namespace belvedere::alertpolicy
