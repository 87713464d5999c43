#pragma once

#include "controllers/config/promql/cursor.h"

namespace belvedere::config::promql {

// A range or a step: what stands in brackets. A literal is greater than 0.
Duration ParseRange(Cursor& cursor);

// What stands behind `offset`.
Duration ParseOffset(Cursor& cursor);

}  // namespace belvedere::config::promql
