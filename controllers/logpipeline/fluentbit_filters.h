#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/fluentbit.h"
#include "controllers/logpipeline/pipeline.h"

// The filters of a pipeline as Fluent Bit runs them.
namespace belvedere::logpipeline::fluentbit {

using config::fluentbit::Section;

// What Fluent Bit makes of each filter, for the docs.
struct FilterSupport {
  std::string_view filter;  // its field in the CRD
  std::string_view how;
  std::string_view not_supported;  // empty: nothing that is left out
};
std::span<const FilterSupport> FilterTable();  // in the order of Filter

struct FilterContext {
  std::string match;  // tags of the pipeline's records
  std::string guard;  // field that keeps Kubernetes' metadata while a parser makes fields
};

struct RenderedFilters {
  std::vector<Section> filters;
  std::vector<Section> parsers;
};

// Error: kInvalid, whose message begins with `[<index>].` and the path of the field that Fluent Bit
// cannot do.
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
