#pragma once

#include <string_view>

// What may stand in the configs of log engines, whose own grammars know references (`${...}`).
namespace belvedere::config {

// Why `text` is not one line in which nothing stands for something else: it holds `${`, a control
// character or a line break. Empty: it is.
std::string_view InertTextProblem(std::string_view text);

// Whether `path` is an absolute path of letters, digits and /._- that never goes up.
bool IsInertPath(std::string_view path);

}  // namespace belvedere::config
