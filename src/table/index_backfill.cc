#include "table/index_backfill.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/log.h"
#include "table/catalogue_keys.h"
#include "table/index_changes.h"
#include "table/key_place.h"
#include "table/key_range.h"
#include "table/load_sampler.h"
#include "table/record.h"

namespace dyad::table {
namespace {

using store::LatchMode;
using store::Transaction;

const IndexDescriptor* index_of(const TableDescriptor& table, const BackfillJob& job) {
  if (table.id != job.table) return nullptr;
  const IndexDescriptor* index = table.find_index(job.index_name);
  return index != nullptr && index->building() && index->since == job.since ? index : nullptr;
}

/// The next rows to copy, as they were a moment ago, and where to go on after them.
struct Chunk {
  store::PartitionId partition;
  std::vector<std::string> keys;  ///< Without kind byte.
  std::string next;
  bool ended = false;
};

Task<Result<Chunk>> read_chunk(store::Store& store, const TableDescriptor& table,
                               const std::string& cursor, std::uint32_t rows) {
  const PartitionSlice slice = next_slice(table.partitions, cursor, {}, true);
  const auto kind = static_cast<std::uint8_t>(RowKind::current);
  store::ScanRange range;
  range.begin = with_kind(kind, slice.begin);
  range.end = slice.end.empty() ? prefix_end(with_kind(kind, {})) : with_kind(kind, slice.end);
  store::ScanLimits limits;
  limits.rows = rows;
  DYAD_CO_TRY_ASSIGN(const store::ScanPage page,
                     co_await store.scan(slice.partition, range, limits));
  Chunk chunk;
  chunk.partition = slice.partition;
  for (std::size_t i = 0; i < page.size(); ++i) chunk.keys.emplace_back(page[i].key.substr(1));
  if (page.next) {
    chunk.next = page.next->begin.substr(1);
  } else {
    chunk.next = slice.end;
    chunk.ended = slice.end.empty();
  }
  co_return chunk;
}

std::vector<store::DeclaredKey> declare(const TableDescriptor& table, const BackfillJob& job,
                                        const Chunk& chunk) {
  std::vector<store::DeclaredKey> declared;
  declared.reserve(chunk.keys.size() + 2);
  declared.push_back(descriptor_latch(table.name, LatchMode::shared));
  declared.push_back(backfill_latch(job.table, job.index_name));
  const auto kind = static_cast<std::uint8_t>(RowKind::current);
  for (const std::string& key : chunk.keys)
    declared.push_back({chunk.partition, with_kind(kind, key), LatchMode::shared});
  return declared;
}

/// The descriptor is the newest, and nobody else has moved the cursor.
Task<Result<>> check_current(Transaction& tx, const TableDescriptor& table,
                             const BackfillJob& job) {
  const std::string version_key = version_row(table.id);
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> version,
                     co_await tx.get(store::kCatalogPartition, version_key));
  if (!version || ByteReader(*version).le64() != table.version)
    co_return fail(ErrorCode::conflict, "the table's descriptor was replaced");
  const std::string job_key = backfill_row(job.table, job.index_name);
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> row,
                     co_await tx.get(store::kCatalogPartition, job_key));
  if (!row) co_return fail(ErrorCode::conflict, "the index is not being built any more");
  DYAD_CO_TRY_ASSIGN(const BackfillJob stored, decode_backfill_job(*row));
  if (stored.since != job.since || stored.cursor != job.cursor || stored.ended != job.ended)
    co_return fail(ErrorCode::conflict, "somebody else builds the index, too");
  co_return Result<>();
}

}  // namespace

Task<Result<IndexBackfill::Pass>> IndexBackfill::pass(Deadline deadline) {
  Pass pass;
  Result<> first_error;
  DYAD_CO_TRY_ASSIGN(const std::vector<BackfillJob> jobs, co_await next_jobs());
  for (const BackfillJob& job : jobs) {
    if (pass.rows >= options_.rows_per_pass || deadline.passed(tables_.runtime().clock())) {
      pass.more = true;
      break;
    }
    after_ = backfill_row(job.table, job.index_name);
    const Result<> done = co_await turn(job, pass, deadline);
    if (done) continue;
    pass.more = true;
    log::warning("index is not built", "table={} index={} error=\"{}\"", job.table_name,
                 job.index_name, done.error().to_string());
    if (first_error) first_error = done;
  }
  if (!first_error) co_return fail(first_error.error());
  co_return pass;
}

