#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controllers/monitoringstack/kind.h"
#include "operator/cache/projection.h"
#include "operator/cli/manifests.h"
#include "operator/runtime/kind.h"

namespace belvedere::cli {

// What flags and environment say about images.
struct ImageFlags {
  std::string file;      // YAML map as operands::ImageTable::FromOverrides takes it
  std::string registry;  // of all images that `file` does not name
};
Result<operands::ImageTable> LoadImages(const ImageFlags& flags);

using Primary = std::shared_ptr<const cache::Primary>;

// The resources of our kind among `manifests`, in their order; those without a namespace go to
// `default_namespace`. Error: kInvalid for a version that this release does not know, for two of
// one name, and where there is none.
Result<std::vector<Primary>> StacksOf(const std::vector<Manifest>& manifests,
                                      const std::string& default_namespace);

// How a person names one: "MonitoringStack ns/name".
std::string NameOf(const cache::Primary& stack);

}  // namespace belvedere::cli
