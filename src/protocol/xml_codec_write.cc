#include "protocol/text_values.h"
#include "protocol/xml_codec.h"
#include "protocol/xml_writer.h"

namespace dyad::protocol {
namespace {

void write_value(const Shape& shape, TimestampFormat format, std::string_view name,
                 const void* value, std::string& out);

void write_list(const Shape& shape, TimestampFormat format, std::string_view name,
                const void* value, std::string& out) {
  const std::size_t size = shape.ops->size(value);
  if (!shape.flattened) open_element(out, name);
  for (std::size_t i = 0; i < size; ++i) {
    write_value(*shape.element, format, shape.flattened ? name : shape.element_name,
                shape.ops->at(value, i), out);
  }
  if (!shape.flattened) close_element(out, name);
}

void write_map(const Shape& shape, TimestampFormat format, std::string_view name, const void* value,
               std::string& out) {
  struct Visit {
    const Shape* element;
    TimestampFormat format;
    std::string* out;
  } visit{shape.element, format, &out};
  open_element(out, name);
  shape.ops->each(value, &visit, [](void* context, const std::string& key, const void* entry) {
    auto& state = *static_cast<Visit*>(context);
    open_element(*state.out, "entry");
    append_element(*state.out, "key", key);
    write_value(*state.element, state.format, "value", entry, *state.out);
    close_element(*state.out, "entry");
  });
  close_element(out, name);
}

void write_text(const Shape& shape, TimestampFormat format, std::string_view name,
                const void* value, std::string& out) {
  if (shape.kind == Kind::string) {
    append_element(out, name, *static_cast<const std::string*>(value));
    return;
  }
  open_element(out, name);  // What is no string needs no escape.
  append_text_value(shape, format, value, out);
  close_element(out, name);
}

void write_value(const Shape& shape, TimestampFormat format, std::string_view name,
                 const void* value, std::string& out) {
  switch (shape.kind) {
    case Kind::list:
      return write_list(shape, format, name, value, out);
    case Kind::map:
      return write_map(shape, format, name, value, out);
    case Kind::structure:
      open_element(out, name);
      write_xml_members(shape, value, out);
      return close_element(out, name);
    default:
      return write_text(shape, format, name, value, out);
  }
}

}  // namespace

void write_xml_members(const Shape& shape, const void* value, std::string& out) {
  for (const Member& member : shape.members) {
    if (member.location != Location::body) continue;
    if (const void* field = value_of(value, member)) {
      write_value(*member.shape, member.timestamp_format, member.wire_name, field, out);
    }
  }
}

namespace {

/// An output whose only member is named as its document is that element itself: GetBucketLocation
/// answers <LocationConstraint>EU</LocationConstraint> (the trait s3UnwrappedXmlOutput).
const Member* unwrapped_member(const Shape& shape, std::string_view root_name) {
  if (shape.members.size() != 1) return nullptr;
  const Member& only = shape.members.front();
  const bool same = only.location == Location::body && only.wire_name == root_name &&
                    only.shape->kind == Kind::string;
  return same ? &only : nullptr;
}

}  // namespace

void write_xml(const Shape& shape, std::string_view root_name, const void* value,
               std::string& out) {
  if (const Member* text = unwrapped_member(shape, root_name)) {
    open_element(out, root_name, shape.xml_namespace);
    if (const void* field = value_of(value, *text))
      append_xml_text(out, *static_cast<const std::string*>(field));
    return close_element(out, root_name);
  }
  open_element(out, root_name, shape.xml_namespace);
  write_xml_members(shape, value, out);
  close_element(out, root_name);
}

}  // namespace dyad::protocol
