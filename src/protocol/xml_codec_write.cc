#include "protocol/text_values.h"
#include "protocol/xml_codec.h"
#include "protocol/xml_writer.h"

namespace dyad::protocol {
namespace {

/// An element's name and what else stands in its first tag.
struct Tag {
  std::string_view name;
  const XmlFacts* facts = nullptr;
};

void write_value(const Shape& shape, TimestampFormat format, const Tag& tag, const void* value,
                 std::string& out);

bool is_attribute(const Member& member) {
  return member.xml != nullptr && member.xml->attribute;
}

void append_attribute(std::string& out, std::string_view name, std::string_view text) {
  out.append(" ").append(name).append("=\"");
  append_xml_text(out, text);
  out += '"';
}

/// Leaves the tag open: attributes follow.
void begin_tag(const Tag& tag, std::string& out) {
  out.append("<").append(tag.name);
  if (tag.facts == nullptr || tag.facts->namespace_uri.empty()) return;
  const std::string_view prefix = tag.facts->prefix;
  append_attribute(out, prefix.empty() ? "xmlns" : "xmlns:" + std::string(prefix),
                   tag.facts->namespace_uri);
}

void open_tag(const Tag& tag, std::string& out) {
  begin_tag(tag, out);
  out += '>';
}

void write_attributes(const Shape& shape, const void* value, std::string& out) {
  for (const Member& member : shape.members) {
    if (!is_attribute(member)) continue;
    const void* field = value_of(value, member);
    if (field == nullptr) continue;
    std::string text;
    append_text_value(*member.shape, member.timestamp_format, field, text);
    append_attribute(out, member.wire_name, text);
  }
}

void write_list(const Shape& shape, TimestampFormat format, const Tag& tag, const void* value,
                std::string& out) {
  const std::size_t size = shape.ops->size(value);
  if (!shape.flattened) open_tag(tag, out);
  const Tag entry = shape.flattened ? tag : Tag{shape.element_name};
  for (std::size_t i = 0; i < size; ++i) {
    write_value(*shape.element, format, entry, shape.ops->at(value, i), out);
  }
  if (!shape.flattened) close_element(out, tag.name);
}

void write_map(const Shape& shape, TimestampFormat format, const Tag& tag, const void* value,
               std::string& out) {
  struct Visit {
    const Shape* shape;
    TimestampFormat format;
    Tag entry;
    std::string* out;
  } visit{&shape, format, shape.flattened ? tag : Tag{"entry"}, &out};
  if (!shape.flattened) open_tag(tag, out);
  shape.ops->each(value, &visit, [](void* context, const std::string& key, const void* entry) {
    auto& state = *static_cast<Visit*>(context);
    open_tag(state.entry, *state.out);
    append_element(*state.out, state.shape->key_name, key);
    write_value(*state.shape->element, state.format, {state.shape->element_name}, entry,
                *state.out);
    close_element(*state.out, state.entry.name);
  });
  if (!shape.flattened) close_element(out, tag.name);
}

void write_text(const Shape& shape, TimestampFormat format, const Tag& tag, const void* value,
                std::string& out) {
  if (shape.kind == Kind::string) {
    if (tag.facts == nullptr)
      return append_element(out, tag.name, *static_cast<const std::string*>(value));
    open_tag(tag, out);
    append_xml_text(out, *static_cast<const std::string*>(value));
  } else {
    open_tag(tag, out);  // What is no string needs no escape.
    append_text_value(shape, format, value, out);
  }
  close_element(out, tag.name);
}

void write_value(const Shape& shape, TimestampFormat format, const Tag& tag, const void* value,
                 std::string& out) {
  switch (shape.kind) {
    case Kind::list:
      return write_list(shape, format, tag, value, out);
    case Kind::map:
      return write_map(shape, format, tag, value, out);
    case Kind::structure:
      begin_tag(tag, out);
      write_attributes(shape, value, out);
      out += '>';
      write_xml_members(shape, value, out);
      return close_element(out, tag.name);
    default:
      return write_text(shape, format, tag, value, out);
  }
}

}  // namespace

void write_xml_members(const Shape& shape, const void* value, std::string& out) {
  for (const Member& member : shape.members) {
    if (member.location != Location::body || is_attribute(member)) continue;
    if (const void* field = value_of(value, member)) {
      const Tag tag{member.wire_name, member.xml};
      write_value(*member.shape, member.timestamp_format, tag, field, out);
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
  const XmlFacts facts{.namespace_uri = shape.xml_namespace};
  begin_tag({root_name, &facts}, out);
  write_attributes(shape, value, out);
  out += '>';
  write_xml_members(shape, value, out);
  close_element(out, root_name);
}

}  // namespace dyad::protocol
