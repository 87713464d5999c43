#include "controllers/operands/holds.h"

#include <algorithm>

#include "operator/base/hash.h"

namespace belvedere::operands {
namespace {

// Between what cache::Served() gives and the hash of the retry.
constexpr char kRetry = '+';
constexpr const char* kCrash = "crash";
constexpr const char* kUnfit = "unfit";

}  // namespace

std::string SpecVersion(const cache::Primary& primary, const std::string& retry) {
  return cache::Served(primary) + (retry.empty() ? "" : kRetry + ShortHash(retry));
}

void StampHolds(const std::vector<Hold>& holds, Json& workload) {
  if (holds.empty()) return;
  Json list = Json::array();
  for (const Hold& hold : holds) {
    list.push_back({{"kind", hold.kind == Hold::Kind::kCrash ? kCrash : kUnfit},
                    {"specs", hold.specs},
                    {"why", hold.why}});
  }
  workload["metadata"]["annotations"][cache::kRefusedAnnotation] = Dump(list);
}

std::vector<Hold> HoldsOf(const cache::Child& workload) {
  std::vector<Hold> holds;
  if (!workload.refused) return holds;
  const Result<Json> list = ParseJson(*workload.refused);
  if (!list || !list->is_array()) return holds;
  for (const Json& one : *list) {
    const bool crashes = StringAt(one, "/kind") == kCrash;
    Hold& hold = holds.emplace_back();
    hold.kind = crashes ? Hold::Kind::kCrash : Hold::Kind::kUnfit;
    for (const Json& spec : At(one, "/specs")) hold.specs.push_back(StringAt(spec, ""));
    hold.why = StringAt(one, "/why");
  }
  return holds;
}

std::optional<std::string> HeldBack(const cache::Child& workload, const std::string& served) {
  if (served.empty()) return std::nullopt;
  for (const Hold& hold : HoldsOf(workload)) {
    const bool is_in = std::ranges::any_of(hold.specs, [&served](const std::string& spec) {
      return spec == served || spec.starts_with(served + kRetry);
    });
    if (is_in) return hold.why;
  }
  return std::nullopt;
}

}  // namespace belvedere::operands
