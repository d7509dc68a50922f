#include "protocol/text_values.h"

#include <charconv>

#include "base/bytes.h"
#include "base/check.h"
#include "protocol/json_writer.h"
#include "protocol/timestamps.h"

namespace dyad::protocol {
namespace {

template <class Number>
bool parse_number(std::string_view text, void* out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, *static_cast<Number*>(out));
  return error == std::errc() && at == end && !text.empty();
}

/// "NaN" and "Infinity" too, as from_chars reads them; not "inf" or "nan(...)", which no protocol
/// has.
bool parse_double(std::string_view text, void* out) {
  const bool word = text.find_first_of("nN") != text.npos;
  if (word && text != "NaN" && text != "Infinity" && text != "-Infinity") return false;
  return parse_number<double>(text, out);
}

bool parse_boolean(std::string_view text, void* out) {
  std::string lower(text.substr(0, 6));
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  *static_cast<bool*>(out) = lower == "true";
  return lower == "true" || lower == "false";
}

}  // namespace

bool parse_text_value(const Shape& shape, TimestampFormat format, std::string_view text,
                      void* out) {
  switch (shape.kind) {
    case Kind::string:
      static_cast<std::string*>(out)->assign(text);
      return true;
    case Kind::boolean:
      return parse_boolean(text, out);
    case Kind::integer:
      return parse_number<std::int32_t>(text, out);
    case Kind::long_:
      return parse_number<std::int64_t>(text, out);
    case Kind::float64:
      return parse_double(text, out);
    case Kind::blob: {
      auto bytes = from_base64(text);
      if (bytes) *static_cast<std::string*>(out) = *std::move(bytes);
      return bytes.has_value();
    }
    case Kind::timestamp: {
      const auto time = parse_timestamp(text, format);
      if (time) *static_cast<UtcMs*>(out) = *time;
      return time.has_value();
    }
    default:
      DYAD_CHECK(is_scalar(shape.kind));
      return false;
  }
}

void append_text_value(const Shape& shape, TimestampFormat format, const void* value,
                       std::string& out) {
  switch (shape.kind) {
    case Kind::string:
      out += *static_cast<const std::string*>(value);
      return;
    case Kind::blob:
      out += to_base64(*static_cast<const std::string*>(value));
      return;
    case Kind::boolean:
      out += *static_cast<const bool*>(value) ? "true" : "false";
      return;
    case Kind::integer:
      return append_json_integer(out, *static_cast<const std::int32_t*>(value));
    case Kind::long_:
      return append_json_integer(out, *static_cast<const std::int64_t*>(value));
    case Kind::float64:
      return append_json_double(out, *static_cast<const double*>(value));
    case Kind::timestamp:
      return append_timestamp(out, *static_cast<const UtcMs*>(value), format);
    default:
      DYAD_CHECK(is_scalar(shape.kind));
  }
}

}  // namespace dyad::protocol
