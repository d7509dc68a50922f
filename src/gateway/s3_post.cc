#include "gateway/s3_post.h"

#include <algorithm>
#include <array>

#include "api/s3/put_object.h"
#include "api/s3/put_object_tagging.h"
#include "crypto/request_view.h"
#include "crypto/uri_encoding.h"
#include "gateway/access.h"
#include "gateway/s3_answer.h"
#include "gateway/s3_body.h"
#include "protocol/error_rendering.h"
#include "protocol/rest_binding.h"
#include "protocol/service_error.h"
#include "protocol/xml_writer.h"

namespace dyad::gateway {
namespace {

using protocol::FormField;

constexpr std::string_view kFileNameVariable = "${filename}";

Error not_a_form() {
  Error error = protocol::service_error(
      "PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold");
  return protocol::with_field(std::move(error), "Condition",
                              "Bucket POST must be of the enclosure-type multipart/form-data");
}

Error missing_field(const std::string& name) {
  Error error =
      protocol::service_error("InvalidArgument", 400,
                              "Bucket POST must contain a field named '" + name +
                                  "'.  If it is specified, please check the order of the fields.");
  error = protocol::with_field(std::move(error), "ArgumentName", name);
  return protocol::with_field(std::move(error), "ArgumentValue", "");
}

Error invalid_field(const FormField& field, const char* message) {
  Error error = protocol::service_error("InvalidArgument", 400, message);
  error = protocol::with_field(std::move(error), "ArgumentName", field.name);
  return protocol::with_field(std::move(error), "ArgumentValue", field.value);
}

const FormField* find(std::span<const FormField> fields, std::string_view name) {
  for (const FormField& field : fields)
    if (crypto::same_header_name(field.name, name)) return &field;
  return nullptr;
}

std::string_view value_of(std::span<const FormField> fields, std::string_view name) {
  const FormField* field = find(fields, name);
  return field == nullptr ? std::string_view() : std::string_view(field->value);
}

/// Two values for one name would be two things to a policy and to an object.
Result<> refuse_repeated(std::span<const FormField> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (find(fields.first(i), fields[i].name) != nullptr)
      return fail(invalid_field(fields[i], "A form may have each of its fields once."));
  }
  return {};
}

/// "${filename}" is the name of the file in every field, without the folders that some browsers
/// send before it. A file without a name replaces nothing. The limit of a form holds for what comes
/// out of it.
Result<> replace_file_name(std::vector<FormField>& fields, std::string_view file_name) {
  const std::size_t slash = file_name.find_last_of("/\\");
  if (slash != std::string_view::npos) file_name.remove_prefix(slash + 1);
  if (file_name.empty()) return {};
  std::size_t total = 0;
  for (FormField& field : fields) {
    std::size_t at = field.value.find(kFileNameVariable);
    while (at != std::string::npos) {
      field.value.replace(at, kFileNameVariable.size(), file_name);
      if (field.value.size() > protocol::kMaxFormBytes) return protocol::form_too_large();
      at = field.value.find(kFileNameVariable, at + file_name.size());
    }
    total += field.value.size();
    if (total > protocol::kMaxFormBytes) return protocol::form_too_large();
  }
  return {};
}

bool starts_with_name(std::string_view name, std::string_view prefix) {
  return name.size() > prefix.size() &&
         crypto::same_header_name(name.substr(0, prefix.size()), prefix);
}

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(
      names, [name](std::string_view other) { return crypto::same_header_name(name, other); });
}

/// The header of a PutObject that a field stands for; empty: none.
std::string header_of(std::string_view field_name) {
  constexpr std::array<std::string_view, 6> as_they_are = {
      "cache-control",    "content-disposition", "content-encoding",
      "content-language", "content-type",        "expires"};
  constexpr std::array<std::string_view, 5> of_the_signature = {
      "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token",
      "x-amz-signature"};
  if (crypto::same_header_name(field_name, "acl")) return "x-amz-acl";
  if (is_one_of(field_name, as_they_are)) return std::string(field_name);
  if (starts_with_name(field_name, "x-amz-") && !is_one_of(field_name, of_the_signature))
    return std::string(field_name);
  return {};
}

