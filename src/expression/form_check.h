#pragma once

#include "base/result.h"
#include "expression/expression_kind.h"
#include "expression/syntax.h"

namespace dyad::expression {

/// What the service refuses in an expression that parses, before it looks at any placeholder, in
/// the order written: reserved words, list indexes out of range, functions that do not exist or
/// stand where they may not; in updates then a section that stands twice.
Result<> check_form(const Syntax& syntax, ExpressionKind kind);

}  // namespace dyad::expression
