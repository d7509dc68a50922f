#include "services/dynamodb/named_table.h"

#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

constexpr std::string_view kArnStart = "arn:";
constexpr std::string_view kResource = "table/";

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  for (const char c : text) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '.' || c == '-';
    if (!fine) return false;
  }
  return true;
}

/// What stands before the next colon; `rest` goes on behind it.
std::string_view take_part(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(':'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

bool may_name_table(std::string_view text) {
  return text.starts_with(kArnStart) || is_name(text);
}

Result<std::string> table_name_of(const api::RequestContext& context,
                                  const std::string& name_or_arn) {
  if (!name_or_arn.starts_with(kArnStart)) return name_or_arn;
  std::string_view rest = name_or_arn;
  take_part(rest);
  take_part(rest);  // The partition: aws, aws-cn.
  const std::string_view service = take_part(rest);
  const std::string_view region = take_part(rest);
  const std::string_view account = take_part(rest);
  if (service != "dynamodb" || !rest.starts_with(kResource) ||
      !is_name(rest.substr(kResource.size()))) {
    return fail(validation("Invalid ARN: Invalid ResourceArn provided as input " + name_or_arn));
  }
  if (region != context.region || account != context.account_id) return fail(resource_not_found());
  return std::string(rest.substr(kResource.size()));
}

Task<Result<table::TableRef>> find_table(DynamoDbService& service,
                                         const api::RequestContext& context,
                                         std::string name_or_arn) {
  DYAD_CO_TRY_ASSIGN(std::string name, table_name_of(context, name_or_arn));
  auto found = co_await service.tables().find(std::move(name), context.deadline);
  if (!found) co_return fail(translate(std::move(found).error()));
  co_return found;
}

std::string table_arn(const api::RequestContext& context, std::string_view table) {
  std::string arn = "arn:aws:dynamodb:";
  arn.append(context.region).append(":").append(context.account_id);
  return arn.append(":table/").append(table);
}

}  // namespace dyad::dynamodb
