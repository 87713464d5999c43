#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace belvedere::log {

enum class Level { kDebug, kInfo, kWarn, kError };

using Field = std::pair<std::string_view, std::string>;

// Structured log lines as one JSON object a line on standard error: ts, level, msg, then fields.
// Thread-safe. No secret content in any field.
void Write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void Debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kDebug, message, fields);
}
inline void Info(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kInfo, message, fields);
}
inline void Warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kWarn, message, fields);
}
inline void Error(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kError, message, fields);
}

// Lines below `level` are dropped. Default kInfo.
void SetLevel(Level level);
// Writes out what is buffered; called last before the process ends.
void Flush();

}  // namespace belvedere::log
