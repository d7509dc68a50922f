#include "base/bytes.h"
#include "services/dynamodb/attribute_value_json.h"

namespace dyad::dynamodb {
namespace {

using table::ItemView;
using table::ListView;
using table::MapView;
using table::SetView;
using table::Type;
using table::ValueView;

constexpr std::uint64_t kOnes = 0x0101010101010101u;
constexpr std::uint64_t kHighs = 0x8080808080808080u;

// Sets the high bit of the first byte that JSON wants escaped, a control character, quote or
// backslash (later ones may be marked wrongly by the borrow).
std::uint64_t escapes(std::uint64_t word) {
  const std::uint64_t quote = word ^ (kOnes * '"'), backslash = word ^ (kOnes * '\\');
  const std::uint64_t control = (word - kOnes * 0x20) & ~word;
  return (control | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash)) & kHighs;
}

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Where the first such byte is; the end when there is none.
std::size_t clean_length(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8)
    if (const std::uint64_t found = escapes(load_le<std::uint64_t>(text.data() + i)); found != 0)
      return i + static_cast<std::size_t>(__builtin_ctzll(found)) / 8;
  while (i < text.size() && !needs_escape(text[i])) ++i;
  return i;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      out.append("\\u00").append(to_hex({&c, 1}));
  }
}

// The text of a JSON string without its quotes.
void append_escaped(std::string& out, std::string_view utf8) {
  while (true) {
    const std::size_t clean = clean_length(utf8);
    out.append(utf8.data(), clean);
    if (clean == utf8.size()) return;
    append_escape(out, utf8[clean]);
    utf8.remove_prefix(clean + 1);
  }
}

// What stands between the quotes of a string, number or binary.
void append_text(std::string& out, ValueView value) {
  switch (value.type()) {
    case Type::string:
      return append_escaped(out, value.as_string());
    case Type::number:
      return value.as_number().append_text(out);
    default:
      out.append(to_base64(value.as_binary()));
  }
}

void append_list(std::string& out, ListView list) {
  out.push_back('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_attribute_value(out, list[i]);
  }
  out.push_back(']');
}

void append_set(std::string& out, SetView set) {
  for (std::size_t i = 0; i < set.size(); ++i) {
    out.append(i == 0 ? "[\"" : "\",\"");
    append_text(out, set[i]);
  }
  out.append("\"]");  // No set is empty.
}

}  // namespace

void append_json_string(std::string& out, std::string_view utf8) {
  out.push_back('"');
  append_escaped(out, utf8);
  out.push_back('"');
}

void append_attribute_value(std::string& out, ValueView value) {
  using namespace std::literals;
  const auto quoted = [&](std::string_view begin) {
    out.append(begin);
    append_text(out, value);
    out.append("\"}"sv);
  };
  switch (value.type()) {
    case Type::string:
      return quoted("{\"S\":\""sv);
    case Type::number:
      return quoted("{\"N\":\""sv);
    case Type::binary:
      return quoted("{\"B\":\""sv);
    case Type::boolean:
      out.append(value.as_bool() ? "{\"BOOL\":true}"sv : "{\"BOOL\":false}"sv);
      return;
    case Type::null:
      out.append("{\"NULL\":true}"sv);
      return;
    case Type::list:
      out.append("{\"L\":"sv);
      append_list(out, value.as_list());
      break;
    case Type::map:
      out.append("{\"M\":"sv);
      append_item(out, ItemView(value.encoded()));
      break;
    case Type::string_set:
    case Type::number_set:
    case Type::binary_set:
      out.append("{\""sv).append(type_name(value.type())).append("\":"sv);
      append_set(out, value.as_set());
      break;
  }
  out.push_back('}');
}

void append_item(std::string& out, ItemView item) {
  out.push_back('{');
  const MapView map = item.attributes();
  for (std::size_t i = 0; i < map.size(); ++i) {
    const MapView::Entry entry = map[i];
    out.append(i == 0 ? "\"" : ",\"");
    append_escaped(out, entry.name);
    out.append("\":", 2);
    append_attribute_value(out, entry.value);
  }
  out.push_back('}');
}

}  // namespace dyad::dynamodb
