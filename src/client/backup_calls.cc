#include "client/backup_calls.h"

#include <simdjson.h>

#include "client/answer_error.h"
#include "protocol/json_parser.h"
#include "protocol/json_writer.h"

namespace dyad::client {
namespace {

Result<BackupState> parse_state(const AwsClient& client, const Answer& answer) {
  protocol::JsonParser parser;
  const Result<simdjson::dom::element> root = parser.parse(answer.body);
  BackupState state;
  const auto text = [&](const char* name, std::string& into) {
    std::string_view value;
    const bool there = root->at_key(name).get(value) == simdjson::SUCCESS;
    if (there) into = value;
    return there;
  };
  if (!root || !text("State", state.state) || !text("Directory", state.directory))
    return fail(ErrorCode::corruption, "what answers at " + client.options().endpoint.url() +
                                           " does not speak of backups");
  text("Error", state.error);
  const auto number = [&](const char* name, std::uint64_t& into) {
    if (root->at_key(name).get(into) != simdjson::SUCCESS) into = 0;
  };
  number("BackupNumber", state.number);
  number("FilesDone", state.files_done);
  number("FilesTotal", state.files_total);
  number("BytesDone", state.bytes_done);
  number("BytesTotal", state.bytes_total);
  number("BytesCopied", state.bytes_copied);
  number("Objects", state.objects);
  number("BeganMillis", state.began_ms);
  number("EndedMillis", state.ended_ms);
  return state;
}

Task<Result<BackupState>> ask(AwsClient& client, std::string operation, std::string body) {
  Request request;
  request.service = "dyad";
  request.method = "POST";
  request.headers.emplace_back("content-type", "application/x-amz-json-1.0");
  request.headers.emplace_back("x-amz-target", "Dyad_20261123." + operation);
  request.body = std::move(body);
  DYAD_CO_TRY_ASSIGN(const Answer answer, co_await client.send(std::move(request)));
  if (answer.ok()) co_return parse_state(client, answer);
  const ServiceRefusal refusal = refusal_of(answer);
  Error error = refusal_error(answer);
  // The server says what to do about these, to the person who asked.
  if (refusal.code.find("ValidationException") != std::string::npos ||
      refusal.code.find("ConflictException") != std::string::npos ||
      refusal.code.find("NotFoundException") != std::string::npos ||
      refusal.code.find("StorageException") != std::string::npos)
    error.message = refusal.message;
  if (refusal.code.find("UnknownOperation") != std::string::npos)
    error.message = "the server that answers makes no backups; it is of an older release";
  co_return fail(std::move(error));
}

}  // namespace

Task<Result<BackupState>> create_backup(AwsClient& client, BackupOrder order) {
  std::string body = "{\"Directory\":";
  protocol::append_json_string(body, order.directory);
  body += ",\"BytesPerSecond\":" + std::to_string(order.bytes_per_second);
  body += order.copy ? ",\"Copy\":true}" : ",\"Copy\":false}";
  return ask(client, "CreateBackup", std::move(body));
}

Task<Result<BackupState>> describe_backup(AwsClient& client) {
  return ask(client, "DescribeBackup", "{}");
}

Task<Result<BackupState>> cancel_backup(AwsClient& client) {
  return ask(client, "CancelBackup", "{}");
}

}  // namespace dyad::client
