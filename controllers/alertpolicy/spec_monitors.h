#pragma once

#include "controllers/config/field_reader.h"
#include "controllers/config/monitors.h"

namespace belvedere::alertpolicy {

// Reads the fields of one monitor besides its name. Whose it is, is for the caller to add.
config::monitors::Monitor ReadMonitor(config::FieldReader& reader);

}  // namespace belvedere::alertpolicy
