#pragma once

#include <string>
#include <string_view>

#include "operator/base/result.h"

// What a Config is made of. All errors are kInvalid and name the file.
namespace belvedere::kube {

// At most 1 MiB.
Result<std::string> ReadSmallFile(const std::string& path);

// One line without white space around or in it; never empty.
Result<std::string> ReadToken(const std::string& path);

// A file with at least one PEM block. Never empty: an empty CA would mean to trust anybody.
Result<std::string> ReadPem(const std::string& path);

bool IsToken(std::string_view text);
bool IsPem(std::string_view text);

// Standard base64, white space allowed. Error: kDecode.
Result<std::string> DecodeBase64(std::string_view text);

}  // namespace belvedere::kube
