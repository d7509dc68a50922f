#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dyad::http {

/// A request's query, decoded. Order and duplicates are kept.
class Query {
 public:
  static constexpr std::size_t kMaxParameters = 1000;

  struct Parameter {
    std::string name;
    std::string value;
    bool has_value = false;  ///< "?acl" has none, "?acl=" an empty one.
  };

  /// '+' is a space. invalid_argument: a broken escape; too_large: more than kMaxParameters.
  static Result<Query> parse(std::string_view raw);

  const Parameter* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Empty when it is not there.
  std::string_view value(std::string_view name) const;
  const std::vector<Parameter>& all() const { return parameters_; }

 private:
  std::vector<Parameter> parameters_;
};

/// A path, decoded; '+' is itself. invalid_argument: a broken escape.
Result<std::string> decode_path(std::string_view raw);
/// As AWS writes URIs; '/' stays.
std::string encode_path(std::string_view path);
/// The same for names and values of a query; '/' does not stay.
std::string encode_query_text(std::string_view text);

}  // namespace dyad::http
