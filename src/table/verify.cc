#include "table/verify.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <unordered_set>

#include "base/bytes.h"
#include "runtime/executor.h"
#include "table/backfill_job.h"
#include "table/blob_references.h"
#include "table/catalogue_keys.h"
#include "table/index_changes.h"
#include "table/key_place.h"
#include "table/key_range.h"
#include "table/object_row.h"
#include "table/record.h"
#include "table/row_kind.h"
#include "table/upload_rows.h"

namespace dyad::table {
namespace {

constexpr std::size_t kReadBytes = 1u << 20;
/// Rows between two looks at what else the executor has to do: an engine that finds all in memory
/// never lets go of it.
constexpr std::size_t kRowsATurn = 64;

/// One run over everything. Counts in the report, damages too.
class Verifier {
 public:
  Verifier(Tables& tables, blob::BlobStore& blobs, VerifyReport& report,
           const VerifyProgress& progress)
      : tables_(tables),
        store_(tables.store()),
        blobs_(blobs),
        report_(report),
        progress_(progress) {}

  Task<Result<>> run();

 private:
  using RowCheck = std::function<Task<Result<>>(std::string_view key, std::string_view value)>;

  void damage(std::string what);
  void tell() {
    if (progress_) progress_();
  }
  /// Each row of a kind in a partition; the key without its kind byte.
  Task<Result<>> each_row(store::PartitionId partition, std::uint8_t kind, const RowCheck& check);

  Task<Result<>> verify_table(TableRef table);
  Task<Result<>> verify_row(TableRef table, store::PartitionId partition, std::string_view key,
                            std::string_view value);
  Task<Result<>> verify_index_rows(const TableDescriptor& table, store::PartitionId partition,
                                   std::string_view key, ItemView item);
  Task<Result<>> load_jobs(const TableDescriptor& table);
  Task<Result<>> count_jobs();
  Task<Result<>> verify_object(store::PartitionId partition, std::string key,
                               std::string private_part, std::string name);
  Task<Result<>> count_index(const TableDescriptor& table, const IndexDescriptor& index);
  Task<Result<>> verify_parts(store::PartitionId partition, std::string key, ObjectBytes bytes,
                              std::string name);
  Task<Result<>> verify_uploads(const TableDescriptor& table);
  Task<Result<>> verify_upload_part(const TableDescriptor& table, store::PartitionId partition,
                                    std::string row, std::string value);
  Task<Result<>> verify_named_blob(store::PartitionId partition, std::string key, blob::BlobId blob,
                                   std::uint64_t size_bytes, std::string name);
  Task<Result<>> count_beside(const TableDescriptor& table);
  Task<Result<>> collect_released(store::PartitionId partition);
  Task<Result<>> verify_blob(blob::BlobId id, std::uint64_t size_bytes, std::string name);
  Task<Result<>> find_orphans();

