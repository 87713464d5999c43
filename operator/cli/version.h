#pragma once

#include <string>

namespace belvedere::cli {

// Of the project, and the commit it was built from: "unknown" outside a checkout, with "+changes"
// where the checkout had any.
std::string Version();
std::string Commit();

}  // namespace belvedere::cli
