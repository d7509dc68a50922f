#include "protocol/json_parser.h"

#include <simdjson.h>

#include <algorithm>
#include <string>

namespace dyad::protocol {
namespace {

/// Memory for documents of this size stays with the parser; a larger one's is given back.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

}  // namespace

JsonParser::JsonParser() {
  shrink();
}
JsonParser::~JsonParser() = default;
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;

void JsonParser::shrink() {
  parser_ = std::make_unique<simdjson::dom::parser>(kMaxJsonBytes);
}

Result<simdjson::dom::element> JsonParser::parse(std::string_view text) {
  if (text.size() > kMaxJsonBytes) {
    return fail(ErrorCode::too_large, "JSON of " + std::to_string(text.size()) +
                                          " bytes, at most " + std::to_string(kMaxJsonBytes));
  }
  if (parser_->capacity() > kKeptBytes && text.size() <= kKeptBytes) shrink();
  if (parser_->capacity() < text.size() || parser_->max_depth() != kMaxJsonDepth) {
    // simdjson takes a fixed 64 bytes at least; a size class of ours spares growing for each
    // document.
    const std::size_t capacity = std::max<std::size_t>(text.size(), 4096);
    if (parser_->allocate(capacity, kMaxJsonDepth) != simdjson::SUCCESS) {
      return fail(ErrorCode::overloaded, "no memory for a JSON document");
    }
  }
  simdjson::dom::element root;
  // The copy that simdjson makes gives it the padding that it reads beyond the end.
  const simdjson::error_code error = parser_->parse(text.data(), text.size(), true).get(root);
  if (error != simdjson::SUCCESS) {
    return fail(ErrorCode::invalid_argument, simdjson::error_message(error));
  }
  return root;
}

}  // namespace dyad::protocol
