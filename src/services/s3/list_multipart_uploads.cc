#include <algorithm>

#include "services/s3/bucket_table.h"
#include "services/s3/listed_object.h"
#include "services/s3/listed_upload.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using model::ListMultipartUploadsInput;
using model::ListMultipartUploadsOutput;

/// "ListMultipartUploads": 1,000 in one answer.
constexpr std::int32_t kMaxListedUploads = 1000;

/// The raw id; empty: none was given, or one without a key, which does not count.
Result<std::string> marker_of(const ListMultipartUploadsInput& input) {
  const std::string key = input.key_marker.value_or("");
  const std::string text = input.upload_id_marker.value_or("");
  if (key.empty() || text.empty()) return std::string();
  std::optional<std::string> id = parse_upload_id(text);
  if (id && upload_id_fits(*id, key)) return std::move(*id);
  return fail(invalid_argument("upload-id-marker", text, "Invalid uploadId marker"));
}

model::MultipartUpload listed_upload(const UploadEntry& entry, std::string_view account_id,
                                     const ListEncoding& encoding) {
  model::MultipartUpload upload;
  upload.key = encoding(entry.key);
  upload.upload_id = upload_id_text(entry.upload_id);
  upload.initiator = initiator_of_account(account_id);
  upload.owner = owner_of_account(account_id);
  upload.storage_class = entry.upload->attributes.storage_class;
  upload.initiated = protocol::UtcMs{entry.upload->initiated_ms / 1000 * 1000};
  if (entry.upload->announced) {
    upload.checksum_algorithm = crypto::name_of(*entry.upload->announced);
    upload.checksum_type = entry.upload->type_name();
  }
  return upload;
}

/// Where to go on: behind the last entry. A page that is the last one tells its last upload, as S3
/// does.
void tell_next(ListMultipartUploadsOutput& output, const UploadListPage& page,
               const ListEncoding& encoding) {
  output.next_key_marker = "";
  output.next_upload_id_marker = "";
  const auto told = [&](const UploadEntry& entry) { return page.more || entry.upload; };
  const auto last = std::find_if(page.entries.rbegin(), page.entries.rend(), told);
  if (last == page.entries.rend()) return;
  output.next_key_marker = encoding(last->key);
  if (last->upload) output.next_upload_id_marker = upload_id_text(last->upload_id);
}

}  // namespace

Task<Result<ListMultipartUploadsOutput>> list_multipart_uploads(S3Service& service,
                                                                api::RequestContext& context,
                                                                ListMultipartUploadsInput& input) {
  DYAD_CO_TRY(check_list_texts({&input.prefix, &input.delimiter, &input.key_marker}));
  DYAD_CO_TRY_ASSIGN(const ListEncoding encoding, ListEncoding::of(input.encoding_type));
  UploadListSpec spec;
  DYAD_CO_TRY_ASSIGN(spec.table, co_await find_bucket(service, context, input.bucket,
                                                      input.expected_bucket_owner));
  DYAD_CO_TRY_ASSIGN(spec.upload_id_marker, marker_of(input));
  spec.prefix = input.prefix.value_or("");
  spec.delimiter = input.delimiter.value_or("");
  spec.key_marker = input.key_marker.value_or("");

  ListMultipartUploadsOutput output;
  output.bucket = input.bucket;
  output.key_marker = encoding(spec.key_marker);
  output.upload_id_marker =
      spec.key_marker.empty() ? std::string() : input.upload_id_marker.value_or("");
  output.prefix = encoded_unless_empty(input.prefix, encoding);
  output.delimiter = encoded_unless_empty(input.delimiter, encoding);
  output.encoding_type = input.encoding_type;
  output.max_uploads = std::min(input.max_uploads.value_or(kMaxListedUploads), kMaxListedUploads);
  UploadListPage page;
  if (*output.max_uploads > 0) {
    spec.max_entries = static_cast<std::uint32_t>(*output.max_uploads);
    Result<UploadListPage> listed =
        co_await list_uploads(service, std::move(spec), context.deadline);
    if (!listed) co_return fail(bucket_error(std::move(listed).error(), input.bucket));
    page = std::move(*listed);
  }
  for (const UploadEntry& entry : page.entries) {
    if (entry.upload) {
      output.uploads.push_back(listed_upload(entry, context.account_id, encoding));
    } else {
      output.common_prefixes.push_back(model::CommonPrefix{encoding(entry.key)});
    }
  }
  output.is_truncated = page.more;
  tell_next(output, page, encoding);
  co_return output;
}

}  // namespace dyad::s3
