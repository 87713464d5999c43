#include "controllers/config/promql/usage.h"

#include <algorithm>

#include "controllers/config/promql/literals.h"
#include "controllers/config/promql/regex.h"

namespace belvedere::config::promql {
namespace {

// The metric that a selector names, or null.
const std::string* MetricOf(const Selector& selector) {
  if (!selector.name.empty()) return &selector.name;
  for (const Matcher& matcher : selector.matchers) {
    if (matcher.label == kNameLabel && matcher.op == Matcher::Op::kEqual) return &matcher.value;
  }
  return nullptr;
}

// `before` is how far back the subqueries around reach.
void Note(const Selector& selector, double before, Usage& usage) {
  const double range = selector.range ? selector.range->Seconds() : 0;
  usage.selectors.push_back(selector);
  if (const std::string* metric = MetricOf(selector)) {
    usage.metrics.insert(*metric);
  } else {
    ++usage.unnamed;
  }
  usage.longest_lookback =
      std::max(usage.longest_lookback, before + range + selector.when.offset.Seconds());
  usage.seconds_read += range + before;
}

void Walk(const Expr& expr, double before, Usage& usage) {
  if (const auto* selector = std::get_if<Selector>(&expr.node)) Note(*selector, before, usage);
  if (const auto* call = std::get_if<Call>(&expr.node)) {
    usage.functions.emplace(call->function->name);
  }
  if (const auto* aggregate = std::get_if<Aggregate>(&expr.node)) {
    usage.functions.emplace(aggregate->aggregation->name);
  }
  if (const auto* subquery = std::get_if<Subquery>(&expr.node)) {
    ++usage.subqueries;
    before += subquery->range.Seconds() + subquery->when.offset.Seconds();
  }
  for (const Expr* child : Children(expr)) Walk(*child, before, usage);
}

}  // namespace

Usage UsageOf(const Expr& expr) {
  Usage usage;
  Walk(expr, 0, usage);
  return usage;
}

Status AddMatchers(Expr& expr, std::span<const Matcher> matchers) {
  for (const Matcher& matcher : matchers) {
    if (matcher.label.empty() || matcher.label == kNameLabel || !IsUtf8(matcher.label)) {
      return Fail(ErrorCode::kInvalid,
                  "matchers cannot be added for label " + Quote(matcher.label));
    }
    const bool regex = matcher.op == Matcher::Op::kRegex || matcher.op == Matcher::Op::kNotRegex;
    if (const auto checked = CheckRegex(matcher.value); regex && !checked) {
      return Fail(ErrorCode::kInvalid, "label " + Quote(matcher.label) + ": " + checked.error());
    }
  }
  ForEachSelector(expr, [&](Selector& selector) {
    for (const Matcher& matcher : matchers) {
      if (std::ranges::find(selector.matchers, matcher) != selector.matchers.end()) continue;
      selector.matchers.push_back(matcher);
    }
  });
  return {};
}

}  // namespace belvedere::config::promql
