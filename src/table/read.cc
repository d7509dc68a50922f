#include <algorithm>

#include "base/bytes.h"
#include "table/descriptor_cache.h"
#include "table/key_place.h"
#include "table/key_range.h"
#include "table/record.h"
#include "table/tables.h"

namespace dyad::table {
namespace {

/// Takes rows of a store page over; true: a limit was reached at or before the page's last row.
Result<bool> add_rows(RowPage& page, std::unique_ptr<const store::ScanPage> rows,
                      const PageLimits& limits, std::string& last_key) {
  bool full = false;
  for (std::size_t i = 0; i < rows->size() && !full; ++i) {
    const store::ScanPage::Row row = (*rows)[i];
    DYAD_TRY_ASSIGN(const Record record, parse_record(row.value));
    DYAD_TRY_ASSIGN(const RowBody body, parse_row_body(record.body));
    RowView view;
    view.item = ItemView(body.item);
    view.private_part = body.private_part;
    view.written = record.written;
    page.item_bytes += dynamodb_size_bytes(view.item);
    page.rows.push_back(view);
    full = page.rows.size() >= limits.rows || page.item_bytes >= limits.item_bytes;
    if (full) last_key = row.key;
  }
  page.pages.push_back(std::move(rows));
  return full;
}

}  // namespace

Result<StoredRow> parse_stored_row(std::string bytes) {
  DYAD_TRY_ASSIGN(const Record record, parse_record(bytes));
  DYAD_TRY_ASSIGN(const RowBody body, parse_row_body(record.body));
  const Timestamp written = record.written;
  const std::size_t private_at = static_cast<std::size_t>(body.private_part.data() - bytes.data());
  const std::size_t private_bytes = body.private_part.size();
  return StoredRow(std::move(bytes), written, private_at, private_bytes);
}

Task<Result<std::optional<StoredRow>>> Tables::get(TableRef table, PrimaryKey key,
                                                   Deadline deadline) {
  for (int attempt = 0; attempt < kMaxStaleAttempts; ++attempt) {
    KeyPlace place;
    DYAD_CO_TRY_ASSIGN(place.key, table_key(*table, key));
    place.partition = table->partitions.partition_of(place.key);
    const std::string row_key = place.row_key(RowKind::current);
    Result<std::optional<std::string>> bytes = co_await store_.get(place.partition, row_key);
    if (bytes) {
      if (!*bytes) co_return std::optional<StoredRow>();
      DYAD_CO_TRY_ASSIGN(StoredRow row, parse_stored_row(std::move(**bytes)));
      co_return std::optional<StoredRow>(std::move(row));
    }
    if (bytes.error().code != ErrorCode::not_owner) co_return fail(std::move(bytes).error());
    DYAD_CO_TRY_ASSIGN(table, co_await reload(table, deadline));
  }
  co_return fail(ErrorCode::conflict, "the table's partitions keep changing");
}

Task<Result<Tables::RowAndBeside>> Tables::get_with(TableRef table, PrimaryKey key, RowKind beside,
                                                    Deadline deadline) {
  for (int attempt = 0; attempt < kMaxStaleAttempts; ++attempt) {
    KeyPlace place;
    DYAD_CO_TRY_ASSIGN(place.key, table_key(*table, key));
    place.partition = table->partitions.partition_of(place.key);
    std::vector<std::string> keys;
    keys.push_back(place.row_key(RowKind::current));
    keys.push_back(place.row_key(beside));
    auto values = co_await store_.get_all(place.partition, std::move(keys));
    if (values) {
      RowAndBeside found;
      if ((*values)[0]) {
        DYAD_CO_TRY_ASSIGN(found.row, parse_stored_row(std::move(*(*values)[0])));
      }
      found.beside = std::move((*values)[1]);
      co_return found;
    }
    if (values.error().code != ErrorCode::not_owner) co_return fail(std::move(values).error());
    DYAD_CO_TRY_ASSIGN(table, co_await reload(table, deadline));
  }
  co_return fail(ErrorCode::conflict, "the table's partitions keep changing");
}

Task<Result<std::vector<std::optional<std::string>>>> Tables::get_beside(
    TableRef table, std::string key, std::vector<std::string> rows, Deadline deadline) {
  for (int attempt = 0; attempt < kMaxStaleAttempts; ++attempt) {
    auto values = co_await store_.get_all(table->partitions.partition_of(key), rows);
    if (values || values.error().code != ErrorCode::not_owner) co_return values;
    DYAD_CO_TRY_ASSIGN(table, co_await reload(table, deadline));
  }
  co_return fail(ErrorCode::conflict, "the table's partitions keep changing");
}

Task<Result<SidePage>> Tables::scan_beside(TableRef table, RowKind kind, std::string begin,
                                           std::string end, store::ScanLimits limits,
                                           Deadline deadline) {
  SidePage page;
  if (!end.empty() && begin >= end) co_return page;
  const auto kind_byte = static_cast<std::uint8_t>(kind);
  for (int attempt = 0; attempt < kMaxStaleAttempts; ++attempt) {
    const PartitionSlice slice = next_slice(table->partitions, begin, end, true);
    store::ScanRange range;
    range.begin = with_kind(kind_byte, slice.begin);
    range.end =
        slice.end.empty() ? prefix_end(with_kind(kind_byte, {})) : with_kind(kind_byte, slice.end);
    Result<store::ScanPage> rows = co_await store_.scan(slice.partition, range, limits);
    if (rows) {
      page.rows = std::move(*rows);
      if (page.rows.next) {
        page.next = page.rows.next->begin.substr(1);
      } else if (!slice.end.empty() && slice.end != end) {
        page.next = slice.end;
      }
      co_return page;
    }
    if (rows.error().code != ErrorCode::not_owner) co_return fail(std::move(rows).error());
    DYAD_CO_TRY_ASSIGN(table, co_await reload(table, deadline));
  }
  co_return fail(ErrorCode::conflict, "the table's partitions keep changing");
}

Task<Result<RowPage>> Tables::query(QuerySpec spec, Deadline deadline) {
  const IndexDescriptor* index = spec.index.empty() ? nullptr : spec.table->find_index(spec.index);
  if (!spec.index.empty() && index == nullptr)
    co_return fail(ErrorCode::not_found, "there is no index '" + spec.index + "'");
  DYAD_CO_TRY_ASSIGN(KeyRange range, query_range(*spec.table, index, spec.hash.view(), spec.range));
  if (spec.start) start_after(range, *spec.start, spec.forward);
  co_return co_await read_range(std::move(spec.table), std::move(spec.index),
                                std::move(range.begin), std::move(range.end), spec.forward,
                                spec.limits, deadline);
}

Task<Result<RowPage>> Tables::scan(ScanSpec spec, Deadline deadline) {
  const IndexDescriptor* index = spec.index.empty() ? nullptr : spec.table->find_index(spec.index);
  DYAD_CO_TRY_ASSIGN(KeyRange range,
                     segment_range(*spec.table, index, spec.segment, spec.segments));
  if (spec.start) start_after(range, *spec.start, true);
  co_return co_await read_range(std::move(spec.table), std::move(spec.index),
                                std::move(range.begin), std::move(range.end), true, spec.limits,
                                deadline);
}

/// Walks the partitions that [begin, end) (without kind byte; empty end: no bound) lies in, page by
/// page, until a limit. A partition that was split meanwhile sends it to the newer map, from where
/// it was.
Task<Result<RowPage>> Tables::read_range(TableRef table, std::string index_name, std::string begin,
                                         std::string end, bool forward, PageLimits limits,
                                         Deadline deadline) {
  RowPage page;
  int stale_attempts = 0;
  while (end.empty() || begin < end) {
    if (deadline.passed(runtime_.clock()))
      co_return fail(ErrorCode::deadline_exceeded, "the range was not read in time");
    const IndexDescriptor* index = index_name.empty() ? nullptr : table->find_index(index_name);
    if (!index_name.empty() && index == nullptr)
      co_return fail(ErrorCode::not_found, "there is no index '" + index_name + "'");
    if (index != nullptr && index->building())
      co_return fail(ErrorCode::not_found, "the index '" + index_name + "' is being built");
    const PartitionMap& map = partitions_of(*table, index);
    const std::uint8_t kind = row_kind_of(index);
    const PartitionSlice slice = next_slice(map, begin, end, forward);

    store::ScanRange range;
    range.begin = with_kind(kind, slice.begin);
    range.end = slice.end.empty() ? prefix_end(with_kind(kind, {})) : with_kind(kind, slice.end);
    range.reverse = !forward;
    store::ScanLimits scan_limits;
    scan_limits.rows = std::min<std::uint32_t>(
        scan_limits.rows, limits.rows - static_cast<std::uint32_t>(page.rows.size()));
    Result<store::ScanPage> rows = co_await store_.scan(slice.partition, range, scan_limits);
    if (!rows && rows.error().code == ErrorCode::not_owner &&
        ++stale_attempts < kMaxStaleAttempts) {
      const TableRef former = table;
      DYAD_CO_TRY_ASSIGN(table, co_await reload(former, deadline));
      // Where the name is another index's meanwhile, the range means nothing in it.
      const IndexDescriptor* now = index == nullptr ? nullptr : table->find_index(index_name);
      if (now != nullptr && now->keys != index->keys)
        co_return fail(ErrorCode::not_found, "the index '" + index_name + "' was replaced");
      continue;
    }
    if (!rows) co_return fail(std::move(rows).error());

    const std::optional<store::ScanRange> next = std::move(rows->next);
    auto kept = std::make_unique<const store::ScanPage>(std::move(*rows));
    std::string last_key;
    DYAD_CO_TRY_ASSIGN(const bool full, add_rows(page, std::move(kept), limits, last_key));
    if (full) {
      page.more = true;
      co_return page;
    }
    // On with the rest of this partition's share, or with the neighbour.
    if (forward) {
      if (next) {
        begin = next->begin.substr(1);
      } else if (slice.end.empty()) {
        break;
      } else {
        begin = slice.end;
      }
    } else {
      if (next) {
        end = next->end.substr(1);
      } else {
        end = slice.begin;
      }
      if (end.empty()) break;
    }
  }
  co_return page;
}

}  // namespace dyad::table
