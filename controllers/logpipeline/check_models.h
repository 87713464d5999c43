#pragma once

#include <initializer_list>
#include <string>

#include "operator/base/result.h"

namespace belvedere::logpipeline {

// Whether each model could be made and its encoder takes it. Error: the first that says no; what an
// encoder refuses came from some field of the spec.
template <typename Model>
Status CheckModels(std::initializer_list<Result<Model>> models) {
  for (const Result<Model>& model : models) {
    if (!model) return Fail(model.error());
    const Result<std::string> yaml = ToYaml(*model);
    if (!yaml) return Fail(yaml.error().code, "spec: " + yaml.error().message);
  }
  return {};
}

}  // namespace belvedere::logpipeline