/// Those after the last one that had a turn, and around.
Task<Result<std::vector<BackfillJob>>> IndexBackfill::next_jobs() {
  const std::string begin = backfill_rows();
  std::vector<BackfillJob> jobs;
  const auto read = [&](std::string from, std::string to) -> Task<Result<>> {
    while (jobs.size() < kMaxTurns && from < to) {
      store::ScanRange range;
      range.begin = from;
      range.end = to;
      store::ScanLimits limits;
      limits.rows = kMaxTurns - static_cast<std::uint32_t>(jobs.size());
      DYAD_CO_TRY_ASSIGN(const store::ScanPage page,
                         co_await tables_.store().scan(store::kCatalogPartition, range, limits));
      for (std::size_t i = 0; i < page.size(); ++i) {
        DYAD_CO_TRY_ASSIGN(BackfillJob job, decode_backfill_job(page[i].value));
        jobs.push_back(std::move(job));
      }
      if (!page.next) break;
      from = page.next->begin;
    }
    co_return Result<>();
  };
  const std::string middle = after_.empty() ? begin : after_ + '\0';
  DYAD_CO_TRY(co_await read(middle, prefix_end(begin)));
  DYAD_CO_TRY(co_await read(begin, middle));
  co_return jobs;
}

/// The table as far as it still waits for this index; null: it does not.
Task<Result<TableRef>> IndexBackfill::table_of(const BackfillJob& job, Deadline deadline) {
  auto table = co_await tables_.find(job.table_name, deadline);
  if (table && index_of(**table, job) == nullptr) {
    // What is known may be from before the index.
    table = co_await tables_.reload(*table, deadline);
  }
  if (!table && table.error().code == ErrorCode::not_found) co_return TableRef();
  if (table && index_of(**table, job) == nullptr) co_return TableRef();
  co_return table;
}

Task<Result<TableRef>> IndexBackfill::set_state(const BackfillJob& job,
                                                IndexDescriptor::State state, Deadline deadline) {
  const auto change = [&job, state](TableDescriptor& table) -> Result<> {
    if (index_of(table, job) == nullptr)
      return fail(ErrorCode::not_found, "the index is not being built any more");
    for (IndexDescriptor& index : table.indexes)
      if (index.name == job.index_name) index.state = state;
    return {};
  };
  auto altered = co_await tables_.alter(job.table_name, change, deadline);
  if (!altered && altered.error().code == ErrorCode::not_found) co_return TableRef();
  co_return altered;
}

Task<Result<>> IndexBackfill::turn(BackfillJob job, Pass& pass, Deadline deadline) {
  using State = IndexDescriptor::State;
  DYAD_CO_TRY_ASSIGN(TableRef table, co_await table_of(job, deadline));
  if (!table) co_return Result<>();
  if (index_of(*table, job)->state == State::allocating) {
    DYAD_CO_TRY_ASSIGN(table, co_await set_state(job, State::backfilling, deadline));
    if (!table) co_return Result<>();
    tell_progress(*table, job, "index is being built");
  }
  const std::uint64_t last_row = job.rows + options_.rows_per_turn;
  while (!job.ended) {
    if (job.rows >= last_row || deadline.passed(tables_.runtime().clock())) {
      pass.more = true;
      co_return Result<>();
    }
    const std::uint64_t before = job.rows;
    const std::int64_t begin_us = tables_.runtime().clock().steady_us();
    Result<BackfillJob> copied = co_await copy(table, job, deadline);
    if (!copied) {
      const ErrorCode code = copied.error().code;
      if (code != ErrorCode::conflict && code != ErrorCode::not_owner)
        co_return fail(std::move(copied).error());
      // Split, altered or dropped meanwhile: the next turn begins with what is true then.
      pass.more = true;
      const auto newest = co_await tables_.reload(table, deadline);
      if (!newest && newest.error().code != ErrorCode::not_found) co_return fail(newest.error());
      co_return Result<>();
    }
    job = std::move(*copied);
    pass.rows += job.rows - before;
    const std::int64_t now_us = tables_.runtime().clock().steady_us();
    if (now_us - told_us_ >= options_.log_every_ms * 1000 && !job.ended)
      tell_progress(*table, job, "index is being built");
    co_await pause_since(begin_us);
  }
  DYAD_CO_TRY_ASSIGN(table, co_await set_state(job, State::active, deadline));
  if (!table) co_return Result<>();
  ++pass.finished;
  tell_progress(*table, job, "index is built");
  co_return Result<>();
}

