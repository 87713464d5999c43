#include "controllers/alertpolicy/spec.h"

#include <algorithm>
#include <array>
#include <set>

#include "controllers/alertpolicy/spec_monitors.h"
#include "controllers/alertpolicy/spec_notify.h"
#include "controllers/alertpolicy/spec_silences.h"
#include "controllers/alertpolicy/spec_text.h"
#include "controllers/config/field_reader.h"
#include "controllers/config/promql/literals.h"

namespace belvedere::alertpolicy {
namespace {

using config::FieldReader;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace promql = config::promql;
namespace slo = config::slo;

promql::Selector ReadCounter(FieldReader& reader, const std::string& key) {
  const std::optional<std::string> text = reader.Text(key, kMaxExpression);
  if (text) return ToSelector(reader, key, *text);
  if (!reader.Has(key)) reader.Note(key, "is required: a counter, with its labels");
  return {};
}

slo::Ratio ReadRatio(FieldReader reader) {
  slo::Ratio ratio{.total = ReadCounter(reader, "total"), .bad = ReadCounter(reader, "bad")};
  if (!ratio.total.name.empty() && ratio.total == ratio.bad) {
    reader.Note("bad", "is the same as total: name the labels that tell bad requests from others");
  }
  reader.RejectOthers();
  return ratio;
}

slo::Latency ReadLatency(FieldReader reader) {
  const std::string name = reader.Text("histogram", 256).value_or("");
  slo::Latency latency;
  if (!promql::IsPlainMetric(name)) {
    reader.Note("histogram", "must be the name of a histogram, without _bucket");
  } else {
    const std::string selector = reader.Text("selector", kMaxExpression).value_or("");
    latency.histogram = ToSelector(reader, "selector", selector, name);
  }
  const std::optional<milliseconds> threshold =
      reader.Duration("threshold", milliseconds(1), hours(24));
  if (!threshold && !reader.Has("threshold")) reader.Note("threshold", "is required, as in 300ms");
  latency.threshold = std::chrono::duration<double>(threshold.value_or(seconds(1))).count();
  latency.form = reader.Choice<slo::Latency::Form>(
      "form", {{"Classic", slo::Latency::Form::kClassic}, {"Native", slo::Latency::Form::kNative}},
      slo::Latency::Form::kClassic);
  reader.RejectOthers();
  return latency;
}

std::vector<slo::Tier> ReadTiers(FieldReader& reader) {
  static const FieldReader::Choices<slo::Tier> kTiers{{"Fast", slo::Tier::kFast},
                                                      {"Medium", slo::Tier::kMedium},
                                                      {"Slow", slo::Tier::kSlow},
                                                      {"Long", slo::Tier::kLong}};
  std::vector<slo::Tier> tiers;
  const std::vector<std::string> names = reader.Texts("tiers");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found =
        std::ranges::find(kTiers, names[i], &std::pair<std::string_view, slo::Tier>::first);
    if (found == kTiers.end()) {
      reader.Note("tiers[" + std::to_string(i) + "]",
                  "\"" + names[i] + "\" is not one of Fast, Medium, Slow, Long");
    } else if (std::ranges::find(tiers, found->second) == tiers.end()) {
      tiers.push_back(found->second);
    }
  }
  return tiers;
}

slo::Target ReadTarget(FieldReader& reader) {
  static const slo::Target kAny = slo::Target::Parse("99").value();
  const std::optional<std::string> text = reader.Text("target", 16);
  if (!text) {
    if (!reader.Has("target")) reader.Note("target", "is required: percent, as in \"99.9\"");
    return kAny;
  }
  Result<slo::Target> target = slo::Target::Parse(*text);
  if (target) return *target;
  // The parser names the field itself.
  reader.Note("", target.error().message);
  return kAny;
}

Slo ReadSlo(FieldReader& reader) {
  Slo objective{.target = ReadTarget(reader), .indicator = slo::Ratio()};
  const bool ratio = reader.Has("ratio");
  const bool latency = reader.Has("latency");
  if (ratio == latency) reader.Note("", "needs one of ratio, latency");
  FieldReader of_ratio = reader.Child("ratio");
  FieldReader of_latency = reader.Child("latency");
  if (ratio) objective.indicator = ReadRatio(of_ratio);
  if (latency && !ratio) objective.indicator = ReadLatency(of_latency);
  const auto window = reader.Duration("window", hours(24), hours(24 * 366));
  if (window) objective.window = std::chrono::duration_cast<seconds>(*window);
  objective.by = ReadLabels(reader, "by");
  objective.tiers = ReadTiers(reader);
  return objective;
}

// One list of entries, and how the fields of each are read.
struct EntryList {
  const char* field;
  Entry::Body (*read)(FieldReader& reader);
};

constexpr std::array<EntryList, 2> kLists{{
    {"slos", [](FieldReader& reader) -> Entry::Body { return ReadSlo(reader); }},
    {"monitors", [](FieldReader& reader) -> Entry::Body { return ReadMonitor(reader); }},
}};

// The entries of one list, each with its own problems.
void ReadEntries(const Json& spec, const EntryList& list, FieldReader& reader,
                 std::set<std::string>& names, std::vector<Entry>& entries) {
  const std::size_t count = reader.Items(list.field).size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string path = reader.PathOf(list.field) + "[" + std::to_string(i) + "]";
    FieldReader::Problems problems;
    FieldReader item(spec[list.field][i], path, problems);
    Entry entry{.path = path};
    entry.name = ReadText(item, "name", 63, AllForms().name, Need::kRequired);
    if (!names.insert(entry.name).second) {
      item.Note("name", "\"" + entry.name + "\" is the name of another entry; choose another");
    }
    Entry::Body body = list.read(item);
    item.RejectOthers();
    if (problems.empty()) {
      entry.body = std::move(body);
    } else {
      entry.body = tl::unexpected(config::Join(problems));
    }
    entries.push_back(std::move(entry));
  }
}

}  // namespace

