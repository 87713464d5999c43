#include "controllers/config/fluentbit.h"

namespace belvedere::config::fluentbit {

Property Set(std::string key, std::string value) {
  return {.key = std::move(key), .value = Text{.literal = std::move(value), .secret_file = {}}};
}

Property Set(std::string key, const char* value) { return Set(std::move(key), std::string(value)); }

Property Set(std::string key, std::int64_t value) {
  return {.key = std::move(key), .value = value};
}

Property Set(std::string key, int value) { return Set(std::move(key), std::int64_t{value}); }

Property Set(std::string key, Toggle value) { return {.key = std::move(key), .value = value}; }

Property SetList(std::string key, std::vector<std::string> values) {
  std::vector<Text> texts;
  for (std::string& value : values)
    texts.push_back({.literal = std::move(value), .secret_file = {}});
  return {.key = std::move(key), .value = std::move(texts)};
}

Property SetSecret(std::string key, std::string literal, std::string secret_file) {
  return {.key = std::move(key),
          .value = Text{.literal = std::move(literal), .secret_file = std::move(secret_file)}};
}

}  // namespace belvedere::config::fluentbit