  Tables& tables_;
  store::Store& store_;
  blob::BlobStore& blobs_;
  VerifyReport& report_;
  const VerifyProgress& progress_;
  std::map<std::string, std::uint64_t> expected_index_rows_;  ///< Of the table at hand, by index.
  std::map<std::string, BackfillJob> jobs_;                   ///< The same.
  std::unordered_set<blob::BlobId> named_;
  std::uint64_t table_blobs_ = 0;
  std::uint64_t table_inline_ = 0;
  std::uint64_t table_in_parts_ = 0;
  std::uint64_t unsaid_ = 0;
};

void Verifier::damage(std::string what) {
  if (report_.damages.size() + 1 < VerifyReport::kMaxDamages) {
    report_.damages.push_back(std::move(what));
    return;
  }
  if (unsaid_++ == 0) report_.damages.emplace_back();
  report_.damages.back() = "and " + std::to_string(unsaid_) + " more";
}

Task<Result<>> Verifier::each_row(store::PartitionId partition, std::uint8_t kind,
                                  const RowCheck& check) {
  store::ScanRange range;
  range.begin = with_kind(kind, {});
  range.end = prefix_end(range.begin);
  while (true) {
    DYAD_CO_TRY_ASSIGN(const store::ScanPage page,
                       co_await store_.scan(partition, range, store::ScanLimits()));
    for (std::size_t i = 0; i < page.size(); ++i) {
      if (i % kRowsATurn == 0) co_await resume_on(*Executor::current());
      DYAD_CO_TRY(co_await check(page[i].key.substr(1), page[i].value));
    }
    tell();
    if (!page.next) co_return Result<>();
    range = *page.next;
  }
}

Task<Result<>> Verifier::run() {
  std::string after;
  while (true) {
    DYAD_CO_TRY_ASSIGN(const std::vector<std::string> names,
                       co_await tables_.list({}, after, 1000));
    for (const std::string& name : names) {
      DYAD_CO_TRY_ASSIGN(const TableRef table, co_await tables_.find(name, Deadline::never()));
      DYAD_CO_TRY(co_await verify_table(table));
    }
    if (names.size() < 1000) break;
    after = names.back();
  }
  DYAD_CO_TRY(co_await count_jobs());
  DYAD_CO_TRY(co_await collect_released(store::kCatalogPartition));
  co_return co_await find_orphans();
}

/// How far the table's indexes have come that are being built.
Task<Result<>> Verifier::load_jobs(const TableDescriptor& table) {
  jobs_.clear();
  for (const IndexDescriptor& index : table.indexes) {
    if (!index.building()) continue;
    ++report_.building;
    const std::string row = backfill_row(table.id, index.name);
    DYAD_CO_TRY_ASSIGN(const std::optional<std::string> stored,
                       co_await store_.get(store::kCatalogPartition, row));
    const std::string name = "table '" + table.name + "', index '" + index.name + "': ";
    if (!stored) {
      damage(name + "it is being built, but no row says how far it has come");
      continue;
    }
    Result<BackfillJob> job = decode_backfill_job(*stored);
    if (!job) {
      damage(name + job.error().message);
    } else if (job->table != table.id || job->index_name != index.name ||
               job->since != index.since) {
      damage(name + "the row that says how far it has come is another index's");
    } else {
      jobs_.emplace(index.name, std::move(*job));
    }
  }
  co_return Result<>();
}

/// No such rows but those of indexes that are being built.
Task<Result<>> Verifier::count_jobs() {
  std::uint64_t rows = 0;
  store::ScanRange range;
  range.begin = backfill_rows();
  range.end = prefix_end(range.begin);
  while (true) {
    DYAD_CO_TRY_ASSIGN(const store::ScanPage page,
                       co_await store_.scan(store::kCatalogPartition, range, store::ScanLimits()));
    rows += page.size();
    if (!page.next) break;
    range = *page.next;
  }
  if (rows > report_.building)
    damage("the catalogue has " + std::to_string(rows) +
           " rows about indexes that are being built" + ", but there are " +
           std::to_string(report_.building));
  co_return Result<>();
}

Task<Result<>> Verifier::verify_table(TableRef table) {
  ++report_.tables;
  table_blobs_ = table_inline_ = table_in_parts_ = 0;
  expected_index_rows_.clear();
  DYAD_CO_TRY(co_await load_jobs(*table));
  for (std::size_t i = 0; i < table->partitions.size(); ++i) {
    const store::PartitionId partition = table->partitions[i].partition;
    const RowCheck check = [this, table, partition](std::string_view key,
                                                    std::string_view value) -> Task<Result<>> {
      return verify_row(table, partition, key, value);
    };
    DYAD_CO_TRY(co_await each_row(partition, static_cast<std::uint8_t>(RowKind::current), check));
    DYAD_CO_TRY(co_await collect_released(partition));
  }
  for (const IndexDescriptor& index : table->indexes) {
    DYAD_CO_TRY(co_await count_index(*table, index));
  }
  DYAD_CO_TRY(co_await verify_uploads(*table));
  co_return co_await count_beside(*table);
}

Task<Result<>> Verifier::verify_row(TableRef table, store::PartitionId partition,
                                    std::string_view key, std::string_view value) {
  const std::string name = "table '" + table->name + "', row " + to_hex(key);
  const Result<Record> record = parse_record(value);
  const Result<RowBody> body =
      record ? parse_row_body(record->body) : Result<RowBody>(record.error());
  if (!body) {
    damage(name + ": " + body.error().message);
    co_return Result<>();
  }
  const Result<> valid = validate_item(body->item);
  if (!valid) {
    damage(name + ": " + valid.error().message);
    co_return Result<>();
  }
  const ItemView item(body->item);
  const Result<PrimaryKey> primary = key_of(table->keys, item);
  const Result<std::string> own_key =
      primary ? table_key(*table, *primary) : Result<std::string>(primary.error());
  if (!own_key || *own_key != key) damage(name + ": the item does not belong under its key");
  if (table->partitions.partition_of(key) != partition)
    damage(name + ": the row lies in another partition than the map says");
  DYAD_CO_TRY(co_await verify_index_rows(*table, partition, key, item));
  if (table->codec == RowCodecKind::object) {
    ++report_.objects;
    co_return co_await verify_object(partition, std::string(key), std::string(body->private_part),
                                     name);
  }
  ++report_.items;
  co_return Result<>();
}

Task<Result<>> Verifier::verify_index_rows(const TableDescriptor& table,
                                           store::PartitionId partition, std::string_view key,
                                           ItemView item) {
  for (const IndexDescriptor& index : table.indexes) {
    const Result<std::optional<IndexRowChange>> row = index_row(table, index, partition, key, item);
    // What an index cannot take was there before the index was, and is not in it.
    if (!row || !*row) continue;
    DYAD_CO_TRY_ASSIGN(const std::optional<std::string> stored,
                       co_await store_.get((*row)->partition, (*row)->key));
    if (!stored && index.building()) {
      const auto job = jobs_.find(index.name);
      if (job == jobs_.end() || (!job->second.ended && key >= job->second.cursor)) continue;
    }
    const std::string name =
        "table '" + table.name + "', index '" + index.name + "', row " + to_hex(key);
    // The headers differ: an index row that did not change keeps its time.
    if (!stored) {
      damage(name + ": its index row is missing");
    } else if (stored->substr(std::min(stored->size(), kRecordHeaderBytes)) !=
               (*row)->row.substr(kRecordHeaderBytes)) {
      damage(name + ": its index row says something else");
    }
    ++expected_index_rows_[index.name];
  }
  co_return Result<>();
}

Task<Result<>> Verifier::verify_object(store::PartitionId partition, std::string key,
                                       std::string private_part, std::string name) {
  const Result<ObjectBytes> bytes = decode_object_bytes(private_part);
  if (!bytes) {
    damage(name + ": " + bytes.error().message);
    co_return Result<>();
  }
  if (bytes->place == ObjectBytes::Place::inline_row) {
    ++report_.inline_objects;
    ++table_inline_;
    const std::string row = with_kind(static_cast<std::uint8_t>(RowKind::inline_bytes), key);
    DYAD_CO_TRY_ASSIGN(const std::optional<std::string> stored,
                       co_await store_.get(partition, row));
    if (!stored || stored->size() != kRecordHeaderBytes + bytes->size_bytes)
      damage(name + ": its bytes are missing or of another size");
  } else if (bytes->place == ObjectBytes::Place::blob) {
    co_return co_await verify_named_blob(partition, key, bytes->blob, bytes->size_bytes, name);
  } else if (bytes->place == ObjectBytes::Place::parts) {
    co_return co_await verify_parts(partition, key, *bytes, name);
  }
  co_return Result<>();
}

/// One reference of the key names the blob, nobody else does, and its bytes are there.
Task<Result<>> Verifier::verify_named_blob(store::PartitionId partition, std::string key,
                                           blob::BlobId blob, std::uint64_t size_bytes,
                                           std::string name) {
  ++table_blobs_;
  const std::string row = reference_row(key, blob);
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> stored, co_await store_.get(partition, row));
  if (!stored) damage(name + ": no reference row names its blob " + std::to_string(blob.value()));
  if (!named_.insert(blob).second) damage(name + ": its blob is another object's too");
  co_return co_await verify_blob(blob, size_bytes, name);
}

Task<Result<>> Verifier::verify_parts(store::PartitionId partition, std::string key,
                                      ObjectBytes bytes, std::string name) {
  ++report_.objects_in_parts;
  ++table_in_parts_;
  const std::string row = with_kind(static_cast<std::uint8_t>(RowKind::part_list), key);
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> stored, co_await store_.get(partition, row));
  const Result<PartList> list =
      stored ? decode_part_list(*stored)
             : Result<PartList>(Error(ErrorCode::corruption, "its list of parts is missing"));
  if (!list) {
    damage(name + ": " + list.error().message);
    co_return Result<>();
  }
  std::uint64_t size_bytes = 0;
  for (const PartList::Part& part : list->parts) {
    size_bytes += part.size_bytes;
    const std::string part_name = name + ", part " + std::to_string(part.number);
    DYAD_CO_TRY(co_await verify_named_blob(partition, key, part.blob, part.size_bytes, part_name));
  }
  if (size_bytes != bytes.size_bytes || list->parts.size() != bytes.part_count)
    damage(name + ": its parts are of another number or size than the row says");
  co_return Result<>();
}