kube::ObjectKey StackOf(const Json& spec, const std::string& ns) {
  return {.ns = StringAt(spec, "/stack/namespace", ns), .name = StringAt(spec, "/stack/name")};
}

Result<Spec> ParseSpec(const Json& json, const std::string& ns) {
  FieldReader::Problems problems;
  FieldReader reader(json, "spec", problems);
  Spec spec{.stack = StackOf(json, ns)};
  FieldReader stack = reader.Child("stack");
  ReadText(stack, "name", 63, AllForms().name, Need::kRequired);
  ReadText(stack, "namespace", 63, AllForms().name, Need::kOptional);
  stack.RejectOthers();
  spec.owner = ReadText(reader, "owner", 128, AllForms().label, Need::kRequired);
  spec.system = ReadText(reader, "system", 128, AllForms().label, Need::kRequired);
  spec.region = ReadText(reader, "region", 128, AllForms().label, Need::kOptional);
  spec.runbook = ReadText(reader, "runbook", 512, AllForms().url, Need::kRequired);
  spec.business_hours = ReadBusinessHours(reader);
  spec.notify = ReadNotify(reader, {.policy = ns, .stack = spec.stack.ns}, spec.secrets);
  std::set<std::string> names;
  for (const EntryList& list : kLists) ReadEntries(json, list, reader, names, spec.entries);
  spec.silences = ReadSilences(reader);
  reader.RejectOthers();
  if (spec.entries.empty()) reader.Note("", "needs slos or monitors: what to watch over");
  if (!problems.empty()) return Fail(ErrorCode::kInvalid, config::Join(problems));
  return spec;
}

Json WithLastGood(Json spec, const Spec& parsed, const Json& accepted) {
  for (const EntryList& entries : kLists) {
    const char* list = entries.field;
    Json kept = Json::array();
    const Json& last = At(accepted, std::string("/") + list);
    const std::string prefix = std::string("spec.") + list + "[";
    std::size_t next = 0;
    for (const Entry& entry : parsed.entries) {
      if (!entry.path.starts_with(prefix)) continue;
      const Json& own = spec[list][next++];
      if (entry.body) {
        kept.push_back(own);
        continue;
      }
      if (!last.is_array()) continue;
      const auto found = std::ranges::find_if(
          last, [&](const Json& one) { return StringAt(one, "/name") == entry.name; });
      if (found != last.end()) kept.push_back(*found);
    }
    if (spec.contains(list)) spec[list] = std::move(kept);
  }
  return spec;
}

}  // namespace belvedere::alertpolicy
