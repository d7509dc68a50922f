#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "protocol/form_data.h"

namespace dyad::gateway {

/// How long the file of a form may be.
struct FileSizes {
  std::uint64_t min_bytes = 0;
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
};

/// Holds a form against its policy ("Creating a POST policy"): not expired, every condition met,
/// every field named by a condition but those that never need one. Names of fields have no case.
/// `policy_base64`: as it was sent, its signature found valid; `fields`: all, with ${filename}
/// replaced; `bucket`: the one that was addressed. Service errors: InvalidPolicyDocument,
/// AccessDenied ("Invalid according to Policy: ..."). The sizes are for the caller to keep.
Result<FileSizes> check_post_policy(std::string_view policy_base64,
                                    std::span<const protocol::FormField> fields,
                                    std::string_view bucket, std::int64_t now_ms);

}  // namespace dyad::gateway
