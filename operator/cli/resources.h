#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "controllers/operands/images.h"
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

// The kinds that this release runs, in the order in which they depend on each other.
std::vector<std::unique_ptr<const runtime::Kind>> AllKinds(const operands::ImageTable& images);

using Primary = std::shared_ptr<const cache::Primary>;

// The resources of one kind, in the order in which they were given.
struct Resources {
  const runtime::Kind& kind;
  std::vector<Primary> items;
};
using Kinds = std::span<const std::unique_ptr<const runtime::Kind>>;

// The resources of our kinds among `manifests`; those without a namespace go to
// `default_namespace`. Kinds of which there is none are left out. Error: kInvalid for a version
// that this release does not know, for two of one name, and where there is no resource at all.
Result<std::vector<Resources>> ResourcesOf(const std::vector<Manifest>& manifests,
                                           const std::string& default_namespace, Kinds kinds);

// What a plan of `resources` may depend on. Without a cluster nothing has a UID; the order of the
// file stands for that of creation, and the name of a namespace for its UID. Its labels, by which a
// stack takes policies, are those of a Namespace among `manifests`, and its name.
runtime::World WorldOf(const Resources& resources, const std::vector<Resources>& all,
                       const std::vector<Manifest>& manifests);

// How a person names one: "MonitoringStack ns/name".
std::string NameOf(const runtime::Kind& kind, const cache::Primary& resource);

}  // namespace belvedere::cli