/// Uploads under way: each part's upload is there, and its bytes.
Task<Result<>> Verifier::verify_uploads(const TableDescriptor& table) {
  for (std::size_t i = 0; i < table.partitions.size(); ++i) {
    const store::PartitionId partition = table.partitions[i].partition;
    const RowCheck check_upload = [&](std::string_view key,
                                      std::string_view value) -> Task<Result<>> {
      ++report_.uploads;
      const auto kind = static_cast<std::uint8_t>(RowKind::upload);
      const Result<UploadRowKey> decoded = decode_upload_row_key(with_kind(kind, key));
      const Result<Record> record = parse_record(value);
      if (!decoded || !record)
        damage("table '" + table.name + "', upload " + to_hex(key) + ": " +
               (decoded ? record.error().message : decoded.error().message));
      co_return Result<>();
    };
    const RowCheck check_part = [&](std::string_view key,
                                    std::string_view value) -> Task<Result<>> {
      ++report_.upload_parts;
      const auto kind = static_cast<std::uint8_t>(RowKind::upload_part);
      return verify_upload_part(table, partition, with_kind(kind, key), std::string(value));
    };
    DYAD_CO_TRY(
        co_await each_row(partition, static_cast<std::uint8_t>(RowKind::upload), check_upload));
    DYAD_CO_TRY(
        co_await each_row(partition, static_cast<std::uint8_t>(RowKind::upload_part), check_part));
  }
  co_return Result<>();
}

