#include <algorithm>

#include "base/log.h"
#include "services/s3/accesses.h"
#include "services/s3/bucket_table.h"
#include "services/s3/checksums.h"
#include "services/s3/delete_condition.h"
#include "services/s3/object_read.h"
#include "services/s3/operations.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using model::DeleteObjectsInput;
using model::DeleteObjectsOutput;
using model::ObjectIdentifier;

/// "DeleteObjects": a list of up to 1,000 keys.
constexpr std::size_t kMaxDeletedKeys = 1000;
/// Rows that one transaction erases: few enough that others wait little for their latches, many
/// enough that a flush is shared.
constexpr std::size_t kMaxKeysPerTransaction = 100;

using Entries = std::vector<ObjectIdentifier>;
/// What became of each entry of the request: none: deleted, or it was not there. Always a
/// service's error.
using Outcomes = std::vector<std::optional<Error>>;

Result<> check_request(const DeleteObjectsInput& input) {
  const Entries& entries = input.delete_.objects;
  const bool nameless = std::any_of(entries.begin(), entries.end(),
                                    [](const ObjectIdentifier& one) { return one.key.empty(); });
  if (entries.empty() || entries.size() > kMaxDeletedKeys || nameless)
    return fail(protocol::service_error(model::errors::kMalformedXML));
  if (input.mfa) return fail(header_not_implemented("x-amz-mfa"));
  return {};
}

/// What can be told of an entry without its row. The version "null" is the only one of a bucket
/// without versions; date and size are conditions of directory buckets only.
Result<> check_entry(const ObjectIdentifier& entry) {
  DYAD_TRY(check_key(entry.key));
  if (!check_version_id(entry.version_id))
    return fail(protocol::service_error(model::errors::kNoSuchVersion));
  if (entry.last_modified_time || entry.size)
    return fail(protocol::service_error(model::errors::kNotImplemented));
  return {};
}

/// One request on its way.
class BatchDelete {
 public:
  BatchDelete(S3Service& service, table::TableRef table, const std::string& bucket,
              const Entries& entries, const api::RequestContext& context)
      : service_(service),
        context_(context),
        table_(std::move(table)),
        bucket_(bucket),
        entries_(entries),
        outcomes_(entries.size()),
        deadline_(context.deadline) {}

  /// NoSuchBucket: it went away meanwhile. All else is told of the single entries.
  Task<Result<>> run() {
    std::vector<std::size_t> batch;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      Result<> checked = check_entry(entries_[i]);
      if (checked) checked = may_delete(context_, bucket_, entries_[i]);
      if (!checked) {
        outcomes_[i] = told(checked.error());
        continue;
      }
      // A key that is named again is deleted again, after the first time.
      if (batch.size() == kMaxKeysPerTransaction || names(batch, entries_[i].key)) {
        DYAD_CO_TRY(co_await erase(batch));
        batch.clear();
      }
      batch.push_back(i);
    }
    co_return co_await erase(batch);
  }
  const Outcomes& outcomes() const { return outcomes_; }

 private:
  bool names(const std::vector<std::size_t>& batch, std::string_view key) const {
    return std::any_of(batch.begin(), batch.end(),
                       [&](std::size_t i) { return entries_[i].key == key; });
  }

  Task<Result<>> erase(std::vector<std::size_t> batch) {
    if (batch.empty()) co_return Result<>();
    const Result<store::Commit> together = co_await erase_in_one(batch);
    if (together) co_return Result<>();
    if (is_gone(together.error())) co_return fail(no_such_bucket(bucket_));
    // What is alone loses fewer races, and has fewer parts to let go of.
    const bool retry = batch.size() > 1 && (together.error().code == ErrorCode::conflict ||
                                            together.error().code == ErrorCode::too_large);
    for (const std::size_t i : batch) {
      if (!retry) {
        outcomes_[i] = told(together.error());
        continue;
      }
      const std::vector<std::size_t> one(1, i);
      const Result<store::Commit> alone = co_await erase_in_one(one);
      if (alone) continue;
      if (is_gone(alone.error())) co_return fail(no_such_bucket(bucket_));
      outcomes_[i] = told(alone.error());
    }
    co_return Result<>();
  }

  static bool is_gone(const Error& error) { return error.code == ErrorCode::not_found; }

  /// A service's error in its own words, any other as an internal one.
  static Error told(const Error& error) {
    if (protocol::as_service_error(error) != nullptr) return error;
    if (error.code == ErrorCode::conflict) return protocol::service_error(model::errors::kSlowDown);
    if (error.code == ErrorCode::no_space)
      return protocol::service_error(model::errors::kServiceUnavailable);
    log::warning("objects of a batch were not deleted", "reason={}", error.to_string());
    return protocol::service_error(model::errors::kInternalError);
  }

  /// A condition that does not hold keeps its own row and nothing else.
  Task<Result<store::Commit>> erase_in_one(const std::vector<std::size_t>& batch) {
    std::vector<table::RowWrite> writes;
    writes.reserve(batch.size());
    for (const std::size_t i : batch) {
      const ObjectIdentifier& entry = entries_[i];
      table::RowWrite& write = writes.emplace_back();
      write.table = table_;
      write.key = object_primary_key(bucket_, entry.key);
      write.by_owner = true;
      write.decide = [this, &entry, i](const table::RowView& old) -> Result<table::Decision> {
        outcomes_[i].reset();
        Result<> allowed = check_delete_condition(entry.e_tag, old.item, entry.key);
        if (allowed) return table::Decision::erase();
        outcomes_[i] = told(allowed.error());
        return table::Decision::keep();
      };
    }
    co_return co_await service_.tables().write(std::move(writes), deadline_);
  }

  S3Service& service_;
  const api::RequestContext& context_;
  const table::TableRef table_;
  const std::string& bucket_;
  const Entries& entries_;
  Outcomes outcomes_;
  const Deadline deadline_;
};

model::Error error_entry(const ObjectIdentifier& entry, const Error& error) {
  model::Error told;
  told.key = entry.key;
  told.version_id = entry.version_id;
  told.code = protocol::service_code(error);
  told.message = error.message;
  return told;
}

DeleteObjectsOutput answer(const DeleteObjectsInput& input, const Outcomes& outcomes) {
  const bool quiet = input.delete_.quiet.value_or(false);
  DeleteObjectsOutput output;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const ObjectIdentifier& entry = input.delete_.objects[i];
    if (outcomes[i]) {
      output.errors.push_back(error_entry(entry, *outcomes[i]));
    } else if (!quiet) {
      model::DeletedObject& deleted = output.deleted.emplace_back();
      deleted.key = entry.key;
      deleted.version_id = entry.version_id;
    }
  }
  return output;
}

}  // namespace

Task<Result<DeleteObjectsOutput>> delete_objects(S3Service& service, api::RequestContext& context,
                                                 DeleteObjectsInput& input) {
  DYAD_CO_TRY(check_document(context));
  DYAD_CO_TRY(check_request(input));
  DYAD_CO_TRY_ASSIGN(table::TableRef table, co_await find_bucket(service, context, input.bucket,
                                                                 input.expected_bucket_owner));
  BatchDelete batch(service, std::move(table), input.bucket, input.delete_.objects, context);
  DYAD_CO_TRY(co_await batch.run());
  co_return answer(input, batch.outcomes());
}

}  // namespace dyad::s3
