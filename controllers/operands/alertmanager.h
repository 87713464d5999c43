#pragma once

#include "controllers/operands/operand.h"

namespace belvedere::operands {

// Groups and routes the alerts of the stack; replicas gossip so that each is sent once.
Operand Alertmanager();

// Where a stack's Alertmanager answers: http://HOST:PORT.
std::string AlertmanagerUrl(const StackRef& stack);

}  // namespace belvedere::operands
