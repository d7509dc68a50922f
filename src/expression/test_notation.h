#pragma once

// Items for tests, written and read as text: {pk: 'a', n: 10.5, t: true, z: null, l: ['x', 2], m:
// {k: 'v'}, ss: <'a', 'b'>, ns: <1, 2>, b: b'bytes', bs: <b'x'>}.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "expression/placeholders.h"
#include "table/item.h"
#include "table/item_builder.h"

namespace dyad::expression::testing {

class NotationReader {
 public:
  explicit NotationReader(std::string_view text) : text_(text) {}

  table::Value read() {
    read_value();
    skip();
    DYAD_CHECK(at_ == text_.size());
    return out_.finish_value();
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == ',')) ++at_;
  }
  bool accept(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  std::string_view until(std::string_view stops) {
    const std::size_t end = std::min(text_.find_first_of(stops, at_), text_.size());
    const std::string_view found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }
  /// Up to the colon that a space follows: ":v: 1" names ":v".
  std::string_view read_name() {
    const std::size_t end = text_.find(": ", at_);
    const std::string_view name = text_.substr(at_, end - at_);
    at_ = end + 2;
    return name;
  }
  std::string_view quoted() {
    const std::string_view found = until("'");
    ++at_;
    return found;
  }
  void read_value() {
    if (accept("b'")) return out_.binary(quoted());
    if (accept("'")) return out_.string(quoted());
    if (accept("true")) return out_.boolean(true);
    if (accept("false")) return out_.boolean(false);
    if (accept("null")) return out_.null();
    if (accept("[")) {
      out_.begin_list();
      while (!accept("]")) read_value();
      return out_.end_list();
    }
    if (accept("{")) {
      out_.begin_map();
      while (!accept("}")) {
        out_.key(read_name());
        read_value();
      }
      return out_.end_map();
    }
    if (accept("<")) return read_set();
    const auto number = Decimal::parse(until(" ,]}>"));
    DYAD_CHECK(number.has_value());
    out_.number(*number);
  }
  void read_set() {
    skip();
    table::Type type = table::Type::number_set;
    if (text_[at_] == '\'') type = table::Type::string_set;
    if (text_[at_] == 'b') type = table::Type::binary_set;
    out_.begin_set(type);
    while (!accept(">")) read_value();
    DYAD_CHECK(out_.end_set() == table::SetFault::none);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  table::ValueWriter out_;
};

inline table::Value value(std::string_view text) {
  return NotationReader(text).read();
}
inline table::Item item(std::string_view text) {
  return table::Item(std::string(value(text).encoded()));
}

inline std::string show(table::ValueView value) {
  using table::Type;
  std::string text;
  const auto add = [&text](const std::string& part) {
    if (text.size() > 1) text += ", ";
    text += part;
  };
  switch (value.type()) {
    case Type::string:
      return "'" + std::string(value.as_string()) + "'";
    case Type::binary:
      return "b'" + std::string(value.as_binary()) + "'";
    case Type::number:
      return value.as_number().to_string();
    case Type::boolean:
      return value.as_bool() ? "true" : "false";
    case Type::null:
      return "null";
    case Type::list:
      text = "[";
      for (std::size_t i = 0; i < value.as_list().size(); ++i) add(show(value.as_list()[i]));
      return text + "]";
    case Type::map:
      text = "{";
      for (std::size_t i = 0; i < value.as_map().size(); ++i) {
        const auto entry = value.as_map()[i];
        add(std::string(entry.name) + ": " + show(entry.value));
      }
      return text + "}";
    default:
      text = "<";
      for (std::size_t i = 0; i < value.as_set().size(); ++i) add(show(value.as_set()[i]));
      return text + ">";
  }
}
inline std::string show(table::ItemView item) {
  return item.empty() ? "no item" : show(item.as_value());
}

/// From one map: members that begin with "#" are names, with ":" values.
inline Placeholders placeholders(std::string_view text) {
  const table::Value all = value(text);
  Placeholders::Names names;
  Placeholders::Values values;
  const table::MapView map = all.view().as_map();
  for (std::size_t i = 0; i < map.size(); ++i) {
    const std::string key(map[i].name);
    if (key.front() == '#') {
      names.emplace_back(key, map[i].value.as_string());
    } else {
      values.emplace_back(key, table::Value(map[i].value));
    }
  }
  auto made = Placeholders::make(names.empty() ? std::nullopt : std::optional(std::move(names)),
                                 values.empty() ? std::nullopt : std::optional(std::move(values)));
  DYAD_CHECK(made.has_value());
  return std::move(*made);
}

}  // namespace dyad::expression::testing
