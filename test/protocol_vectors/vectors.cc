// Holds the codecs against the protocol vectors that make_models.py has prepared.
//
//   protocol_vectors CASES.json...     a line a case: "pass ID", "FAIL ID: why"; exit code 1 if one
//   failed
//
// A server reads what the vectors say that a client sends, and says what the vectors say that a
// client reads.

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <map>

#include "protocol/error_rendering.h"
#include "protocol/json_codec.h"
#include "protocol/query_protocol.h"
#include "protocol/rest_binding.h"
#include "protocol/service_error.h"
#include "protocol/uri_template.h"
#include "test/protocol_vectors/documents.h"
#include "test/protocol_vectors/factories.h"
#include "test/protocol_vectors/message_walk.h"

namespace dyad::vectors {
namespace {

using protocol::Operation;
using protocol::Protocol;
using simdjson::dom::element;

/// None: as it should be.
using Verdict = std::optional<std::string>;

std::string_view text_of(const element& from, std::string_view key) {
  std::string_view text;
  return from.at_key(key).get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::vector<crypto::HeaderView> headers_of(const element& from) {
  std::vector<crypto::HeaderView> headers;
  simdjson::dom::object all;
  if (from.at_key("headers").get(all) != simdjson::SUCCESS) return headers;
  for (const auto& [name, value] : all) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) headers.push_back({name, text});
  }
  return headers;
}

Verdict because(const Error& error) {
  return "refused: " + error.message;
}

/// Reads a REST request's parts out of the vector's URI by the operation's template.
Verdict read_rest(const Operation& operation, const element& request, std::string_view uri_template,
                  void* input) {
  const std::string_view uri = text_of(request, "uri");
  const std::size_t question = std::min(uri.find('?'), uri.size());
  auto path = protocol::match_uri_template(uri_template.substr(0, uri_template.find('?')),
                                           uri.substr(0, question));
  if (!path) return because(path.error());
  auto query = protocol::parse_query_string(uri.substr(std::min(question + 1, uri.size())));
  if (!query) return because(query.error());
  std::vector<protocol::RestRequest::PathParameter> parameters;
  for (const protocol::UriLabel& label : *path) parameters.push_back({label.name, label.value});
  const std::vector<crypto::HeaderView> headers = headers_of(request);
  protocol::RestRequest rest;
  rest.path = parameters;
  rest.query = *query;
  rest.headers = headers;
  if (!operation.streaming_input) rest.body = text_of(request, "body");
  const Result<> read = protocol::parse_rest(operation, rest, input);
  return read ? std::nullopt : because(read.error());
}

Verdict read_request(const Operation& operation, const element& request, std::string_view uri,
                     void* input) {
  const std::string_view body = text_of(request, "body");
  switch (operation.service->protocol) {
    case Protocol::aws_json_1_0: {
      protocol::JsonParser parser;
      const Result<> read =
          protocol::JsonCodec().parse(parser, body.empty() ? "{}" : body, *operation.input, input);
      return read ? std::nullopt : because(read.error());
    }
    case Protocol::query: {
      auto form = protocol::parse_query_string(body);
      if (!form) return because(form.error());
      const Result<> read = protocol::parse_form(operation, *form, input);
      return read ? std::nullopt : because(read.error());
    }
    case Protocol::rest_xml:
    case Protocol::rest_json_1:
      return read_rest(operation, request, uri, input);
  }
  return "of no protocol";
}

Verdict check_request(const element& test, Operation operation, Messages& messages) {
  const element request = test.at_key("request").value_unsafe();
  if (Verdict refused =
          read_request(operation, request, text_of(test, "uri"), messages.input.get()))
    return refused;
  Verdict found =
      difference(test.at_key("params").value_unsafe(), *operation.input, messages.input.get());
  return found ? Verdict("the input" + *found) : found;
}

Verdict compare_headers(const protocol::RestResponse& response, const element& expected) {
  for (const crypto::HeaderView& wanted : headers_of(expected)) {
    const auto own = std::ranges::find_if(response.headers, [&](const auto& header) {
      return crypto::same_header_name(header.first, wanted.name);
    });
    if (own == response.headers.end()) return fmt::format("the header {} is absent", wanted.name);
    if (own->second != wanted.value)
      return fmt::format("the header {} is \"{}\", not \"{}\"", wanted.name, own->second,
                         wanted.value);
  }
  return std::nullopt;
}

bool is_xml(std::string_view body) {
  return body.starts_with('<');
}
bool is_json(std::string_view body) {
  return body.starts_with('{') || body.starts_with('[');
}

/// An empty document and none say the same to every client.
bool says_nothing(std::string_view body) {
  return body.empty() || body == "{}";
}

Verdict compare_bodies(std::string_view expected, std::string_view body) {
  expected.remove_prefix(std::min(expected.find_first_not_of(" \n"), expected.size()));
  if (says_nothing(expected) && says_nothing(body)) return std::nullopt;
  if (is_xml(expected)) return xml_difference(expected, body);
  if (is_json(expected)) return json_difference(expected, body);
  if (expected == body) return std::nullopt;
  return fmt::format("the body is \"{}\", not \"{}\"", body, expected);
}

Verdict check_rest_answer(const element& test, const Operation& operation, const void* output) {
  const element expected = test.at_key("response").value_unsafe();
  const protocol::RestResponse response = protocol::render_rest(operation, output);
  const std::int64_t status = expected.at_key("status_code").get_int64().value_unsafe();
  if (status != response.status)
    return fmt::format("the status is {}, not {}", response.status, status);
  if (!operation.streaming_output) {
    if (Verdict found = compare_bodies(text_of(expected, "body"), response.body)) return found;
    if (text_of(expected, "body").empty()) return std::nullopt;
  }
  return compare_headers(response, expected);
}

Verdict check_answer(const element& test, Operation operation, Messages& messages) {
  if (!fill(test.at_key("result").value_unsafe(), *operation.output, messages.output.get()))
    return "the vector's result does not fit its shape";
  operation.name = text_of(test, "name");
  const element expected = test.at_key("response").value_unsafe();
  switch (operation.service->protocol) {
    case Protocol::aws_json_1_0: {
      std::string body;
      protocol::JsonCodec().write(*operation.output, messages.output.get(), body);
      return compare_bodies(text_of(expected, "body"), body);
    }
    case Protocol::query:
      return compare_bodies(text_of(expected, "body"),
                            protocol::render_query(operation, messages.output.get(), "requestid"));
    case Protocol::rest_xml:
    case Protocol::rest_json_1:
      return check_rest_answer(test, operation, messages.output.get());
  }
  return "of no protocol";
}

/// Where a client of the protocol looks for an error's code.
std::string code_of(Protocol protocol, const protocol::ErrorResponse& response) {
  if (protocol == Protocol::rest_json_1) {
    for (const auto& [name, value] : response.headers)
      if (name == "X-Amzn-Errortype") return value;
    return {};
  }
  return error_text(response.body, protocol == Protocol::aws_json_1_0 ? "__type" : "Code");
}

/// Code, message and status. Members beside the message are the services' own affair.
Verdict check_error(const element& test, const protocol::ServiceInfo& service) {
  const std::int64_t status =
      test.at_key("response").at_key("status_code").get_int64().value_unsafe();
  const std::string code(text_of(test, "code"));
  const std::string message(text_of(test, "message"));
  const Error error = protocol::service_error(code, static_cast<std::uint16_t>(status), message);
  const protocol::ErrorResponse response =
      protocol::render_error(service, error, {.request_id = "id", .host_id = {}, .resource = {}});
  if (response.status != status) return fmt::format("the status is {}", response.status);
  if (code_of(service.protocol, response) != code) return "another code: " + response.body;
  const bool in_json =
      service.protocol == Protocol::aws_json_1_0 || service.protocol == Protocol::rest_json_1;
  if (error_text(response.body, in_json ? "message" : "Message") != message)
    return "another message: " + response.body;
  return std::nullopt;
}

Verdict check(const element& test, std::string_view protocol) {
  const auto make = factories().find(fmt::format("{}/{}", protocol, text_of(test, "operation")));
  if (make == factories().end()) return "there is no such operation";
  Messages messages = make->second();
  if (test.at_key("error").error() == simdjson::SUCCESS)
    return check_error(test, *messages.operation.service);
  if (text_of(test, "side") == "input") return check_request(test, messages.operation, messages);
  return check_answer(test, messages.operation, messages);
}

struct Counts {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t unfit = 0;  ///< Of clients alone, or of shapes that are not generated.
};

bool run(const char* path, Counts& counts) {
  simdjson::dom::parser parser;
  element file;
  if (parser.load(path).get(file) != simdjson::SUCCESS) {
    fmt::print(stderr, "{}: cannot be read\n", path);
    return false;
  }
  for (const element test : file.at_key("cases").get_array()) {
    const Verdict verdict = check(test, text_of(file, "protocol"));
    ++(verdict ? counts.failed : counts.passed);
    if (verdict) fmt::print("FAIL {}: {}\n", text_of(test, "id"), *verdict);
  }
  counts.unfit += file.at_key("unfit").get_array().value_unsafe().size();
  return true;
}

}  // namespace
}  // namespace dyad::vectors

int main(int argc, char** argv) {
  dyad::vectors::Counts counts;
  bool read = argc > 1;
  for (int i = 1; i < argc; ++i) read = dyad::vectors::run(argv[i], counts) && read;
  fmt::print("protocol_vectors: {} passed, {} failed, {} left out\n", counts.passed, counts.failed,
             counts.unfit);
  return read && counts.failed == 0 ? 0 : 1;
}
