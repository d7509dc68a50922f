#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dyad::protocol {

// Pieces of JSON, appended. Commas and braces are the caller's.

/// A quoted string with what must be escaped escaped. `utf8` is UTF-8; its other bytes pass as they
/// are.
void append_json_string(std::string& out, std::string_view utf8);
/// The same without the quotes.
void append_json_text(std::string& out, std::string_view utf8);
/// A quoted string of base64.
void append_json_base64(std::string& out, std::string_view bytes);
void append_json_integer(std::string& out, std::int64_t value);
/// The shortest text that reads back as `value`, with a fraction also for whole numbers: 1.0, as
/// AWS writes capacity units. For what JSON has no number the word: NaN, Infinity, -Infinity, which
/// the caller quotes.
void append_json_double(std::string& out, double value);

}  // namespace dyad::protocol
