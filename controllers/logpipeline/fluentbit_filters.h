#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "controllers/config/fluentbit.h"
#include "controllers/logpipeline/fluentbit_lua.h"

// The filters of a pipeline as Fluent Bit runs them.
namespace belvedere::logpipeline::fluentbit {

using config::fluentbit::Section;

struct Drop {  // records whose field matches; Keep: the others
  std::string field;
  std::string regex;
};
struct Keep {
  std::string field;
  std::string regex;
};
enum class Format { kJson, kLogfmt, kRegex };
struct Parse {
  std::string field;
  Format format = Format::kJson;
  std::string regex;  // of kRegex, with named groups
};
struct Redact {
  std::string field;
  std::string regex;
  std::string replacement;
};
struct Throttle {
  std::int64_t records_per_second = 0;
  Per per = Per::kPipeline;
};
struct Rename {
  std::string from;
  std::string to;
};
struct Add {
  std::string field;
  std::string value;
};
struct Sample {
  std::int64_t percent = 100;
};

using Filter = std::variant<Drop, Keep, Parse, Redact, Throttle, Rename, Add, Sample>;

// What Fluent Bit makes of each filter, for the docs.
struct FilterSupport {
  std::string_view filter;  // its field in the CRD
  std::string_view how;
  std::string_view not_supported;  // empty: nothing that is left out
};
std::span<const FilterSupport> FilterTable();

struct FilterContext {
  std::string match;  // tags of the pipeline's records
  std::string guard;  // field that keeps Kubernetes' metadata while a parser makes fields
};

struct RenderedFilters {
  std::vector<Section> filters;
  std::vector<Section> parsers;
};

// Error: kInvalid, whose message begins with `[<index>].` and the field that Fluent Bit cannot do.
Result<RenderedFilters> RenderFilters(const std::vector<Filter>& filters,
                                      const FilterContext& context);

// How to say that `field` of a record matches `regex`: KEY REGEX of the plugin grep.
std::string GrepRule(const std::string& field, const std::string& regex);

// The field of a record by its name; dots lead into maps.
std::string Accessor(std::string_view field);

// A word of the plugin modify.
std::string Quoted(std::string_view text);

// `text` as a regex that matches it alone.
std::string RegexOf(std::string_view text);

}  // namespace belvedere::logpipeline::fluentbit
