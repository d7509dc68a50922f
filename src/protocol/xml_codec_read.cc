#include <algorithm>
#include <charconv>
#include <pugixml.hpp>

#include "protocol/service_error.h"
#include "protocol/text_values.h"
#include "protocol/xml_codec.h"

namespace dyad::protocol {
namespace {

std::unexpected<Error> malformed() {
  return fail(service_error("MalformedXML", 400,
                            "The XML you provided was not well-formed or did not validate against "
                            "our published schema"));
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

/// Counts without recursion: a hostile document may be as deep as it is long. Reading it goes no
/// deeper than the shapes do.
bool within_limits(const pugi::xml_document& document) {
  struct Walker final : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
      if (node.type() == pugi::node_doctype) return false;
      elements += node.type() == pugi::node_element;
      return elements <= kMaxXmlElements;
    }
    std::size_t elements = 0;
  } walker;
  return const_cast<pugi::xml_document&>(document).traverse(walker);
}

Result<> read_value(const pugi::xml_node& node, const Shape& shape, TimestampFormat format,
                    void* out);

Result<> read_list(const pugi::xml_node& wrapper, const Shape& shape, TimestampFormat format,
                   void* out) {
  for (const pugi::xml_node& node : wrapper.children()) {
    if (node.type() != pugi::node_element) continue;
    if (local_name(node) != shape.element_name) return malformed();
    DYAD_TRY(read_value(node, *shape.element, format, shape.ops->append(out)));
  }
  return {};
}

/// It may come in several pieces: around comments, and as CDATA.
std::string text_of(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& piece : node.children()) text += piece.value();
  return text;
}

Result<> read_entry(const pugi::xml_node& entry, const Shape& shape, TimestampFormat format,
                    void* out) {
  const pugi::xml_node* key = nullptr;
  const pugi::xml_node* value = nullptr;
  pugi::xml_node found[2];
  for (const pugi::xml_node& node : entry.children()) {
    if (node.type() != pugi::node_element) continue;
    const bool is_key = local_name(node) == shape.key_name;
    if (!is_key && local_name(node) != shape.element_name) return malformed();
    found[is_key ? 0 : 1] = node;
    (is_key ? key : value) = &found[is_key ? 0 : 1];
  }
  if (key == nullptr || value == nullptr) return malformed();
  return read_value(*value, *shape.element, format, shape.ops->entry(out, text_of(*key)));
}

Result<> read_map(const pugi::xml_node& wrapper, const Shape& shape, TimestampFormat format,
                  void* out) {
  for (const pugi::xml_node& node : wrapper.children()) {
    if (node.type() != pugi::node_element) continue;
    if (local_name(node) != "entry") return malformed();
    DYAD_TRY(read_entry(node, shape, format, out));
  }
  return {};
}

Result<> read_member(const pugi::xml_node& node, const Member& member, void* out, bool seen) {
  const Shape& shape = *member.shape;
  if (shape.kind == Kind::map && shape.flattened) {
    void* map = seen && member.is_optional() ? const_cast<void*>(value_of(out, member))
                                             : make_value(out, member);
    return read_entry(node, shape, member.timestamp_format, map);
  }
  if (shape.kind == Kind::list && shape.flattened) {
    void* list = seen && member.is_optional() ? const_cast<void*>(value_of(out, member))
                                              : make_value(out, member);
    return read_value(node, *shape.element, member.timestamp_format, shape.ops->append(list));
  }
  if (seen) return malformed();
  return read_value(node, shape, member.timestamp_format, make_value(out, member));
}

bool is_attribute(const Member& member) {
  return member.xml != nullptr && member.xml->attribute;
}

/// Other attributes are nobody's.
Result<> read_attributes(const pugi::xml_node& element, const Shape& shape, void* out) {
  for (const Member& member : shape.members) {
    if (!is_attribute(member)) continue;
    const pugi::xml_attribute found = element.attribute(std::string(member.wire_name).c_str());
    if (!found) continue;
    void* value = make_value(out, member);
    if (!parse_text_value(*member.shape, member.timestamp_format, found.value(), value))
      return malformed();
  }
  return {};
}

