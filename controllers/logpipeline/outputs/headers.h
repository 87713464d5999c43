#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/logpipeline/outputs/common.h"

// Headers of a request, as a spec may set them.
namespace belvedere::logpipeline {

using Headers = std::map<std::string, std::string>;

// Reads `headers`. Those that carry credentials are refused: they belong into a Secret.
Headers ReadHeaders(config::FieldReader& reader);

// The headers, and the bearer token of `account`, as Fluent Bit writes them.
void AddFluentBitHeaders(const Headers& headers, const Account& account, FluentBitOutput& output);

}  // namespace belvedere::logpipeline
