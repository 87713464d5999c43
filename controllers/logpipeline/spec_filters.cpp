#include "controllers/logpipeline/spec_filters.h"

#include <iterator>
#include <optional>

#include "controllers/config/inert.h"
#include "controllers/logpipeline/spec_text.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;

constexpr std::int64_t kMaxRate = 1'000'000;
constexpr std::size_t kMaxValue = 256;
constexpr const char* kDefaultReplacement = "****";

template <typename Grep>
Filter ReadGrep(FieldReader& reader) {
  return Grep{.field = ReadField(reader, "field"),
              .regex = ReadRegex(reader, "regex", Groups::kAny)};
}

Filter ReadParse(FieldReader& reader) {
  Parse parse{.field = ReadField(reader, "field")};
  parse.format = reader.Choice<Format>(
      "format", {{"JSON", Format::kJson}, {"Logfmt", Format::kLogfmt}, {"Regex", Format::kRegex}},
      Format::kJson);
  if (!reader.Has("format")) reader.Note("format", "is required: JSON, Logfmt or Regex");
  if (parse.format == Format::kRegex) {
    parse.regex = ReadRegex(reader, "regex", Groups::kNamed);
  } else if (reader.Has("regex")) {
    reader.Text("regex", kMaxRegex);
    reader.Note("regex", "needs format Regex; remove the one or change the other");
  }
  return parse;
}

Filter ReadRedact(FieldReader& reader) {
  Redact redact{.field = ReadField(reader, "field"),
                .regex = ReadRegex(reader, "regex", Groups::kAny),
                .replacement = reader.Text("replacement", kMaxValue).value_or(kDefaultReplacement)};
  const std::string problem(config::InertTextProblem(redact.replacement));
  if (!problem.empty()) reader.Note("replacement", problem + "; take it out");
  return redact;
}

// A number that has no default.
std::int64_t ReadNumber(FieldReader& reader, const std::string& key, std::int64_t most) {
  if (!reader.Has(key)) reader.Note(key, "is required: 1 to " + std::to_string(most));
  return reader.Integer(key, 1, most).value_or(1);
}

Filter ReadThrottle(FieldReader& reader) {
  return Throttle{
      .records_per_second = ReadNumber(reader, "recordsPerSecond", kMaxRate),
      .per = reader.Choice<Per>(
          "per", {{"Pipeline", Per::kPipeline}, {"Namespace", Per::kNamespace}}, Per::kPipeline)};
}

Filter ReadRename(FieldReader& reader) {
  Rename rename{.from = ReadField(reader, "from"), .to = ReadNewField(reader, "to")};
  if (!rename.from.empty() && rename.from == rename.to) {
    reader.Note("to", "\"" + rename.to + "\" is what the field is called; choose another name");
  }
  return rename;
}

Filter ReadAdd(FieldReader& reader) {
  return Add{.field = ReadNewField(reader, "field"),
             .value = ReadInert(reader, "value", kMaxValue)};
}

Filter ReadSample(FieldReader& reader) {
  return Sample{.percent = ReadNumber(reader, "percent", 100)};
}

struct FilterKind {
  const char* field;  // in the CRD: spec.filters[].<field>
  Filter (*read)(FieldReader& reader);
};

constexpr FilterKind kKinds[] = {
    {"drop", ReadGrep<Drop>}, {"keep", ReadGrep<Keep>},   {"parse", ReadParse},
    {"redact", ReadRedact},   {"throttle", ReadThrottle}, {"rename", ReadRename},
    {"add", ReadAdd},         {"sample", ReadSample},
};
static_assert(std::size(kKinds) == std::variant_size_v<Filter>);

std::optional<Filter> ReadFilter(FieldReader& item) {
  std::optional<Filter> filter;
  std::string kinds;
  std::string first;
  for (const FilterKind& kind : kKinds) {
    kinds += (kinds.empty() ? "" : ", ") + std::string(kind.field);
    const bool given = item.Has(kind.field);
    FieldReader settings = item.Child(kind.field);
    if (!given) continue;
    if (filter) {
      item.Note(kind.field, "cannot stand beside " + first + "; make it the next filter");
      continue;
    }
    first = kind.field;
    filter = kind.read(settings);
    settings.RejectOthers();
  }
  item.RejectOthers();
  if (!filter) item.Note("", "needs one of " + kinds);
  return filter;
}

}  // namespace

std::vector<Filter> ParseFilters(FieldReader& spec) {
  std::vector<Filter> filters;
  for (FieldReader& item : spec.Items("filters")) {
    if (std::optional<Filter> filter = ReadFilter(item)) filters.push_back(std::move(*filter));
  }
  return filters;
}

}  // namespace belvedere::logpipeline