Result<> read_structure(const pugi::xml_node& element, const Shape& shape, void* out) {
  std::uint64_t seen = 0;
  DYAD_TRY(read_attributes(element, shape, out));
  for (const pugi::xml_node& node : element.children()) {
    if (node.type() != pugi::node_element) continue;
    std::size_t i = 0;
    while (i < shape.members.size() &&
           (shape.members[i].location != Location::body || is_attribute(shape.members[i]) ||
            shape.members[i].wire_name != local_name(node))) {
      ++i;
    }
    if (i == shape.members.size()) return malformed();
    DYAD_TRY(read_member(node, shape.members[i], out, seen >> i & 1));
    seen |= std::uint64_t{1} << i;
  }
  for (std::size_t i = 0; i < shape.members.size(); ++i) {
    const Member& member = shape.members[i];
    const bool in_body = member.location == Location::body && !is_attribute(member);
    if (in_body && member.is_required() && !(seen >> i & 1)) return malformed();
  }
  return {};
}

bool has_elements(const pugi::xml_node& node) {
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element) return true;
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Result<> read_scalar(const pugi::xml_node& node, const Shape& shape, TimestampFormat format,
                     void* out) {
  if (has_elements(node)) return malformed();
  const std::string text = text_of(node);
  const std::string_view value = shape.kind == Kind::string ? text : trimmed(text);
  return parse_text_value(shape, format, value, out) ? Result<>() : malformed();
}

Result<> read_value(const pugi::xml_node& node, const Shape& shape, TimestampFormat format,
                    void* out) {
  switch (shape.kind) {
    case Kind::structure:
      return read_structure(node, shape, out);
    case Kind::list:
      return read_list(node, shape, format, out);
    case Kind::map:
      return read_map(node, shape, format, out);
    case Kind::provided:
      return malformed();  // No request of an XML service has them in its body.
    default:
      return read_scalar(node, shape, format, out);
  }
}

/// Does the text behind "&#" name a character that no document may hold ("0;", "xd800;")? What is
/// no reference at all stays as it is written, in CDATA for instance.
bool names_no_character(std::string_view text) {
  const bool hexadecimal = text.starts_with('x');
  if (hexadecimal) text.remove_prefix(1);
  std::uint32_t character = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, character, hexadecimal ? 16 : 10);
  if (error == std::errc::invalid_argument || stop == end || *stop != ';') return false;
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  return error != std::errc{} || character == 0 || surrogate || character > 0x10ffff;
}

/// Is every character one that a document may hold, by itself or as a reference? pugixml ends a
/// text at a NUL, so that a key would be taken for another one, and writes surrogates as they are
/// (XML 1.0, 2.2). Other controls pass: keys hold them, and S3 lists them so.
bool has_characters_only(std::string_view text) {
  if (text.find('\0') != text.npos) return false;
  for (std::size_t at = text.find("&#"); at != text.npos; at = text.find("&#", at + 2))
    if (names_no_character(text.substr(at + 2))) return false;
  return true;
}

}  // namespace

Result<> parse_xml(std::string_view text, const Shape& shape, std::string_view root_name,
                   void* out) {
  if (text.size() > kMaxXmlBytes || !has_characters_only(text)) return malformed();
  pugi::xml_document document;
  // pugixml expands the five predefined entities and character references, never others. The
  // document type is parsed only to be refused; comments and instructions are dropped.
  constexpr unsigned kOptions = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                pugi::parse_doctype | pugi::parse_ws_pcdata_single;
  const auto result = document.load_buffer(text.data(), text.size(), kOptions, pugi::encoding_utf8);
  if (!result || !within_limits(document)) return malformed();
  const pugi::xml_node root = document.document_element();
  for (const pugi::xml_node& other : document.children()) {
    if (other.type() != pugi::node_element || other != root) return malformed();
  }
  if (local_name(root) != root_name) return malformed();
  return read_structure(root, shape, out);
}

}  // namespace dyad::protocol
