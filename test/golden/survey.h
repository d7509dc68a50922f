#pragma once

#include <string>

#include "base/result.h"
#include "test/golden/data.h"

namespace dyad::proof {

/// All that a data directory holds, as text: each table with its rows, the answers of a query for
/// every hash key of it and its indexes, objects with the digest of their bytes, then what lies
/// beneath: every row of every partition, log entries, cursors. Two directories hold the same
/// exactly if their surveys are equal.
Result<std::string> survey(GoldenData& data);

/// Followers whose cursors are looked for.
constexpr std::string_view kFollowers[] = {"late-reader", "reader", "thumbnails"};

}  // namespace dyad::proof
