#pragma once

#include <vector>

#include "controllers/config/field_reader.h"
#include "controllers/config/silences.h"

// When a policy's alerts notify nobody.
namespace belvedere::alertpolicy {

// Whose they are, is for the compiler to add.
std::vector<config::Silence> ReadSilences(config::FieldReader& spec);

}  // namespace belvedere::alertpolicy