bool fits_a_header(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

/// The document in the field "tagging", as the header x-amz-tagging has tags.
Result<std::string> tagging_header(std::string_view document) {
  protocol::RestRequest request;
  request.body = document;
  api::s3::PutObjectTaggingInput input;
  DYAD_TRY(protocol::parse_rest(api::s3::PutObjectTagging::kOperation, request, &input));
  std::string header;
  for (const api::s3::Tag& tag : input.tagging.tag_set) {
    if (!header.empty()) header += '&';
    crypto::append_uri_encoded(header, tag.key, false);
    header += '=';
    crypto::append_uri_encoded(header, tag.value, false);
  }
  return header;
}

struct OwnHeader {
  std::string name;
  std::string value;
};

Result<std::vector<OwnHeader>> headers_of(std::span<const FormField> fields) {
  std::vector<OwnHeader> headers;
  for (const FormField& field : fields) {
    if (crypto::same_header_name(field.name, "tagging")) {
      DYAD_TRY_ASSIGN(std::string tags, tagging_header(field.value));
      headers.push_back({"x-amz-tagging", std::move(tags)});
      continue;
    }
    std::string name = header_of(field.name);
    if (name.empty()) continue;
    if (!fits_a_header(field.value))
      return fail(invalid_field(field, "Header value cannot be represented using ISO-8859-1."));
    headers.push_back({std::move(name), field.value});
  }
  return headers;
}

/// The file of a form, no shorter and no longer than its policy allows.
class SizedFile final : public http::BodyReader {
 public:
  SizedFile(protocol::FormData& form, FileSizes sizes) : form_(form), sizes_(sizes) {}

  Task<Result<std::size_t>> read(std::span<char> out) override {
    const Result<std::size_t> got = co_await form_.read_file(out);
    if (!got) co_return got;
    seen_ += *got;
    if (seen_ > sizes_.max_bytes) co_return fail(too_large());
    if (*got == 0 && seen_ < sizes_.min_bytes) co_return fail(too_small());
    co_return got;
  }
  /// Not told: what follows the file is known only when it has come.
  std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  Error too_large() const {
    Error error = protocol::service_error("EntityTooLarge", 400,
                                          "Your proposed upload exceeds the maximum allowed size");
    const std::uint64_t proposed = std::max(seen_, form_.file_length().value_or(0));
    error = protocol::with_field(std::move(error), "ProposedSize", std::to_string(proposed));
    return protocol::with_field(std::move(error), "MaxSizeAllowed",
                                std::to_string(sizes_.max_bytes));
  }
  Error too_small() const {
    Error error = protocol::service_error(
        "EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size");
    error = protocol::with_field(std::move(error), "ProposedSize", std::to_string(seen_));
    return protocol::with_field(std::move(error), "MinSizeAllowed",
                                std::to_string(sizes_.min_bytes));
  }

  protocol::FormData& form_;
  const FileSizes sizes_;
  std::uint64_t seen_ = 0;
};

api::ClientAddress client_address(const Exchange& exchange, const S3Address& address) {
  return {exchange.request.stream.secure(), address.virtual_host, exchange.request.head.host};
}

/// An absolute URL of the web; S3 passes over others.
bool is_web_url(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (starts_with_name(url, scheme) && fits_a_header(url) && !url.contains(' ')) return true;
  return false;
}

std::string redirect_target(std::string_view url, std::string_view bucket, std::string_view key,
                            std::string_view e_tag) {
  std::string target(url);
  target += url.contains('?') ? '&' : '?';
  target += "bucket=";
  crypto::append_uri_encoded(target, bucket, false);
  target += "&key=";
  crypto::append_uri_encoded(target, key, false);
  target += "&etag=";
  crypto::append_uri_encoded(target, e_tag, false);
  return target;
}

std::string post_response(std::string_view location, std::string_view bucket, std::string_view key,
                          std::string_view e_tag) {
  std::string xml(protocol::kXmlDeclaration);
  protocol::open_element(xml, "PostResponse");
  protocol::append_element(xml, "Location", location);
  protocol::append_element(xml, "Bucket", bucket);
  protocol::append_element(xml, "Key", key);
  protocol::append_element(xml, "ETag", e_tag);
  protocol::close_element(xml, "PostResponse");
  return xml;
}

}  // namespace

struct S3Post::Upload {
  std::vector<FormField> fields;
  std::string key;
  const auth::Principal* principal = nullptr;
  FileSizes sizes;
};

