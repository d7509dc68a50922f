#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "table/item.h"

namespace dyad::s3 {

/// May the object `key`, whose row is `row` (empty: none), be deleted? `if_match`: an entity tag,
/// or
/// "*" for any object ("How to perform conditional deletes"). PreconditionFailed; NoSuchKey: there
/// is none to match.
Result<> check_delete_condition(const std::optional<std::string>& if_match, table::ItemView row,
                                std::string_view key);

}  // namespace dyad::s3
