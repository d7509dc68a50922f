#include "test/support/s3_calls.h"

#include "protocol/service_error.h"

namespace dyad::proof {
namespace {

namespace model = s3::model;

constexpr const char* kAccount = "000000000000";
constexpr std::size_t kMaxBodyBytes = 64u << 20;

std::string bare(std::optional<std::string> e_tag) {
  std::string text = std::move(e_tag).value_or("");
  std::erase(text, '"');
  return text;
}

/// In the words of ObjectCalls.
Error told(Error error) {
  const protocol::ServiceError* said = protocol::as_service_error(error);
  if (said == nullptr || said->http_status >= 500)
    return Error(ErrorCode::internal, error.to_string());
  const bool missing = said->code == "NoSuchKey" || said->code == "NoSuchUpload";
  return Error(missing ? ErrorCode::not_found : ErrorCode::failed_condition,
               said->code + ": " + error.message);
}

}  // namespace

S3Calls::S3Calls(s3::S3Service& service, const Clock& clock, std::string bucket)
    : service_(service), clock_(clock), bucket_(std::move(bucket)) {
  principal_.kind = auth::Principal::Kind::root;
  principal_.account_id = kAccount;
}

api::RequestContext S3Calls::context(http::BodyReader* body) const {
  api::RequestContext context;
  context.principal = &principal_;
  context.region = "us-east-1";
  context.account_id = kAccount;
  context.clock = &clock_;
  context.deadline = Deadline::never();
  context.body = body;
  return context;
}

Task<Result<std::string>> S3Calls::put(std::string key, std::string body) {
  http::StringBody bytes(body);
  auto request = input<model::PutObjectInput>(key);
  api::RequestContext call = context(&bytes);
  auto done = co_await s3::put_object(service_, call, request);
  if (!done) co_return fail(told(std::move(done).error()));
  co_return bare(done->e_tag);
}

Task<Result<std::optional<ObjectCalls::Object>>> S3Calls::get(std::string key) {
  auto request = input<model::GetObjectInput>(key);
  api::RequestContext call = context();
  auto done = co_await s3::get_object(service_, call, request);
  if (!done) {
    Error error = told(std::move(done).error());
    if (error.code == ErrorCode::not_found) co_return std::optional<Object>();
    co_return fail(std::move(error));
  }
  Object object;
  object.e_tag = bare(done->e_tag);
  DYAD_CO_TRY_ASSIGN(object.body, co_await http::read_all(*call.reply_body, kMaxBodyBytes));
  co_return std::optional<Object>(std::move(object));
}

Task<Result<>> S3Calls::erase(std::string key) {
  auto request = input<model::DeleteObjectInput>(key);
  api::RequestContext call = context();
  auto done = co_await s3::delete_object(service_, call, request);
  if (!done) co_return fail(told(std::move(done).error()));
  co_return Result<>();
}

Task<Result<>> S3Calls::copy(std::string from, std::string to) {
  auto request = input<model::CopyObjectInput>(to);
  request.copy_source = bucket_ + "/" + from;
  api::RequestContext call = context();
  auto done = co_await s3::copy_object(service_, call, request);
  if (!done) co_return fail(told(std::move(done).error()));
  co_return Result<>();
}

Task<Result<std::string>> S3Calls::begin(std::string key) {
  auto request = input<model::CreateMultipartUploadInput>(key);
  api::RequestContext call = context();
  auto done = co_await s3::create_multipart_upload(service_, call, request);
  if (!done) co_return fail(told(std::move(done).error()));
  co_return done->upload_id.value_or("");
}

Task<Result<std::string>> S3Calls::put_part(std::string key, std::string upload, int number,
                                            std::string body) {
  http::StringBody bytes(body);
  auto request = input<model::UploadPartInput>(key);
  request.upload_id = std::move(upload);
  request.part_number = number;
  api::RequestContext call = context(&bytes);
  auto done = co_await s3::upload_part(service_, call, request);
  if (!done) co_return fail(told(std::move(done).error()));
  co_return bare(done->e_tag);
}

Task<Result<std::string>> S3Calls::complete(std::string key, std::string upload,
                                            std::vector<Part> parts, bool only_new) {
  auto request = input<model::CompleteMultipartUploadInput>(key);
  request.upload_id = std::move(upload);
  if (only_new) request.if_none_match = "*";
  request.multipart_upload.emplace();
  for (const Part& part : parts) {
    model::CompletedPart named;
    named.part_number = part.number;
    named.e_tag = part.e_tag;
    request.multipart_upload->parts.push_back(std::move(named));
  }
  api::RequestContext call = context();
  auto done = co_await s3::complete_multipart_upload(service_, call, request);
  if (!done) co_return fail(told(std::move(done).error()));
  co_return bare(done->e_tag);
}

Task<Result<>> S3Calls::abort(std::string key, std::string upload) {
  auto request = input<model::AbortMultipartUploadInput>(key);
  request.upload_id = std::move(upload);
  api::RequestContext call = context();
  auto done = co_await s3::abort_multipart_upload(service_, call, request);
  if (!done) co_return fail(told(std::move(done).error()));
  co_return Result<>();
}

Task<Result<std::vector<ObjectCalls::Part>>> S3Calls::parts(std::string key, std::string upload) {
  auto request = input<model::ListPartsInput>(key);
  request.upload_id = std::move(upload);
  api::RequestContext call = context();
  auto done = co_await s3::list_parts(service_, call, request);
  if (!done) co_return fail(told(std::move(done).error()));
  std::vector<Part> parts;
  for (const model::Part& part : done->parts)
    parts.push_back({part.part_number.value_or(0), bare(part.e_tag),
                     static_cast<std::uint64_t>(part.size.value_or(0))});
  co_return parts;
}

Task<Result<std::vector<std::string>>> S3Calls::uploads(std::string key) {
  model::ListMultipartUploadsInput request;
  request.bucket = bucket_;
  request.prefix = key;
  api::RequestContext call = context();
  auto done = co_await s3::list_multipart_uploads(service_, call, request);
  if (!done) co_return fail(told(std::move(done).error()));
  std::vector<std::string> ids;
  for (const model::MultipartUpload& upload : done->uploads)
    if (upload.key == key) ids.push_back(upload.upload_id.value_or(""));
  co_return ids;
}

}  // namespace dyad::proof
