#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "controllers/config/receiver_kinds.h"
#include "operator/base/json.h"
#include "operator/base/result.h"

namespace belvedere::config::receivers {

// Where Alertmanager finds a secret: an absolute path. Its content is read at each notification and
// nobody else sees it.
struct SecretFile {
  std::string path;

  bool operator==(const SecretFile&) const = default;
};

using Value = std::variant<std::string, std::int64_t, SecretFile>;

// One way to notify somebody.
struct Integration {
  std::string kind;                     // a name of Kinds()
  std::map<std::string, Value> fields;  // by name in custom resources

  bool operator==(const Integration&) const = default;
};

// Who writes the messages.
enum class Messages {
  kAlertmanager,  // its own templates
  kOurs,          // those of MessageTemplates(), which the config has to load
};

// As an entry of the kind's list in a receiver. Error: kInvalid, naming the field; nothing that it
// gives back can make Alertmanager refuse its config.
Result<Json> ToConfig(const Integration& integration, Messages messages);

// What stands for a user's text must be that text: why Alertmanager would read it otherwise, or
// empty.
std::string_view TextProblem(std::string_view text);

// The templates that messages are made of, as one file.
std::string_view MessageTemplates();

}  // namespace belvedere::config::receivers
