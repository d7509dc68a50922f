#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/operation.h"
#include "protocol/query_string.h"

namespace dyad::protocol {

/// The value of `name` in a form, "Action" say; empty: none.
std::string_view form_value(std::span<const QueryParameter> form, std::string_view name);

/// Parses and validates a form (lists as "Tags.member.1.Key", no longer than the form itself) into
/// the input of `operation` at `out`, which is new. Service errors: ValidationError in AWS's words,
/// MalformedInput.
Result<> parse_form(const Operation& operation, std::span<const QueryParameter> form, void* out);

template <class T>
Result<T> parse_form(const Operation& operation, std::span<const QueryParameter> form) {
  T out{};
  DYAD_TRY(parse_form(operation, form, &out));
  return out;
}

/// The XML answer around an operation's output.
std::string render_query(const Operation& operation, const void* output,
                         std::string_view request_id);

}  // namespace dyad::protocol
