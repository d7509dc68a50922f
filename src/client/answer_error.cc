#include "client/answer_error.h"

#include <simdjson.h>

#include <pugixml.hpp>

#include "protocol/json_parser.h"

namespace dyad::client {
namespace {

constexpr std::size_t kMaxMessageBytes = 500;

void read_json(const std::string& body, ServiceRefusal& refusal) {
  protocol::JsonParser parser;
  const Result<simdjson::dom::element> root = parser.parse(body);
  if (!root) return;
  std::string_view type, message;
  if (root->at_key("__type").get(type) != simdjson::SUCCESS) return;
  // "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
  refusal.code = type.substr(type.find('#') + 1);
  if (root->at_key("message").get(message) == simdjson::SUCCESS ||
      root->at_key("Message").get(message) == simdjson::SUCCESS)
    refusal.message = message;
}

void read_xml(const std::string& body, ServiceRefusal& refusal) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return;
  // S3: <Error>; query: <ErrorResponse><Error>.
  pugi::xml_node error = document.document_element();
  if (const pugi::xml_node inner = error.child("Error")) error = inner;
  refusal.code = error.child_value("Code");
  refusal.message = error.child_value("Message");
}

/// One line that a terminal shows as it is.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  if (text.size() > kMaxMessageBytes) text.resize(kMaxMessageBytes);
  return text;
}

}  // namespace

std::string ServiceRefusal::text() const {
  const std::string with_status = "status " + std::to_string(status);
  if (code.empty()) return with_status;
  return code + " (" + with_status + ")" + (message.empty() ? "" : ": " + message);
}

ServiceRefusal refusal_of(const Answer& answer) {
  ServiceRefusal refusal;
  refusal.status = answer.status;
  if (answer.body.starts_with('{')) {
    read_json(answer.body, refusal);
  } else {
    read_xml(answer.body, refusal);
  }
  refusal.code = printable(std::move(refusal.code));
  refusal.message = printable(std::move(refusal.message));
  return refusal;
}

Error refusal_error(const Answer& answer) {
  const ErrorCode code = answer.status == 401 || answer.status == 403 ? ErrorCode::permission_denied
                         : answer.status == 503 || answer.status == 429 ? ErrorCode::overloaded
                                                                        : ErrorCode::unsupported;
  return Error(code, refusal_of(answer).text());
}

}  // namespace dyad::client
