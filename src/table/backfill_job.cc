#include "table/backfill_job.h"

#include "base/bytes.h"
#include "base/format_version.h"
#include "table/record.h"

namespace dyad::table {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::string encode_backfill_job(const BackfillJob& job) {
  std::string out;
  append_record_header(out);
  append_u8(out, kVersion);
  append_varint(out, job.table.value());
  append_prefixed(out, job.table_name);
  append_prefixed(out, job.index_name);
  append_varint(out, job.since);
  append_prefixed(out, job.cursor);
  append_u8(out, job.ended ? 1 : 0);
  append_varint(out, job.rows);
  append_varint(out, job.put);
  append_varint(out, job.left_out);
  return out;
}

Result<BackfillJob> decode_backfill_job(std::string_view bytes) {
  DYAD_TRY_ASSIGN(const Record record, parse_record(bytes));
  ByteReader reader(record.body);
  const std::uint8_t version = reader.u8();
  if (version > kVersion) return newer_format("the row of an index being built", version, kVersion);
  BackfillJob job;
  job.table = TableId(reader.varint());
  job.table_name = reader.prefixed();
  job.index_name = reader.prefixed();
  job.since = reader.varint();
  job.cursor = reader.prefixed();
  job.ended = reader.u8() != 0;
  job.rows = reader.varint();
  job.put = reader.varint();
  job.left_out = reader.varint();
  if (!reader.ok() || !reader.at_end() || version == 0)
    return fail(ErrorCode::corruption, "the row of an index being built is damaged");
  return job;
}

}  // namespace dyad::table
