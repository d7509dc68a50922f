#include "client/service_calls.h"

#include <simdjson.h>

#include <pugixml.hpp>

#include "client/answer_error.h"
#include "protocol/json_parser.h"
#include "protocol/json_writer.h"

namespace dyad::client {
namespace {

Error no_answer_of(const char* service, const AwsClient& client) {
  return Error(ErrorCode::corruption,
               "what answers at " + client.options().endpoint.url() + " does not speak " + service);
}

Result<CallerIdentity> parse_identity(const AwsClient& client, const Answer& answer) {
  pugi::xml_document document;
  if (!document.load_buffer(answer.body.data(), answer.body.size()))
    return fail(no_answer_of("STS", client));
  const pugi::xml_node result = document.document_element().child("GetCallerIdentityResult");
  CallerIdentity identity;
  identity.account_id = result.child_value("Account");
  identity.arn = result.child_value("Arn");
  if (identity.account_id.empty()) return fail(no_answer_of("STS", client));
  return identity;
}

Result<NamePage> parse_buckets(const AwsClient& client, const Answer& answer) {
  pugi::xml_document document;
  if (!document.load_buffer(answer.body.data(), answer.body.size()))
    return fail(no_answer_of("S3", client));
  const pugi::xml_node root = document.document_element();
  if (std::string_view(root.name()) != "ListAllMyBucketsResult")
    return fail(no_answer_of("S3", client));
  NamePage page;
  for (const pugi::xml_node bucket : root.child("Buckets").children("Bucket"))
    page.names.emplace_back(bucket.child_value("Name"));
  page.more = *root.child_value("ContinuationToken") != '\0';
  return page;
}

Result<NamePage> parse_tables(const AwsClient& client, const Answer& answer) {
  protocol::JsonParser parser;
  const Result<simdjson::dom::element> root = parser.parse(answer.body);
  simdjson::dom::array names;
  if (!root || root->at_key("TableNames").get(names) != simdjson::SUCCESS)
    return fail(no_answer_of("DynamoDB", client));
  NamePage page;
  for (const simdjson::dom::element each : names) {
    std::string_view name;
    if (each.get(name) != simdjson::SUCCESS) return fail(no_answer_of("DynamoDB", client));
    page.names.emplace_back(name);
  }
  page.more = root->at_key("LastEvaluatedTableName").error() == simdjson::SUCCESS;
  return page;
}

}  // namespace

Task<Result<CallerIdentity>> get_caller_identity(AwsClient& client) {
  Request request;
  request.service = "sts";
  request.method = "POST";
  request.headers.emplace_back("content-type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = "Action=GetCallerIdentity&Version=2011-06-15";
  DYAD_CO_TRY_ASSIGN(const Answer answer, co_await client.send(std::move(request)));
  if (!answer.ok()) co_return fail(refusal_error(answer));
  co_return parse_identity(client, answer);
}

Task<Result<NamePage>> list_buckets(AwsClient& client, int limit) {
  Request request;
  request.service = "s3";
  request.target = "/?max-buckets=" + std::to_string(limit);
  DYAD_CO_TRY_ASSIGN(const Answer answer, co_await client.send(std::move(request)));
  if (!answer.ok()) co_return fail(refusal_error(answer));
  co_return parse_buckets(client, answer);
}

Task<Result<NamePage>> list_tables(AwsClient& client, int limit, std::string after) {
  Request request;
  request.service = "dynamodb";
  request.method = "POST";
  request.headers.emplace_back("content-type", "application/x-amz-json-1.0");
  request.headers.emplace_back("x-amz-target", "DynamoDB_20120810.ListTables");
  request.body = "{\"Limit\":" + std::to_string(limit);
  if (!after.empty()) {
    request.body += ",\"ExclusiveStartTableName\":";
    protocol::append_json_string(request.body, after);
  }
  request.body += '}';
  DYAD_CO_TRY_ASSIGN(const Answer answer, co_await client.send(std::move(request)));
  if (!answer.ok()) co_return fail(refusal_error(answer));
  co_return parse_tables(client, answer);
}

}  // namespace dyad::client
