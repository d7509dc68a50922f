// Targets, queries, forms and host names. The three readers of queries agree; what is encoded
// decodes to what it was.

#include <algorithm>
#include <string>
#include <vector>

#include "crypto/query_parameters.h"
#include "crypto/uri_encoding.h"
#include "fuzz/fuzz_input.h"
#include "gateway/host_name.h"
#include "gateway/s3_address.h"
#include "http/uri.h"
#include "protocol/header_list.h"
#include "protocol/query_string.h"
#include "protocol/uri_template.h"

namespace dyad::fuzz {
namespace {

void check_queries(std::string_view raw) {
  const Result<http::Query> query = http::Query::parse(raw);
  const auto form = protocol::parse_query_string(raw);
  DYAD_CHECK(query.has_value() == form.has_value());
  if (!query) {
    DYAD_CHECK(query.error().code == form.error().code);
    return;
  }
  DYAD_CHECK(query->all().size() == form->size());
  std::string written;
  for (std::size_t i = 0; i < form->size(); ++i) {
    const http::Query::Parameter& parameter = query->all()[i];
    DYAD_CHECK(parameter.name == (*form)[i].name && parameter.value == (*form)[i].value);
    if (i > 0) written += '&';
    written +=
        http::encode_query_text(parameter.name) + "=" + http::encode_query_text(parameter.value);
  }
  const Result<http::Query> again = http::Query::parse(written);
  DYAD_CHECK(again.has_value() && again->all().size() == form->size());
  for (std::size_t i = 0; i < form->size(); ++i) {
    DYAD_CHECK(again->all()[i].name == (*form)[i].name);
    DYAD_CHECK(again->all()[i].value == (*form)[i].value);
  }
  // What is looked up by its written name is what a whole parse finds.
  const auto looked_up = crypto::query_parameter(raw, "uploads");
  if (looked_up) DYAD_CHECK(query->has("uploads"));
}

void check_path(std::string_view raw) {
  const Result<std::string> path = http::decode_path(raw);
  if (path) {
    const Result<std::string> again = http::decode_path(http::encode_path(*path));
    DYAD_CHECK(again.has_value() && *again == *path);
  }
  std::string lenient;
  crypto::append_uri_decoded_leniently(lenient, raw, false);
  if (path) DYAD_CHECK(lenient == *path);
  for (const std::string_view bucket : {"", "photos"}) {
    const Result<gateway::S3Address> address = gateway::s3_address(bucket, raw);
    DYAD_CHECK(address.has_value() || !path);
  }
  for (const std::string_view uri_template :
       {"/", "/functions/{Name}/code", "/tags/{Arn+}", "/a/{Key+}/b"}) {
    const auto labels = protocol::match_uri_template(uri_template, raw);
    if (labels)
      for (const protocol::UriLabel& label : *labels) DYAD_CHECK(!label.name.empty());
  }
}

void check_header_list(std::string_view value) {
  for (const bool dates : {false, true}) protocol::split_header_list(value, dates);
  std::string written;
  const std::vector<std::string> entries = protocol::split_header_list(value, false);
  for (const std::string& entry : entries) protocol::append_header_entry(written, entry);
  // Only quotes keep an empty entry, and blanks around one; commas and quotes alone ask for them.
  const auto is_bare = [](const std::string& entry) {
    constexpr std::string_view kBlanks = " \t";
    return entry.empty() || kBlanks.find(entry.front()) != kBlanks.npos ||
           kBlanks.find(entry.back()) != kBlanks.npos;
  };
  if (std::ranges::any_of(entries, is_bare)) return;
  DYAD_CHECK(protocol::split_header_list(written, false) == entries);
}

}  // namespace

void check(Input input) {
  static const gateway::HostNames hosts({"localhost", "storage.example.com"});
  switch (input.choice(4)) {
    case 0:
      return check_queries(input.rest());
    case 1:
      return check_path(input.rest());
    case 2: {
      const std::string_view host = input.until('/');
      hosts.parse(host, input.rest());
      return;
    }
    default:
      return check_header_list(input.rest());
  }
}

}  // namespace dyad::fuzz