/// The job as it was saved with the copies. conflict, not_owner: nothing was done, `table` or `job`
/// is out of date.
Task<Result<BackfillJob>> IndexBackfill::copy(TableRef table, BackfillJob job, Deadline deadline) {
  DYAD_CO_TRY_ASSIGN(const Chunk chunk, co_await read_chunk(tables_.store(), *table, job.cursor,
                                                            options_.rows_per_transaction));
  const IndexDescriptor& index = *index_of(*table, job);
  BackfillJob saved;
  std::vector<std::pair<store::PartitionId, std::string>> sampled;
  const store::Body body = [&](Transaction& tx) -> Task<Result<>> {
    saved = job;
    sampled.clear();
    saved.cursor = chunk.next;
    saved.ended = chunk.ended;
    DYAD_CO_TRY(co_await check_current(tx, *table, job));
    std::uint64_t bytes = 0;
    for (const std::string& key : chunk.keys) {
      const std::string row_key = with_kind(static_cast<std::uint8_t>(RowKind::current), key);
      DYAD_CO_TRY_ASSIGN(const std::optional<std::string> value,
                         co_await tx.get(chunk.partition, row_key));
      if (!value) {
        ++saved.rows;
        continue;
      }
      DYAD_CO_TRY_ASSIGN(const Record record, parse_record(*value));
      DYAD_CO_TRY_ASSIGN(const RowBody row, parse_row_body(record.body));
      Result<std::optional<IndexRowChange>> made =
          index_row(*table, index, chunk.partition, key, ItemView(row.item));
      if (!made) {
        if (made.error().code != ErrorCode::invalid_argument) co_return fail(made.error());
        ++saved.left_out;
      } else if (*made) {
        bytes += (*made)->row.size() + (*made)->key.size();
        if (bytes > options_.bytes_per_transaction && saved.rows > job.rows) {
          saved.cursor = key;
          saved.ended = false;
          break;
        }
        if (tables_.sampler_->due())
          sampled.emplace_back((*made)->partition, (*made)->key.substr(1));
        DYAD_CO_TRY(tx.put((*made)->partition, std::move((*made)->key), std::move((*made)->row), {},
                           record_stamp()));
        ++saved.put;
      }
      ++saved.rows;
    }
    co_return tx.put(store::kCatalogPartition, backfill_row(job.table, job.index_name),
                     encode_backfill_job(saved), {}, record_stamp());
  };
  std::vector<store::DeclaredKey> declared = declare(*table, job, chunk);
  DYAD_CO_TRY(co_await tables_.store().transact(std::move(declared), body, deadline));
  for (const auto& [partition, key] : sampled) tables_.sampler_->remember(partition, key);
  co_return saved;
}

Task<void> IndexBackfill::pause_since(std::int64_t begin_us) {
  const std::int64_t now_us = tables_.runtime().clock().steady_us();
  const std::int64_t pause_us = (now_us - begin_us) * options_.pause_per_cent / 100;
  if (pause_us > 0) co_await SleepUntil(now_us + pause_us);
}

void IndexBackfill::tell_progress(const TableDescriptor& table, const BackfillJob& job,
                                  const char* what) {
  told_us_ = tables_.runtime().clock().steady_us();
  // Hashes are spread evenly, so the cursor's tells how much of the table lies behind it. Keys in
  // their own order tell nothing.
  std::string about = "unknown";
  if (job.ended) {
    about = std::to_string(job.rows);
  } else if (table.placement == Placement::hashed && job.cursor.size() >= sizeof(std::uint64_t) &&
             job.rows > 0) {
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < sizeof(hash); ++i)
      hash = hash << 8 | static_cast<unsigned char>(job.cursor[i]);
    const double part = (static_cast<double>(hash) + 1) / 18446744073709551616.0;
    about = std::to_string(static_cast<std::uint64_t>(static_cast<double>(job.rows) / part));
  }
  log::info(what, "table={} index={} rows={} of_about={} put={} left_out={}", job.table_name,
            job.index_name, job.rows, about, job.put, job.left_out);
}

}  // namespace dyad::table
