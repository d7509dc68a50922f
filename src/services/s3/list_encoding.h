#pragma once

#include <string>
#include <string_view>

namespace dyad::s3 {

/// EncodingType "url": like a form's fields, with '/' and '*' as they are and a space as '+'
/// ("ListObjectsV2", encoding-type: test_file(3).png becomes test_file%283%29.png).
std::string url_encoded_key(std::string_view key);

}  // namespace dyad::s3
