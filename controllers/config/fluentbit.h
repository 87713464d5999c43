#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "operator/base/result.h"

// The configuration of Fluent Bit 5.1, typed. Strings are data: the encoder refuses what Fluent Bit
// would read as anything else, and every key is checked against the schema of its plugin.
namespace belvedere::config::fluentbit {

// `literal`, followed by the content of a mounted file where `secret_file` is not empty. Only the
// path is rendered; Fluent Bit reads the file whenever it loads the configuration.
struct Text {
  std::string literal;
  std::string secret_file;

  bool operator==(const Text&) const = default;
};

enum class Toggle { kOff, kOn };

// A list is a key that Fluent Bit takes several times.
using Value = std::variant<Text, std::int64_t, Toggle, std::vector<Text>>;

struct Property {
  std::string key;
  Value value;

  bool operator==(const Property&) const = default;
};

// Shorthands, so that tables of properties stay readable.
Property Set(std::string key, std::string value);
Property Set(std::string key, const char* value);
Property Set(std::string key, std::int64_t value);
Property Set(std::string key, int value);
Property Set(std::string key, Toggle value);
Property SetList(std::string key, std::vector<std::string> values);
Property SetSecret(std::string key, std::string literal, std::string secret_file);

// One section: an input, a filter, an output or a parser, by the name of its plugin (of parsers:
// the name that others call it by).
struct Section {
  std::string name;
  std::vector<Property> properties;

  bool operator==(const Section&) const = default;
};

struct MultilineRule {
  std::string state;
  std::string regex;
  std::string next_state;

  bool operator==(const MultilineRule&) const = default;
};

struct MultilineParser {
  std::string name;
  std::int64_t flush_timeout_ms = 1000;
  std::vector<MultilineRule> rules;

  bool operator==(const MultilineParser&) const = default;
};

struct Model {
  std::vector<Property> service;
  std::vector<Section> parsers;
  std::vector<MultilineParser> multiline_parsers;
  std::vector<Section> inputs;
  std::vector<Section> filters;
  std::vector<Section> outputs;

  bool operator==(const Model&) const = default;
};

// The name of the variable that holds the content of `secret_file`.
std::string VariableOf(const std::string& secret_file);

// The model as a Fluent Bit YAML file; canonical. Error: kInvalid for strings with control
// characters or `${`, or that are not UTF-8, and for plugins, keys or values that the schema
// (fluentbit_schema.h) does not know.
Result<std::string> ToYaml(const Model& model);

}  // namespace belvedere::config::fluentbit
