#include "protocol/validation.h"

#include <algorithm>

#include "protocol/echo.h"

namespace dyad::protocol {
namespace {

std::string lower_first(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + 32);
  return out;
}

bool matches_pattern(const Constraints& rule, std::string_view text) {
  if (text.empty()) return false;
  return std::ranges::all_of(
      text, [&](char c) { return rule.pattern_bytes.contains(static_cast<unsigned char>(c)); });
}

bool is_arn(const Constraints& rule, std::string_view text) {
  return rule.accepts_arn && text.starts_with("arn:");
}

/// Where a name or an ARN is accepted, DynamoDB says of an empty one only that it is too short.
bool pattern_applies(const Constraints& rule, std::string_view text) {
  if (rule.pattern.empty() || is_arn(rule, text)) return false;
  return !(rule.accepts_arn && text.empty());
}

bool in_enumeration(const Constraints& rule, std::string_view text) {
  return rule.values.empty() || std::ranges::find(rule.values, text) != rule.values.end();
}

std::optional<std::int64_t> longest(const Constraints& rule, std::string_view text) {
  return is_arn(rule, text) ? kMaxArnLength : rule.max;
}

std::string joined(std::span<const std::string_view> values) {
  std::string out = "[";
  for (std::string_view value : values) {
    if (out.size() > 1) out += ", ";
    out += value;
  }
  return out + "]";
}

std::optional<std::int64_t> number_of(const Shape& shape, const void* value) {
  if (shape.kind == Kind::integer) return *static_cast<const std::int32_t*>(value);
  if (shape.kind == Kind::long_) return *static_cast<const std::int64_t*>(value);
  return std::nullopt;
}

}  // namespace

std::string Place::text() const {
  std::string before = parent ? parent->text() : std::string();
  if (parent && !before.empty()) before += '.';
  if (position > 0) return before + std::to_string(position) + ".member";
  if (map_key) return before + std::string(name) + ".member";
  return before + lower_first(name);
}

std::string Place::model_text() const {
  std::string before = parent ? parent->model_text() : std::string();
  if (parent && !before.empty()) before += '.';
  if (position > 0) return before + std::to_string(position) + ".member";
  return before + std::string(name) + (map_key ? ".member" : "");
}

std::string constraint_list(const Constraints& rule) {
  std::string list;
  const auto add = [&](const std::string& constraint) {
    list += list.empty() ? "[" : ", ";
    list += "Member must " + constraint;
  };
  if (rule.max) add("have length less than or equal to " + std::to_string(*rule.max));
  if (rule.min) add("have length greater than or equal to " + std::to_string(*rule.min));
  if (!rule.pattern.empty())
    add("satisfy regular expression pattern: " + std::string(rule.pattern));
  return list + "]";
}

std::int64_t utf16_length(std::string_view utf8) {
  std::int64_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    // Continuation bytes add nothing; a character of four bytes is a surrogate pair.
    units += (byte & 0xC0) != 0x80;
    units += byte >= 0xF0;
  }
  return units;
}

bool keeps_constraints(const Shape& shape, const void* value) {
  if (!shape.constraints) return true;
  const Constraints& rule = *shape.constraints;
  const auto within = [&](std::int64_t n, std::optional<std::int64_t> max) {
    return (!rule.min || n >= *rule.min) && (!max || n <= *max);
  };
  if (const auto number = number_of(shape, value)) return within(*number, rule.max);
  if (shape.kind == Kind::list || shape.kind == Kind::map) {
    return within(static_cast<std::int64_t>(shape.ops->size(value)), rule.max);
  }
  if (shape.kind != Kind::string) return true;
  const auto& text = *static_cast<const std::string*>(value);
  if (!in_enumeration(rule, text)) return false;
  if (pattern_applies(rule, text) && !matches_pattern(rule, text)) return false;
  return within(utf16_length(text), longest(rule, text));
}

