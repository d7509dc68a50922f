#include "protocol/query_string.h"

#include "crypto/query_parameters.h"
#include "crypto/uri_encoding.h"

namespace dyad::protocol {

Result<std::vector<QueryParameter>> parse_query_string(std::string_view raw) {
  std::vector<QueryParameter> parameters;
  while (const auto next = crypto::next_query_parameter(raw)) {
    if (parameters.size() == kMaxQueryParameters) {
      return fail(ErrorCode::too_large,
                  "a query of more than " + std::to_string(kMaxQueryParameters) + " parameters");
    }
    auto name = crypto::uri_decoded(next->name, true);
    auto value = crypto::uri_decoded(next->value, true);
    if (!name || !value) {
      return fail(ErrorCode::invalid_argument, "a query with a broken percent-encoding");
    }
    parameters.push_back({*std::move(name), *std::move(value)});
  }
  return parameters;
}

}  // namespace dyad::protocol
