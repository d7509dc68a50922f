#include <algorithm>

#include "protocol/header_list.h"
#include "protocol/json_codec.h"
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
    std::string entry;
    append_text_value(*shape.element, member.timestamp_format, shape.ops->at(value, i), entry);
    // A date's comma is no separator.
    if (shape.element->kind == Kind::timestamp)
      text.append(i > 0 ? ", " : "").append(entry);
    else
      append_header_entry(text, entry);
  }
  return header_safe(std::move(text));
}

void add_prefixed(const Member& member, const void* value, RestResponse& response) {
  for (const auto& [name, text] : *static_cast<const Map<std::string>*>(value)) {
    response.headers.emplace_back(header_safe(std::string(member.wire_name) + name),
                                  header_safe(text));
  }
}

bool has(const Shape& shape, Location location) {
  return std::ranges::any_of(shape.members,
                             [&](const Member& m) { return m.location == location; });
}

/// In JSON an answer without members is an empty object.
bool has_document(const Operation& operation, std::uint16_t status) {
  if (operation.service->protocol != Protocol::rest_json_1)
    return has(*operation.output, Location::body);
  return !operation.streaming_output && status != 204 && !has(*operation.output, Location::payload);
}

/// The document and its type; of a string or blob the bytes themselves.
void add_payload(const Operation& operation, const Member& member, const void* value,
                 RestResponse& response) {
  const Shape& shape = *member.shape;
  std::string_view type = "application/xml";
  if (is_scalar(shape.kind)) {
    response.body = *static_cast<const std::string*>(value);
    type = shape.kind == Kind::blob ? "application/octet-stream" : "text/plain";
  } else if (operation.service->protocol == Protocol::rest_json_1) {
    JsonCodec().write(shape, value, response.body);
    type = "application/json";
  } else {
    response.body = kXmlDeclaration;
    write_xml(shape, member.wire_name, value, response.body);
  }
  response.headers.emplace_back("Content-Type", type);
}

void add_document(const Operation& operation, const void* output, RestResponse& response) {
  const Shape& shape = *operation.output;
  if (operation.service->protocol == Protocol::rest_json_1) {
    JsonCodec().write(shape, output, response.body);
    response.headers.emplace_back("Content-Type", "application/json");
    return;
  }
  response.body = kXmlDeclaration;
  write_xml(shape, shape.name, output, response.body);
  response.headers.emplace_back("Content-Type", "application/xml");
}

}  // namespace

RestResponse render_rest(const Operation& operation, const void* output) {
  RestResponse response{.status = operation.success_status, .headers = {}, .body = {}};
  // What an object has, mostly; growing from one moves them four times.
  response.headers.reserve(12);
  for (const Member& member : operation.output->members) {
    const void* value = value_of(output, member);
    if (!value) continue;
    if (member.location == Location::header) {
      if (member.shape->kind == Kind::list && member.shape->ops->size(value) == 0) continue;
      response.headers.emplace_back(member.wire_name, header_text(member, value));
    } else if (member.location == Location::header_prefix) {
      add_prefixed(member, value, response);
    } else if (member.location == Location::payload) {
      add_payload(operation, member, value, response);
    } else if (member.location == Location::status) {
      response.status = static_cast<std::uint16_t>(*static_cast<const std::int32_t*>(value));
    }
  }
  if (has_document(operation, response.status)) add_document(operation, output, response);
  return response;
}

}  // namespace dyad::protocol
