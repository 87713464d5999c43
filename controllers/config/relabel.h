#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/selector.h"
#include "operator/base/json.h"

// Relabelling rules of Prometheus, as data.
namespace belvedere::config {

using SourceLabels = std::vector<std::string>;

// Regular expressions are anchored; several source labels are joined by ";".
Json Keep(const SourceLabels& sources, std::string_view regex);
Json Drop(const SourceLabels& sources, std::string_view regex);
// target := replacement where the sources match; "$1" is the first group.
Json Replace(const SourceLabels& sources, std::string_view regex, std::string_view replacement,
             std::string_view target);
Json Copy(const std::string& source, std::string_view target);
Json Set(std::string_view target, std::string_view value);
Json DropLabels(std::string_view regex);

// `text` as a regular expression that matches it alone.
std::string Quoted(std::string_view text);

// Rules that keep the targets whose namespace `selector` selects; they need the namespace's
// metadata attached to the targets. Empty for an empty selector.
std::vector<Json> KeepNamespaces(const LabelSelector& selector);

}  // namespace belvedere::config
