#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/logpipeline/pipeline.h"
#include "operator/base/result.h"

// What Fluent Bit has no plugin for runs in its embedded Lua. The programs are
// constants of ours; what a spec says enters them as numbers and as strings of escaped bytes only.
namespace belvedere::logpipeline::fluentbit {

// One Lua pattern for each alternative of `regex`, which must be of the part of RE2 that Lua can
// match: literals, classes, ?, *, + and {n,m} of one character, ^, $, and \b beside a word
// character. Error: kInvalid, with what is not of that part.
Result<std::vector<std::string>> ToLuaPatterns(std::string_view regex);

// The name of the function that each program defines.
inline constexpr const char* kLuaFunction = "belvedere";

enum class Depth { kField, kRecord };

struct Redaction {
  std::string field;
  std::string regex;
  std::string replacement;
  // kRecord: every string of the record but Kubernetes' metadata, since a parser has made fields
  // of the one that is meant.
  Depth depth = Depth::kField;
};

// Error: kInvalid for a regex that ToLuaPatterns refuses.
Result<std::string> RedactProgram(const Redaction& redaction);

std::string ThrottleProgram(std::int64_t records_per_second, Per per);

// Keeps `percent` of a hundred records, evenly spread.
std::string SampleProgram(std::int64_t percent);

// Takes all labels of the pod but `kept` out of Kubernetes' metadata.
std::string KeepLabelsProgram(const std::vector<std::string>& kept);

}  // namespace belvedere::logpipeline::fluentbit