Task<Result<>> Verifier::verify_upload_part(const TableDescriptor& table,
                                            store::PartitionId partition, std::string row,
                                            std::string value) {
  const std::string name = "table '" + table.name + "', part of an upload " + to_hex(row.substr(1));
  const Result<UploadRowKey> key = decode_upload_row_key(row);
  const Result<UploadPart> part = key ? decode_upload_part(value) : Result<UploadPart>(key.error());
  if (!part) {
    damage(name + ": " + part.error().message);
    co_return Result<>();
  }
  if (table.partitions.partition_of(key->key) != partition)
    damage(name + ": the row lies in another partition than its object's key");
  const std::string upload = upload_row(key->key, key->upload_id);
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> stored,
                     co_await store_.get(partition, upload));
  if (!stored) damage(name + ": its upload is not there");
  co_return co_await verify_named_blob(partition, key->key, part->blob, part->size_bytes, name);
}

Task<Result<>> Verifier::verify_blob(blob::BlobId id, std::uint64_t size_bytes, std::string name) {
  ++report_.blobs;
  Result<std::unique_ptr<blob::BlobReader>> reader = co_await blobs_.open(id);
  if (!reader) {
    damage(name + ": blob " + std::to_string(id.value()) + ": " + reader.error().message);
    co_return Result<>();
  }
  if ((*reader)->size_bytes() != size_bytes) {
    damage(name + ": blob " + std::to_string(id.value()) + " is of another size than the row says");
    co_return Result<>();
  }
  std::string buffer(kReadBytes, '\0');
  for (std::uint64_t at = 0; at < size_bytes;) {
    const Result<std::size_t> got =
        co_await (*reader)->read_at(at, std::span<char>(buffer.data(), buffer.size()));
    if (!got || *got == 0) {
      damage(name + ": " + (got ? std::string("its blob ends early") : got.error().message));
      co_return Result<>();
    }
    at += *got;
    report_.blob_bytes += *got;
    tell();
  }
  co_return Result<>();
}