Task<Result<>> S3Post::answer(Exchange& exchange, const S3Address& address) {
  exchange.operation = &api::s3::PutObject::kOperation;
  const http::RequestHead& head = exchange.request.head;
  const std::optional<std::string> boundary = protocol::form_boundary(head.value("content-type"));
  if (!boundary) co_return fail(not_a_form());
  const Authenticated of_the_head{};
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<S3Body> body,
                     S3Body::open(exchange.request.body, head, of_the_head));
  DYAD_CO_TRY(take_stream_memory(exchange, std::nullopt));
  protocol::FormData form(body->reader(), *boundary);
  DYAD_CO_TRY_ASSIGN(const bool has_file, co_await form.read_fields());
  if (!has_file)
    co_return fail(protocol::service_error("IncorrectNumberOfFilesInPostRequest", 400,
                                           "POST requires exactly one file upload per request."));
  Upload upload;
  upload.fields = form.fields();
  DYAD_CO_TRY(refuse_repeated(upload.fields));
  DYAD_CO_TRY(replace_file_name(upload.fields, form.file().name));
  DYAD_CO_TRY(check_form(exchange, address, upload));
  co_return co_await run(exchange, address, form, upload);
}

/// Signature, then policy: nothing is told of a policy whose signature is not valid.
Result<> S3Post::check_form(const Exchange& exchange, const S3Address& address, Upload& upload) {
  upload.key = value_of(upload.fields, "key");
  if (upload.key.empty()) return fail(missing_field("key"));
  DYAD_TRY_ASSIGN(upload.principal, authenticator_.authenticate_form(upload.fields));
  const std::string_view policy = value_of(upload.fields, "policy");
  if (policy.empty()) return {};
  DYAD_TRY_ASSIGN(upload.sizes, check_post_policy(policy, upload.fields, address.bucket,
                                                  exchange.shared.clock.wall_ms()));
  return {};
}

Task<Result<>> S3Post::run(Exchange& exchange, const S3Address& address, protocol::FormData& form,
                           Upload& upload) {
  const protocol::Operation& operation = *exchange.operation;
  const api::OperationHandler* handler = shared_.s3.find(operation);
  if (handler == nullptr) co_return fail(protocol::not_implemented(operation));

  const ExchangeFacts facts(exchange, *upload.principal);
  const auth::AccessGate gate(shared_.authorizer, *upload.principal, facts);
  DYAD_CO_TRY(gate.enter(operation.iam_action));
  DYAD_CO_TRY_ASSIGN(const std::vector<OwnHeader> said, headers_of(upload.fields));
  std::vector<http::Header> headers;
  for (const OwnHeader& header : said) headers.push_back({header.name, header.value});
  const protocol::RestRequest::PathParameter path[] = {{"Bucket", address.bucket},
                                                       {"Key", upload.key}};
  protocol::RestRequest rest;
  rest.path = path;
  rest.headers = headers;
  const std::unique_ptr<api::Call> call = handler->begin();
  DYAD_CO_TRY(protocol::parse_rest(operation, rest, call->input()));

  api::RequestContext context = exchange.context(*upload.principal);
  SizedFile file(form, upload.sizes);
  TimedBody timed(file, exchange, context);
  context.access = &gate;
  context.headers = headers;
  context.body = &timed;
  const auto own = [&] { return s3_resource(address.bucket, upload.key); };
  DYAD_CO_TRY(authorise(gate, *handler, context, call->input(), own));
  DYAD_CO_TRY(co_await call->run(context));
  co_return co_await send(exchange, address, upload, call->output());
}

Task<Result<>> S3Post::send(Exchange& exchange, const S3Address& address, const Upload& upload,
                            const void* output) {
  const auto& put = *static_cast<const api::s3::PutObjectOutput*>(output);
  const std::string e_tag = put.e_tag.value_or("");
  std::string_view redirect = value_of(upload.fields, "success_action_redirect");
  if (redirect.empty()) redirect = value_of(upload.fields, "redirect");
  const std::string_view status = value_of(upload.fields, "success_action_status");

  protocol::RestResponse rendered = protocol::render_rest(*exchange.operation, output);
  http::ResponseWriter& response = exchange.response;
  if (is_web_url(redirect)) {
    begin_s3_answer(exchange, 303, rendered);
    response.add_header("Location", redirect_target(redirect, address.bucket, upload.key, e_tag));
    co_return co_await response.send("");
  }
  const std::string location =
      api::object_url(client_address(exchange, address), address.bucket, upload.key);
  std::string body;
  if (status == "201") {
    body = post_response(location, address.bucket, upload.key, e_tag);
    begin_s3_answer(exchange, 201, rendered);
    response.add_header("Content-Type", "application/xml");
  } else {
    begin_s3_answer(exchange, status == "200" ? 200 : 204, rendered);
  }
  response.add_header("Location", location);
  co_return co_await response.send(body);
}

}  // namespace dyad::gateway
