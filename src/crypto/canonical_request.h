#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/request_view.h"

namespace dyad::crypto {

/// Two dialects of SigV4. S3 takes the path as it is, decoded and encoded once; all other services
/// normalise it ("/a/./b//c" is "/a/b/c") and encode what is encoded already a second time.
enum class SignatureStyle : std::uint8_t { s3, other };

/// The query parameter that carries the signature itself and so is not part of what is signed.
inline constexpr std::string_view kSignatureParameter = "X-Amz-Signature";

/// Appends SigV4's canonical request. `signed_headers` is the list as sent ("host;x-amz-date"); a
/// header that is listed and absent counts as empty. `payload_hash` is the last line.
void append_canonical_request(std::string& out, const RequestView& request, SignatureStyle style,
                              std::string_view signed_headers, std::string_view payload_hash);

/// The value with its ends trimmed and inner runs of blanks made one.
void append_canonical_value(std::string& out, std::string_view value);

}  // namespace dyad::crypto
