#pragma once

#include <string>

#include "protocol/shape.h"

namespace dyad::protocol {

/// A value as AWS repeats it in a validation message: text as it is, lists as [a, b], structures as
/// KeySchemaElement(attributeName=pk, keyType=HASH). Cut at kMaxEchoBytes; provided types show as
/// "...".
std::string echo(const Shape& shape, const void* value);

}  // namespace dyad::protocol
