#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/request_context.h"
#include "base/result.h"
#include "services/dynamodb/service.h"
#include "table/descriptor.h"

namespace dyad::dynamodb {

/// Tags of one table. Source: "Tagging restrictions" in the developer guide.
constexpr std::size_t kMaxTags = 50;

using Tags = std::vector<std::pair<std::string, std::string>>;

/// The table of a ResourceArn. What is said of another ARN depends on what is wrong with it:
/// ValidationException for one that is none, of another region or no table's, AccessDeniedException
/// for another service's or account's.
Result<std::string> table_of_resource(const api::RequestContext& context, std::string_view arn);

/// ResourceNotFoundException naming the ARN.
Error resource_arn_not_found(std::string_view arn);

/// Keys and values of letters, digits, spaces and + - = . _ : / @ only; no key of AWS's own.
/// ValidationException.
Result<> check_tag(std::string_view key, std::string_view value);

/// Replaces the tags of a table by a function of them; as Tables::alter's `change`. Tables of other
/// services keep theirs, if any, in bytes that are not ours to read or write: ValidationException.
Result<> change_tags(table::TableDescriptor& table,
                     const std::function<Result<>(Tags& tags)>& change);

/// Adds the tag, or gives a key that is there another value.
void set_tag(Tags& tags, std::string_view key, std::string_view value);

/// ValidationException: more than kMaxTags.
Result<> check_tag_count(const Tags& tags);

/// Both of all tags that a table is created with.
Result<> check_tags(const Tags& tags);

}  // namespace dyad::dynamodb
