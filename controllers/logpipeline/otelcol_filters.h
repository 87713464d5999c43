#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/otelcol.h"
#include "controllers/logpipeline/pipeline.h"

// The filters of a pipeline as the collector runs them. A record is a map of fields: a body that is
// text is the field `log` alone, before filters see it and, where nothing else came to it, after
// them. What Kubernetes says of it are attributes of its resource, which filters read as
// kubernetes.* and never write.
namespace belvedere::logpipeline::otelcol {

using config::otelcol::Component;

// What the collector makes of each filter, for the docs.
struct FilterSupport {
  std::string_view filter;  // its field in the CRD
  std::string_view how;
  std::string_view not_supported;  // empty: nothing that is left out
};
std::span<const FilterSupport> FilterTable();

// Processors, in order, called <type>/<id>-<number>. Error: kInvalid, whose message begins with
// `[<index>].<filter>` and says what the collector cannot do.
Result<std::vector<Component>> RenderFilters(const std::vector<Filter>& filters,
                                             const std::string& id);

// A processor that changes records by statements, and one that drops those of which any condition
// holds. What a statement cannot be applied to stays as it is.
Component Transform(std::string id, std::vector<std::string> statements);
Component DropWhere(std::string id, std::vector<std::string> conditions);

// `text` as a regex that matches it alone; `*` in it stands for itself.
std::string RegexOf(std::string_view text);

}  // namespace belvedere::logpipeline::otelcol
