#pragma once

#include <span>
#include <string_view>

#include "controllers/config/fluentbit.h"

// What Fluent Bit 5.1.1 takes, as far as we use it: its own --dry-run does not see a wrong value, a
// service key that it does not know, or a key that is missing.
namespace belvedere::config::fluentbit {

enum class SectionKind { kService, kParser, kInput, kFilter, kOutput };

enum class KeyType {
  kText,
  kInteger,  // 0 or more
  kToggle,
  kSize,  // bytes, with k, M or G
  kTime,  // seconds, or with s, m or h
  kWord,  // one of KeySchema::words
};

// How often a section may hold the key.
enum class Times { kOnce, kList, kRequired };

struct KeySchema {
  SectionKind section = SectionKind::kService;
  std::string_view plugin;  // "*": every plugin of the section
  std::string_view key;
  KeyType type = KeyType::kText;
  std::string_view words;  // separated by |
  Times times = Times::kOnce;
  std::string_view since;  // first release (major.minor) that knows the key, of 1.9 and later
};

std::span<const KeySchema> Schema();

// Error: kInternal, a mistake of ours, for a plugin or key that is not in the schema, given twice
// or missing; kInvalid for a value that its type does not allow.
Status CheckSection(SectionKind kind, const Section& section);

}  // namespace belvedere::config::fluentbit
