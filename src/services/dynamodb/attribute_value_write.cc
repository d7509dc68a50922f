#include "base/bytes.h"
#include "protocol/json_writer.h"
#include "services/dynamodb/attribute_value_json.h"

namespace dyad::dynamodb {
namespace {

using table::ItemView;
using table::ListView;
using table::MapView;
using table::SetView;
using table::Type;
using table::ValueView;

// What stands between the quotes of a string, number or binary.
void append_text(std::string& out, ValueView value) {
  switch (value.type()) {
    case Type::string:
      return protocol::append_json_text(out, value.as_string());
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
    protocol::append_json_text(out, entry.name);
    out.append("\":", 2);
    append_attribute_value(out, entry.value);
  }
  out.push_back('}');
}

}  // namespace dyad::dynamodb
