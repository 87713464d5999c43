#pragma once

#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/config/field_reader.h"

// Strings of a spec that reach an engine, read so that they can be nothing but data there.
namespace belvedere::logpipeline {

inline constexpr std::size_t kMaxRegex = 1024;

// Not empty, one line, no reference. Empty: it has a problem, which the reader has noted.
std::string ReadInert(config::FieldReader& reader, const std::string& key, std::size_t max_length);

// The name of a record's field; dots lead into maps.
std::string ReadField(config::FieldReader& reader, const std::string& key);
// A field that the pipeline may write: all but what says where a record comes from.
std::string ReadNewField(config::FieldReader& reader, const std::string& key);

enum class Groups { kAny, kNamed };

// A regex that all engines read alike; with Groups::kNamed it has a named group.
std::string ReadRegex(config::FieldReader& reader, const std::string& key, Groups groups);

// What engines do not read alike in `regex`, and what to write instead. Empty: nothing. That it is
// a regex at all, the API server and the engine's own check say.
std::string RegexProblem(std::string_view regex);

// A pattern for whole strings, and how to say what matches it.
struct Form {
  std::regex pattern;
  const char* is;
};
std::vector<std::string> ReadList(config::FieldReader& reader, const std::string& key,
                                  const Form& form);

}  // namespace belvedere::logpipeline
