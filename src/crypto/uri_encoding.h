#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dyad::crypto {

/// AWS's UriEncode: everything but A-Z a-z 0-9 - . _ ~ becomes %XX in upper case; `keep_slash`
/// leaves '/'.
void append_uri_encoded(std::string& out, std::string_view bytes, bool keep_slash);

/// Percent-decodes `text`. None: a '%' is not followed by two hexadecimal digits.
std::optional<std::string> uri_decoded(std::string_view text, bool plus_is_space);

/// The same for signatures, which must not fail: a stray '%' stands for itself.
void append_uri_decoded_leniently(std::string& out, std::string_view text, bool plus_is_space);

}  // namespace dyad::crypto
