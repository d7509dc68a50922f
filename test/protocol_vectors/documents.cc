#include "test/protocol_vectors/documents.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <pugixml.hpp>
#include <vector>

namespace dyad::vectors {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

bool same_json(const element& a, const element& b);

bool same_objects(const simdjson::dom::object& a, const simdjson::dom::object& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    element other;
    if (b.at_key(key).get(other) != simdjson::SUCCESS || !same_json(value, other)) return false;
  }
  return true;
}

bool same_arrays(const simdjson::dom::array& a, const simdjson::dom::array& b) {
  if (a.size() != b.size()) return false;
  auto other = b.begin();
  for (const element value : a) {
    if (!same_json(value, *other)) return false;
    ++other;
  }
  return true;
}

bool same_json(const element& a, const element& b) {
  simdjson::dom::object objects[2];
  if (a.get(objects[0]) == simdjson::SUCCESS)
    return b.get(objects[1]) == simdjson::SUCCESS && same_objects(objects[0], objects[1]);
  simdjson::dom::array arrays[2];
  if (a.get(arrays[0]) == simdjson::SUCCESS)
    return b.get(arrays[1]) == simdjson::SUCCESS && same_arrays(arrays[0], arrays[1]);
  double numbers[2];
  if (a.get(numbers[0]) == simdjson::SUCCESS)
    return b.get(numbers[1]) == simdjson::SUCCESS && numbers[0] == numbers[1];
  return simdjson::minify(a) == simdjson::minify(b);
}

/// Elements and attributes sorted; without namespaces, which no client looks at, and what is said
/// of the request.
std::string canonical(const pugi::xml_node& node) {
  std::vector<std::string> attributes;
  for (const pugi::xml_attribute& attribute : node.attributes())
    if (!std::string_view(attribute.name()).starts_with("xmlns"))
      attributes.push_back(fmt::format(" {}=\"{}\"", attribute.name(), attribute.value()));
  std::ranges::sort(attributes);
  std::vector<std::pair<std::string, std::string>> children;
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    if (std::string_view(child.name()) == "ResponseMetadata") continue;
    if (child.type() == pugi::node_element)
      children.emplace_back(child.name(), canonical(child));
    else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text += child.value();
  }
  // Entries of a map come in any order, those of a list do not: no vector depends on the latter
  // alone.
  std::ranges::sort(children);
  std::string out = fmt::format("<{}", node.name());
  for (const std::string& attribute : attributes) out += attribute;
  out += ">";
  if (children.empty() && text.find_first_not_of(" \n") != text.npos) out += text;
  for (const auto& [name, inner] : children) out += inner;
  return out + fmt::format("</{}>", node.name());
}

std::string canonical(std::string_view document) {
  pugi::xml_document parsed;
  if (!parsed.load_buffer(document.data(), document.size(),
                          pugi::parse_default | pugi::parse_ws_pcdata_single))
    return "no XML";
  return canonical(parsed.document_element());
}

}  // namespace

std::optional<std::string> json_difference(std::string_view expected, std::string_view body) {
  simdjson::dom::parser parsers[2];
  element documents[2];
  const simdjson::padded_string texts[2] = {simdjson::padded_string(expected),
                                            simdjson::padded_string(body)};
  if (parsers[0].parse(texts[0]).get(documents[0]) != simdjson::SUCCESS)
    return "the vector is no JSON";
  if (parsers[1].parse(texts[1]).get(documents[1]) != simdjson::SUCCESS)
    return fmt::format("no JSON: {}", body);
  if (same_json(documents[0], documents[1])) return std::nullopt;
  return fmt::format("{} is not {}", body, simdjson::minify(documents[0]));
}

std::optional<std::string> xml_difference(std::string_view expected, std::string_view body) {
  const std::string wanted = canonical(expected);
  const std::string own = canonical(body);
  if (own == wanted) return std::nullopt;
  return fmt::format("{} is not {}", own, wanted);
}

std::string error_text(std::string_view body, std::string_view name) {
  if (body.starts_with('{')) {
    simdjson::dom::parser parser;
    std::string_view text;
    const simdjson::padded_string padded(body);
    element root;
    if (parser.parse(padded).get(root) != simdjson::SUCCESS) return {};
    return root.at_key(name).get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
  }
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return {};
  return document.select_node(("//" + std::string(name)).c_str()).node().child_value();
}

}  // namespace dyad::vectors
