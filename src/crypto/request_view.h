#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dyad::crypto {

/// One header line as it came; duplicates are separate entries.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

/// What of a request a signature covers, apart from the body. Nothing is owned.
struct RequestView {
  std::string_view method;
  std::string_view path;   ///< As on the request line, still percent-encoded.
  std::string_view query;  ///< The same, without the question mark.
  std::span<const HeaderView> headers;
};

namespace detail {
/// Of names that are equally long.
bool same_letters(std::string_view a, std::string_view b);
}  // namespace detail

/// Header names are ASCII and compared without regard to case.
inline bool same_header_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && detail::same_letters(a, b);
}
/// The first header of that name; null: there is none.
const HeaderView* find_header(std::span<const HeaderView> headers, std::string_view name);
/// The values of all headers of that name as one list (RFC 9110, 5.3), so that a second one never
/// passes unseen. `kept` holds the list where there are several.
std::string_view joined_header(std::span<const HeaderView> headers, std::string_view name,
                               std::string& kept);

}  // namespace dyad::crypto
