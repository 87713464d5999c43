#pragma once

#include <string>

namespace belvedere {

struct Ran {
  int status = -1;  // as wait(2) gives it; -1: it could not be started
  std::string output;
};

// Runs a command in a shell; what it writes to both its outputs comes back as one text.
Ran RunCommand(const std::string& command);

// `text` with every `from` as `to`.
std::string Replaced(std::string text, const std::string& from, const std::string& to);

}  // namespace belvedere
