#include "test/protocol_vectors/message_walk.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dyad::vectors {
namespace {

using protocol::Kind;
using protocol::Member;
using protocol::Shape;
using simdjson::dom::element;
using simdjson::dom::element_type;

std::optional<double> number(const element& in) {
  std::string_view text;
  if (in.get(text) == simdjson::SUCCESS) {
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    return std::nullopt;
  }
  double value = 0;
  if (in.get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<std::string> unless(bool equal, const element& expected) {
  if (equal) return std::nullopt;
  return fmt::format("is not {}", simdjson::minify(expected));
}

std::optional<std::string> below(std::string_view name, std::optional<std::string> inner) {
  if (!inner) return inner;
  return fmt::format(".{}{}{}", name, inner->starts_with('.') ? "" : " ", *inner);
}

std::optional<std::string> scalar_difference(const element& expected, const Shape& shape,
                                             const void* value) {
  if (shape.kind == Kind::string || shape.kind == Kind::blob) {
    std::string_view text;
    const bool is_text = expected.get(text) == simdjson::SUCCESS;
    const auto& own = *static_cast<const std::string*>(value);
    if (!is_text || own == text) return unless(is_text, expected);
    return fmt::format("is \"{}\", not \"{}\"", own, text);
  }
  if (shape.kind == Kind::boolean) {
    bool flag = false;
    return unless(
        expected.get(flag) == simdjson::SUCCESS && flag == *static_cast<const bool*>(value),
        expected);
  }
  const std::optional<double> wanted = number(expected);
  double own = 0;
  if (shape.kind == Kind::integer) own = *static_cast<const std::int32_t*>(value);
  if (shape.kind == Kind::long_)
    own = static_cast<double>(*static_cast<const std::int64_t*>(value));
  if (shape.kind == Kind::float64) own = *static_cast<const double*>(value);
  if (shape.kind == Kind::timestamp)
    own = static_cast<double>(static_cast<const protocol::UtcMs*>(value)->ms) / 1000;
  if (wanted && (own == *wanted || (std::isnan(own) && std::isnan(*wanted)))) return std::nullopt;
  return fmt::format("is {}, not {}", own, simdjson::minify(expected));
}

/// To the wire there is no difference between these and none.
bool is_empty(const Shape& shape, const void* value) {
  if (shape.kind == Kind::structure) {
    return std::ranges::all_of(shape.members, [&](const Member& member) {
      const void* own = value_of(value, member);
      return own == nullptr || is_empty(*member.shape, own);
    });
  }
  if (shape.kind == Kind::list || shape.kind == Kind::map) return shape.ops->size(value) == 0;
  return false;
}

bool is_empty(const element& value) {
  simdjson::dom::object object;
  if (value.get(object) == simdjson::SUCCESS) return object.size() == 0;
  simdjson::dom::array array;
  return value.get(array) == simdjson::SUCCESS && array.size() == 0;
}

std::optional<std::string> structure_difference(const element& expected, const Shape& shape,
                                                const void* value) {
  simdjson::dom::object object;
  if (expected.get(object) != simdjson::SUCCESS) return "is a structure";
  for (const auto& [key, wanted] : object) {
    const Member* found = nullptr;
    for (const Member& member : shape.members)
      if (member.name == key) found = &member;
    if (found == nullptr) continue;  // A streaming body is no member.
    const void* own = value_of(value, *found);
    if (wanted.is_null()) {
      if (own != nullptr) return below(key, "is there");
      continue;
    }
    if (own == nullptr && is_empty(wanted)) continue;
    if (own == nullptr) return below(key, "is absent");
    if (auto inner = difference(wanted, *found->shape, own)) return below(key, std::move(inner));
  }
  for (const Member& member : shape.members) {
    const void* own = value_of(value, member);
    if (own == nullptr || is_empty(*member.shape, own) || member.is_required()) continue;
    if (object.at_key(member.name).error() != simdjson::SUCCESS)
      return below(member.name, "is there");
  }
  return std::nullopt;
}

std::optional<std::string> list_difference(const element& expected, const Shape& shape,
                                           const void* value) {
  simdjson::dom::array array;
  if (expected.get(array) != simdjson::SUCCESS) return "is a list";
  if (array.size() != shape.ops->size(value))
    return fmt::format("has {} entries, not {}", shape.ops->size(value), array.size());
  std::size_t i = 0;
  for (const element entry : array) {
    if (auto inner = difference(entry, *shape.element, shape.ops->at(value, i)))
      return below(std::to_string(i), std::move(inner));
    ++i;
  }
  return std::nullopt;
}

std::optional<std::string> map_difference(const element& expected, const Shape& shape,
                                          const void* value) {
  simdjson::dom::object object;
  if (expected.get(object) != simdjson::SUCCESS) return "is a map";
  if (object.size() != shape.ops->size(value))
    return fmt::format("has {} entries, not {}", shape.ops->size(value), object.size());
  struct Visit {
    simdjson::dom::object object;
    const Shape* element;
    std::optional<std::string> found;
  } visit{object, shape.element, std::nullopt};
  shape.ops->each(value, &visit, [](void* context, const std::string& key, const void* own) {
    auto& visit = *static_cast<Visit*>(context);
    element wanted;
    if (visit.object.at_key(key).get(wanted) != simdjson::SUCCESS)
      visit.found = below(key, "is there");
    else if (auto inner = difference(wanted, *visit.element, own))
      visit.found = below(key, std::move(inner));
  });
  return visit.found;
}

bool fill_scalar(const element& source, const Shape& shape, void* out) {
  if (shape.kind == Kind::string || shape.kind == Kind::blob) {
    std::string_view text;
    if (source.get(text) != simdjson::SUCCESS) return false;
    *static_cast<std::string*>(out) = text;
    return true;
  }
  if (shape.kind == Kind::boolean) return source.get(*static_cast<bool*>(out)) == simdjson::SUCCESS;
  const std::optional<double> wanted = number(source);
  if (!wanted) return false;
  if (shape.kind == Kind::integer)
    *static_cast<std::int32_t*>(out) = static_cast<std::int32_t>(*wanted);
  if (shape.kind == Kind::long_)
    *static_cast<std::int64_t*>(out) = static_cast<std::int64_t>(*wanted);
  if (shape.kind == Kind::float64) *static_cast<double*>(out) = *wanted;
  if (shape.kind == Kind::timestamp)
    static_cast<protocol::UtcMs*>(out)->ms = std::llround(*wanted * 1000);
  return true;
}

bool fill_structure(const element& source, const Shape& shape, void* out) {
  for (const Member& member : shape.members) {
    element value;
    if (source.at_key(member.name).get(value) != simdjson::SUCCESS || value.is_null()) continue;
    if (!fill(value, *member.shape, make_value(out, member))) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> difference(const element& expected, const Shape& shape,
                                      const void* value) {
  switch (shape.kind) {
    case Kind::structure:
      return structure_difference(expected, shape, value);
    case Kind::list:
      return list_difference(expected, shape, value);
    case Kind::map:
      return map_difference(expected, shape, value);
    default:
      return scalar_difference(expected, shape, value);
  }
}

bool fill(const element& source, const Shape& shape, void* out) {
  switch (shape.kind) {
    case Kind::structure:
      return fill_structure(source, shape, out);
    case Kind::list: {
      simdjson::dom::array array;
      if (source.get(array) != simdjson::SUCCESS) return false;
      for (const element entry : array)
        if (!fill(entry, *shape.element, shape.ops->append(out))) return false;
      return true;
    }
    case Kind::map: {
      simdjson::dom::object object;
      if (source.get(object) != simdjson::SUCCESS) return false;
      for (const auto& [key, value] : object)
        if (!fill(value, *shape.element, shape.ops->entry(out, key))) return false;
      return true;
    }
    default:
      return fill_scalar(source, shape, out);
  }
}

}  // namespace dyad::vectors