void Violations::check(const Shape& shape, const void* value, const Place& place,
                       std::uint8_t flags) {
  if (!shape.constraints) return;
  if (const auto number = number_of(shape, value)) {
    check_number(shape, *number, place, flags);
  } else if (shape.kind == Kind::string) {
    check_text(shape, *static_cast<const std::string*>(value), place, flags);
  } else if (shape.kind == Kind::list || shape.kind == Kind::map) {
    const auto size = static_cast<std::int64_t>(shape.ops->size(value));
    check_length(shape, value, size, place, flags);
  }
}

void Violations::check_map_values(const Shape& map, const void* value, const Place& place,
                                  std::uint8_t flags) {
  if (!map.element->constraints) return;
  struct Search {
    const Shape& element;
    bool broken = false;
  } search{*map.element};
  map.ops->each(value, &search, [](void* context, const std::string&, const void* entry) {
    auto& here = *static_cast<Search*>(context);
    here.broken = here.broken || !keeps_constraints(here.element, entry);
  });
  if (!search.broken) return;
  add_sentence(map, value, place, flags,
               "Map value must satisfy constraint: " + constraint_list(*map.element->constraints));
}

void Violations::check_text(const Shape& shape, const std::string& text, const Place& place,
                            std::uint8_t flags) {
  const Constraints& rule = *shape.constraints;
  if (!in_enumeration(rule, text)) {
    add(shape, &text, place, flags, "satisfy enum value set: " + joined(rule.values));
  }
  if (pattern_applies(rule, text) && !matches_pattern(rule, text)) {
    add(shape, &text, place, flags,
        "satisfy regular expression pattern: " + std::string(rule.pattern));
  }
  check_length(shape, &text, utf16_length(text), place, flags);
}

void Violations::check_length(const Shape& shape, const void* value, std::int64_t length,
                              const Place& place, std::uint8_t flags) {
  const Constraints& rule = *shape.constraints;
  const auto max = shape.kind == Kind::string
                       ? longest(rule, *static_cast<const std::string*>(value))
                       : rule.max;
  if (rule.min && length < *rule.min) {
    add(shape, value, place, flags,
        "have length greater than or equal to " + std::to_string(*rule.min));
  }
  if (max && length > *max) {
    add(shape, value, place, flags, "have length less than or equal to " + std::to_string(*max));
  }
}

void Violations::check_number(const Shape& shape, std::int64_t number, const Place& place,
                              std::uint8_t flags) {
  const Constraints& rule = *shape.constraints;
  const void* value = &number;
  const auto narrow = static_cast<std::int32_t>(number);
  if (shape.kind == Kind::integer) value = &narrow;
  if (rule.min && number < *rule.min) {
    add(shape, value, place, flags,
        "have value greater than or equal to " + std::to_string(*rule.min));
  }
  if (rule.max && number > *rule.max) {
    add(shape, value, place, flags,
        "have value less than or equal to " + std::to_string(*rule.max));
  }
}

void Violations::missing(const Member& member, const Place& place) {
  if (member.flags & kMissingParameter) {
    missing_ = "The parameter '" + std::string(member.name) +
               "' is required but was not present in the request";
    return;
  }
  if (entries_.size() >= kMaxViolations) return;
  const Place own{.parent = &place, .name = member.name};
  entries_.push_back("Value null at '" + own.text() +
                     "' failed to satisfy constraint: Member must not be null");
}

void Violations::add(const Shape& shape, const void* value, const Place& place, std::uint8_t flags,
                     const std::string& constraint) {
  add_sentence(shape, value, place, flags, "Member must " + constraint);
}

void Violations::add_sentence(const Shape& shape, const void* value, const Place& place,
                              std::uint8_t flags, const std::string& sentence) {
  if (entries_.size() >= kMaxViolations) return;
  const std::string where = flags & kUnquoted
                                ? "Value at '" + place.model_text() + "'"
                                : "Value '" + echo(shape, value) + "' at '" + place.text() + "'";
  entries_.push_back(where + " failed to satisfy constraint: " + sentence);
}

std::string Violations::message() const {
  if (!missing_.empty()) return missing_;
  std::string out =
      std::to_string(entries_.size()) +
      (entries_.size() == 1 ? " validation error detected: " : " validation errors detected: ");
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i > 0) out += "; ";
    out += entries_[i];
  }
  return out;
}

}  // namespace dyad::protocol
