#include "http/uri.h"

#include <optional>

#include "crypto/query_parameters.h"
#include "crypto/uri_encoding.h"

namespace dyad::http {

Result<Query> Query::parse(std::string_view raw) {
  Query query;
  while (const auto next = crypto::next_query_parameter(raw)) {
    if (query.parameters_.size() == kMaxParameters)
      return fail(ErrorCode::too_large, "the query has more than 1000 parameters");
    std::optional<std::string> name = crypto::uri_decoded(next->name, true);
    std::optional<std::string> value = crypto::uri_decoded(next->value, true);
    if (!name || !value)
      return fail(ErrorCode::invalid_argument, "the query has a broken percent escape");
    query.parameters_.push_back({std::move(*name), std::move(*value), next->has_value});
  }
  return query;
}

const Query::Parameter* Query::find(std::string_view name) const {
  for (const Parameter& parameter : parameters_)
    if (parameter.name == name) return &parameter;
  return nullptr;
}

std::string_view Query::value(std::string_view name) const {
  const Parameter* parameter = find(name);
  return parameter == nullptr ? std::string_view{} : std::string_view(parameter->value);
}

Result<std::string> decode_path(std::string_view raw) {
  std::optional<std::string> path = crypto::uri_decoded(raw, false);
  if (!path) return fail(ErrorCode::invalid_argument, "the path has a broken percent escape");
  return std::move(*path);
}

std::string encode_path(std::string_view path) {
  std::string out;
  crypto::append_uri_encoded(out, path, true);
  return out;
}

std::string encode_query_text(std::string_view text) {
  std::string out;
  crypto::append_uri_encoded(out, text, false);
  return out;
}

}  // namespace dyad::http
