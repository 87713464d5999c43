#pragma once

#include <span>
#include <string_view>

// What Alertmanager 0.31 can notify, as a table: a row a kind, and in it a row a field.
namespace belvedere::config::receivers {

struct Field {
  enum class Type {
    kText,
    kInteger,
    kUrl,
    kHostPort,
    kChoice,
    kSecret,   // the path of a mounted file
    kFixed,    // ours: always as `more` says
    kMessage,  // ours: the template that `more` names
    kRefused,  // Alertmanager would want the secret in its config
  };
  enum class Need {
    kOptional,
    kRequired,
    kOneOf,  // exactly one of all of the kind
  };

  std::string_view name;  // in custom resources; empty: not theirs
  Type type = Type::kText;
  std::string_view key;  // in Alertmanager's config; a dot leads into an object
  Need need = Need::kOptional;
  std::string_view more = {};  // of kChoice: the choices, with | between
};

struct Kind {
  std::string_view name;  // in custom resources
  std::string_view key;   // in Alertmanager's config
  std::span<const Field> fields;
};

std::span<const Kind> Kinds();
// Null: there is none.
const Kind* FindKind(std::string_view name);
const Field* FindField(const Kind& kind, std::string_view name);

}  // namespace belvedere::config::receivers
