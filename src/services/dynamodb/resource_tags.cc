#include "services/dynamodb/resource_tags.h"

#include <algorithm>

#include "api/dynamodb/errors.h"
#include "protocol/service_error.h"
#include "services/dynamodb/named_table.h"
#include "services/dynamodb/service_errors.h"
#include "services/dynamodb/table_settings.h"

namespace dyad::dynamodb {
namespace {

constexpr std::string_view kArnStart = "arn:";
constexpr std::string_view kTable = "table/";
constexpr std::string_view kReservedKeys = "aws:";

/// "User: arn:aws:iam::000000000000:root is not authorized to perform: dynamodb:TagResource on
/// resource: arn:aws:sqs:us-east-1:000000000000:queue".
Error access_denied(const api::RequestContext& context, std::string_view arn) {
  std::string message = "User: " + context.principal->arn + " is not authorized to perform: ";
  message.append(context.operation->iam_action).append(" on resource: ").append(arn);
  return protocol::service_error(model::errors::kAccessDeniedException, std::move(message));
}

Error invalid_arn(std::string_view arn) {
  return validation("Invalid TableArn: Invalid ResourceArn provided as input " + std::string(arn));
}

/// Any character of another script counts as a letter.
bool is_tag_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return true;
    if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
        (byte >= 'A' && byte <= 'Z'))
      return true;
    return std::string_view(" +-=._:/@").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<std::string> table_of_resource(const api::RequestContext& context, std::string_view arn) {
  if (!arn.starts_with(kArnStart))
    return fail(validation("Invalid TableArn: ARNs must start with 'arn:': " + std::string(arn)));
  std::string_view rest = arn;
  std::string_view parts[5];
  for (std::string_view& part : parts) {
    const std::size_t end = rest.find(':');
    if (end == std::string_view::npos) return fail(invalid_arn(arn));
    part = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  const auto [start, partition, service, region, account] = parts;
  if (service != "dynamodb" || account != context.account_id)
    return fail(access_denied(context, arn));
  if (region != context.region || !rest.starts_with(kTable)) return fail(invalid_arn(arn));
  std::string name(rest.substr(kTable.size()));
  if (name.starts_with(kArnStart) || !may_name_table(name)) return fail(invalid_arn(arn));
  return name;
}

Error resource_arn_not_found(std::string_view arn) {
  return protocol::service_error(
      model::errors::kResourceNotFoundException,
      "Requested resource not found: ResourceArn: " + std::string(arn) + " not found");
}

Result<> check_tag(std::string_view key, std::string_view value) {
  if (!is_tag_text(key) || !is_tag_text(value))
    return fail(validation(
        "One or more parameter values were invalid: Tag keys and values can only contain Unicode "
        "letters, digits, white space and one of + - = . _ : / @"));
  if (key.starts_with(kReservedKeys))
    return fail(validation(
        "One or more parameter values were invalid: aws: prefixed tag keys are reserved for "
        "internal use"));
  return {};
}

Result<> change_tags(table::TableDescriptor& table,
                     const std::function<Result<>(Tags& tags)>& change) {
  if (table.codec != table::RowCodecKind::item)
    return fail(validation("One or more parameter values were invalid: The table " + table.name +
                           " is managed by another service and cannot be tagged here"));
  DYAD_TRY_ASSIGN(TableSettings settings, decode_settings(table.properties));
  DYAD_TRY(change(settings.tags));
  table.properties = encode_settings(settings);
  return {};
}

void set_tag(Tags& tags, std::string_view key, std::string_view value) {
  const auto known = std::ranges::find(tags, key, &Tags::value_type::first);
  if (known != tags.end()) {
    known->second = value;
  } else {
    tags.emplace_back(key, value);
  }
}

Result<> check_tag_count(const Tags& tags) {
  if (tags.size() <= kMaxTags) return {};
  return fail(
      validation("One or more parameter values were invalid: Too many tags: the maximum for a "
                 "resource is " +
                 std::to_string(kMaxTags)));
}

Result<> check_tags(const Tags& tags) {
  for (const auto& [key, value] : tags) DYAD_TRY(check_tag(key, value));
  return check_tag_count(tags);
}

}  // namespace dyad::dynamodb
