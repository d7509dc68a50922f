#include <algorithm>

#include "protocol/rest_binding.h"
#include "protocol/text_values.h"
#include "protocol/xml_codec.h"
#include "protocol/xml_writer.h"

namespace dyad::protocol {
namespace {

/// A member may repeat what a client once sent (response-content-disposition, metadata): a line
/// break in it must not begin a header of its own.
std::string header_safe(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) c = ' ';
  }
  return text;
}

std::string header_text(const Member& member, const void* value) {
  std::string text;
  const Shape& shape = *member.shape;
  if (shape.kind != Kind::list) {
    append_text_value(shape, member.timestamp_format, value, text);
    return header_safe(std::move(text));
  }
  for (std::size_t i = 0; i < shape.ops->size(value); ++i) {
    if (i > 0) text += ", ";
    append_text_value(*shape.element, member.timestamp_format, shape.ops->at(value, i), text);
  }
  return header_safe(std::move(text));
}

void add_prefixed(const Member& member, const void* value, RestResponse& response) {
  for (const auto& [name, text] : *static_cast<const Map<std::string>*>(value)) {
    response.headers.emplace_back(header_safe(std::string(member.wire_name) + name),
                                  header_safe(text));
  }
}

bool has_body_members(const Shape& shape) {
  return std::ranges::any_of(shape.members,
                             [](const Member& m) { return m.location == Location::body; });
}

}  // namespace

RestResponse render_rest(const Operation& operation, const void* output) {
  RestResponse response{.status = operation.success_status, .headers = {}, .body = {}};
  for (const Member& member : operation.output->members) {
    const void* value = value_of(output, member);
    if (!value) continue;
    if (member.location == Location::header) {
      if (member.shape->kind == Kind::list && member.shape->ops->size(value) == 0) continue;
      response.headers.emplace_back(member.wire_name, header_text(member, value));
    } else if (member.location == Location::header_prefix) {
      add_prefixed(member, value, response);
    } else if (member.location == Location::payload) {
      response.body = kXmlDeclaration;
      write_xml(*member.shape, member.wire_name, value, response.body);
    }
  }
  if (has_body_members(*operation.output)) {
    response.body = kXmlDeclaration;
    write_xml(*operation.output, operation.output->name, output, response.body);
  }
  if (!response.body.empty()) response.headers.emplace_back("Content-Type", "application/xml");
  return response;
}

}  // namespace dyad::protocol
