#pragma once

#include <cstddef>
#include <string>

#include "operator/base/result.h"

namespace belvedere {

// `length` letters and digits that nobody can guess, from OpenSSL. Error: kInternal: it has none.
Result<std::string> RandomText(std::size_t length);

}  // namespace belvedere
