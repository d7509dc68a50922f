#include "services/s3/accesses.h"

#include "services/s3/copy_source.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

template <class Input>
void add_object_read(const Input& input, std::string_view attributes, Accesses& out) {
  const bool version = input.version_id.has_value();
  const std::string arn = object_arn(input.bucket, input.key);
  out.push_back({version ? "s3:GetObjectVersion" : "s3:GetObject", arn});
  if (!attributes.empty())
    out.push_back({std::string(attributes) + (version ? "VersionAttributes" : "Attributes"), arn});
}

void add_object_write(std::string_view bucket, std::string_view key, bool with_tags,
                      Accesses& out) {
  const std::string arn = object_arn(bucket, key);
  out.push_back({"s3:PutObject", arn});
  if (with_tags) out.push_back({"s3:PutObjectTagging", arn});
}

/// A source of no valid form is refused by the handler.
void add_copy_source(std::string_view header, bool with_tags, Accesses& out) {
  const Result<CopySource> source = parse_copy_source(header);
  if (!source) return;
  const bool version = source->version_id.has_value();
  const std::string arn = object_arn(source->bucket, source->key);
  out.push_back({version ? "s3:GetObjectVersion" : "s3:GetObject", arn});
  if (with_tags)
    out.push_back({version ? "s3:GetObjectVersionTagging" : "s3:GetObjectTagging", arn});
}

}  // namespace

std::string object_arn(std::string_view bucket, std::string_view key) {
  std::string arn("arn:aws:s3:::");
  arn.append(bucket).append("/").append(key);
  return arn;
}

void put_object_accesses(const api::RequestContext&, const model::PutObjectInput& input,
                         Accesses& out) {
  add_object_write(input.bucket, input.key, input.tagging.has_value(), out);
}

void create_multipart_upload_accesses(const api::RequestContext&,
                                      const model::CreateMultipartUploadInput& input,
                                      Accesses& out) {
  add_object_write(input.bucket, input.key, input.tagging.has_value(), out);
}

void get_object_accesses(const api::RequestContext&, const model::GetObjectInput& input,
                         Accesses& out) {
  add_object_read(input, {}, out);
}

void head_object_accesses(const api::RequestContext&, const model::HeadObjectInput& input,
                          Accesses& out) {
  add_object_read(input, {}, out);
}

void get_object_attributes_accesses(const api::RequestContext&,
                                    const model::GetObjectAttributesInput& input, Accesses& out) {
  add_object_read(input, "s3:GetObject", out);
}

void copy_object_accesses(const api::RequestContext&, const model::CopyObjectInput& input,
                          Accesses& out) {
  const bool own_tags = input.tagging_directive == "REPLACE";
  add_copy_source(input.copy_source, !own_tags, out);
  add_object_write(input.bucket, input.key, own_tags, out);
}

void upload_part_copy_accesses(const api::RequestContext&, const model::UploadPartCopyInput& input,
                               Accesses& out) {
  add_copy_source(input.copy_source, false, out);
  add_object_write(input.bucket, input.key, false, out);
}

void delete_objects_accesses(const api::RequestContext&, const model::DeleteObjectsInput&,
                             Accesses&) {}

Result<> may_delete(const api::RequestContext& context, std::string_view bucket,
                    const model::ObjectIdentifier& entry) {
  if (context.access == nullptr || context.access->is_open()) return {};
  const char* action = entry.version_id ? "s3:DeleteObjectVersion" : "s3:DeleteObject";
  if (context.access->may(action, object_arn(bucket, entry.key))) return {};
  return fail(protocol::service_error(model::errors::kAccessDenied));
}

}  // namespace dyad::s3
