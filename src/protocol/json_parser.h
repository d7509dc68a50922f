#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace simdjson::dom {
class element;
class parser;
}  // namespace simdjson::dom

namespace dyad::protocol {

/// The largest document; DynamoDB's largest request is 16 MiB.
constexpr std::size_t kMaxJsonBytes = std::size_t{16} << 20;
/// Nesting of objects and arrays. An item of the deepest nesting that DynamoDB allows (32)
/// needs 70.
constexpr std::size_t kMaxJsonDepth = 256;

/// Reads one document at a time and keeps its memory for the next one: one parser a thread, handed
/// to whoever parses there. Not thread-safe.
class JsonParser {
 public:
  JsonParser();
  ~JsonParser();
  JsonParser(JsonParser&&) noexcept;
  JsonParser& operator=(JsonParser&&) noexcept;

  /// The root of the document, valid until the next call. invalid_argument: not JSON in UTF-8, or
  /// nested too deeply; too_large: above kMaxJsonBytes.
  Result<simdjson::dom::element> parse(std::string_view text);

  /// Gives back what a large document left behind. parse() calls it itself before a small one.
  void shrink();

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;
};

}  // namespace dyad::protocol