/// Every expected row was found; as many rows as expected ones means that there are no others.
Task<Result<>> Verifier::count_index(const TableDescriptor& table, const IndexDescriptor& index) {
  std::uint64_t rows = 0;
  const RowCheck count = [&rows](std::string_view, std::string_view) -> Task<Result<>> {
    ++rows;
    co_return Result<>();
  };
  const PartitionMap& map = partitions_of(table, &index);
  for (std::size_t i = 0; i < map.size(); ++i) {
    DYAD_CO_TRY(co_await each_row(map[i].partition, row_kind_of(&index), count));
  }
  report_.index_rows += rows;
  const std::uint64_t expected = expected_index_rows_[index.name];
  if (rows != expected)
    damage("table '" + table.name + "', index '" + index.name + "': " + std::to_string(rows) +
           " rows, but the items say " + std::to_string(expected));
  co_return Result<>();
}

/// Rows of other kinds beside objects and parts: as many as these need.
Task<Result<>> Verifier::count_beside(const TableDescriptor& table) {
  std::uint64_t references = 0, inline_rows = 0, part_lists = 0;
  const auto counter = [](std::uint64_t& count) -> RowCheck {
    return [&count](std::string_view, std::string_view) -> Task<Result<>> {
      ++count;
      co_return Result<>();
    };
  };
  const std::pair<RowKind, RowCheck> counters[] = {{RowKind::reference, counter(references)},
                                                   {RowKind::inline_bytes, counter(inline_rows)},
                                                   {RowKind::part_list, counter(part_lists)}};
  for (std::size_t i = 0; i < table.partitions.size(); ++i)
    for (const auto& [kind, count] : counters)
      DYAD_CO_TRY(
          co_await each_row(table.partitions[i].partition, static_cast<std::uint8_t>(kind), count));
  const auto compare = [&](std::uint64_t rows, std::string_view what, std::uint64_t needed,
                           std::string_view by) {
    if (rows != needed)
      damage("table '" + table.name + "': " + std::to_string(rows) + std::string(what) +
             std::to_string(needed) + std::string(by));
  };
  compare(references, " reference rows for ", table_blobs_, " blobs of objects and parts");
  compare(inline_rows, " rows of inline bytes for ", table_inline_, " such objects");
  compare(part_lists, " lists of parts for ", table_in_parts_, " objects in parts");
  co_return Result<>();
}

Task<Result<>> Verifier::collect_released(store::PartitionId partition) {
  const RowCheck collect = [this](std::string_view key, std::string_view) -> Task<Result<>> {
    ++report_.released;
    const Result<blob::BlobId> id = blob_of_row(with_kind(0, key));
    if (id) {
      named_.insert(*id);
    } else {
      damage(id.error().message);
    }
    co_return Result<>();
  };
  co_return co_await each_row(partition, static_cast<std::uint8_t>(RowKind::released), collect);
}

Task<Result<>> Verifier::find_orphans() {
  blob::BlobId after;
  while (true) {
    DYAD_CO_TRY_ASSIGN(const std::vector<blob::BlobId> ids, co_await blobs_.list(after, 1000));
    for (const blob::BlobId id : ids)
      if (!named_.contains(id))
        damage("blob " + std::to_string(id.value()) + " is named by no row");
    if (ids.size() < 1000) co_return Result<>();
    after = ids.back();
  }
}

}  // namespace

Task<Result<>> verify_tables(Tables& tables, blob::BlobStore& blobs, VerifyReport& report) {
  return verify_tables(tables, blobs, report, VerifyProgress());
}

Task<Result<>> verify_tables(Tables& tables, blob::BlobStore& blobs, VerifyReport& report,
                             VerifyProgress progress) {
  Verifier verifier(tables, blobs, report, progress);
  co_return co_await verifier.run();
}

}  // namespace dyad::table
