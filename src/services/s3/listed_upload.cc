#include "services/s3/listed_upload.h"

#include <algorithm>

#include "base/bytes.h"
#include "services/s3/bucket_table.h"
#include "services/s3/list_position.h"
#include "table/item.h"
#include "table/key_encoding.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

/// Rows that are read in vain below a common prefix.
constexpr std::uint32_t kBatchWithDelimiter = 16;

std::string rows_of_prefix(std::string_view prefix) {
  std::string rows;
  const table::Value value = table::Value::binary(prefix);
  table::append_key_prefix(rows, value.view());
  return rows;
}

/// Where the rows begin that the page may tell; in the order of rows of kind upload.
std::string begin_of(const UploadListSpec& spec) {
  std::string begin = rows_of_prefix(spec.prefix);
  if (spec.key_marker.empty()) return begin;
  std::string behind = table::upload_key_prefix(spec.key_marker);
  const bool below = spec.key_marker.starts_with(spec.prefix);
  if (!spec.upload_id_marker.empty()) {
    behind += spec.upload_id_marker;
    behind += '\0';
  } else if (const auto common =
                 below ? common_prefix_of(spec.key_marker, spec.prefix, spec.delimiter)
                       : std::nullopt) {
    // It was told under its common prefix, which is not told again.
    behind = prefix_end(rows_of_prefix(*common));
  } else {
    behind = prefix_end(behind);
  }
  return std::max(begin, behind);
}

}  // namespace

model::Initiator initiator_of_account(std::string_view account_id) {
  model::Initiator initiator;
  initiator.id = canonical_user_id(account_id);
  return initiator;
}

Task<Result<UploadListPage>> list_uploads(S3Service& service, UploadListSpec spec,
                                          Deadline deadline) {
  UploadListPage page;
  std::string begin = begin_of(spec);
  const std::string end = prefix_end(rows_of_prefix(spec.prefix));
  const Clock& clock = service.tables().runtime().clock();
  store::ScanLimits limits;
  while (true) {
    if (deadline.passed(clock))
      co_return fail(ErrorCode::deadline_exceeded, "the uploads were not listed in time");
    limits.rows = spec.delimiter.empty()
                      ? spec.max_entries + 1 - static_cast<std::uint32_t>(page.entries.size())
                      : kBatchWithDelimiter;
    DYAD_CO_TRY_ASSIGN(const table::SidePage rows,
                       co_await service.tables().scan_beside(spec.table, table::RowKind::upload,
                                                             begin, end, limits, deadline));
    std::optional<std::string> next = rows.next;
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      DYAD_CO_TRY_ASSIGN(table::UploadRowKey key, table::decode_upload_row_key(rows.rows[i].key));
      const auto common = common_prefix_of(key.key, spec.prefix, spec.delimiter);
      const bool told = common && !page.entries.empty() && !page.entries.back().upload &&
                        page.entries.back().key == *common;
      if (told) continue;
      if (page.entries.size() == spec.max_entries) {
        page.more = true;
        co_return page;
      }
      UploadEntry entry;
      if (common) {
        entry.key = *common;
      } else {
        DYAD_CO_TRY_ASSIGN(entry.upload, decode_upload(rows.rows[i].value));
        entry.key = std::move(key.key);
        entry.upload_id = std::move(key.upload_id);
      }
      page.entries.push_back(std::move(entry));
    }
    if (!next) co_return page;
    begin = *next;
    if (!page.entries.empty() && !page.entries.back().upload)
      begin = std::max(begin, prefix_end(rows_of_prefix(page.entries.back().key)));
  }
}

}  // namespace dyad::s3
