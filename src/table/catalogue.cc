#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "table/backfill_job.h"
#include "table/catalogue_keys.h"
#include "table/descriptor_cache.h"
#include "table/key_place.h"
#include "table/load_sampler.h"
#include "table/record.h"
#include "table/tables.h"

namespace dyad::table {
namespace {

using store::LatchMode;
using store::Transaction;

Error no_such_table(std::string_view name) {
  return Error(ErrorCode::not_found, "there is no table '" + std::string(name) + "'");
}

Result<TableRef> parse_descriptor(std::string_view row) {
  DYAD_TRY_ASSIGN(const Record record, parse_record(row));
  DYAD_TRY_ASSIGN(TableDescriptor table, decode_descriptor(record.body));
  return std::make_shared<const TableDescriptor>(std::move(table));
}

Task<Result<TableRef>> read_descriptor(Transaction& tx, const std::string& name) {
  const std::string row = descriptor_row(name);
  DYAD_CO_TRY_ASSIGN(std::optional<std::string> value,
                     co_await tx.get(store::kCatalogPartition, row));
  if (!value) co_return fail(no_such_table(name));
  co_return parse_descriptor(*value);
}

/// Descriptor and version go together; who writes holds the descriptor's latch exclusive.
Result<> write_descriptor(Transaction& tx, const TableDescriptor& table) {
  std::string row;
  append_record_header(row);
  row.append(encode_descriptor(table));
  DYAD_TRY(tx.put(store::kCatalogPartition, descriptor_row(table.name), std::move(row), {},
                  record_stamp()));
  std::string version;
  append_le64(version, table.version);
  return tx.put(store::kCatalogPartition, version_row(table.id), std::move(version));
}

Result<> check_indexes(const std::vector<IndexDescriptor>& indexes, const KeySchema& keys,
                       Placement placement) {
  if (indexes.size() > kMaxIndexes)
    return fail(ErrorCode::too_large,
                "a table has at most " + std::to_string(kMaxIndexes) + " indexes");
  std::set<std::string_view> names;
  std::size_t locals = 0;
  for (const IndexDescriptor& index : indexes) {
    if (!names.insert(index.name).second)
      return fail(ErrorCode::invalid_argument,
                  "the index name '" + index.name + "' is given twice");
    if (index.kind == IndexDescriptor::Kind::local && ++locals > kMaxLocalIndexes)
      return fail(ErrorCode::too_large,
                  "a table has at most " + std::to_string(kMaxLocalIndexes) + " local indexes");
    if (index.kind == IndexDescriptor::Kind::local && index.keys.hash != keys.hash)
      return fail(ErrorCode::invalid_argument,
                  "the local index '" + index.name + "' has another hash key than its table");
    if (index.kind == IndexDescriptor::Kind::local && placement != Placement::hashed)
      return fail(ErrorCode::unsupported, "a table placed by its range key has no local indexes");
  }
  return {};
}

Result<> check_spec(const TableSpec& spec) {
  DYAD_TRY(check_indexes(spec.indexes, spec.keys, spec.placement));
  if (spec.placement == Placement::ordered &&
      (!spec.keys.range || spec.keys.hash.type != Type::string || spec.ordered_hash.empty()))
    return fail(ErrorCode::invalid_argument,
                "a table placed by its range key needs one, and the value of its one hash key");
  return {};
}

/// A new map of `count` partitions at even steps of the hash; a table in key order begins as one,
/// for its keys are not known yet.
Result<PartitionMap> make_partitions(Transaction& tx, Placement placement, std::uint32_t count) {
  if (placement == Placement::ordered) count = 1;
  std::vector<PartitionMap::Entry> entries;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string lower;
    if (i > 0) append_be64(lower, i * (UINT64_MAX / count));
    DYAD_TRY_ASSIGN(const store::PartitionId partition, tx.create_partition());
    entries.push_back({std::move(lower), partition});
  }
  return PartitionMap(std::move(entries));
}

Task<Result<TableId>> take_table_id(Transaction& tx) {
  const std::string row = next_table_id_row();
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> stored,
                     co_await tx.get(store::kCatalogPartition, row));
  std::uint64_t id = 1;
  if (stored) id = ByteReader(*stored).le64();
  std::string next;
  append_le64(next, id + 1);
  DYAD_CO_TRY(tx.put(store::kCatalogPartition, row, std::move(next)));
  co_return TableId(id);
}

Task<Result<TableRef>> create_in(Transaction& tx, const TableSpec& spec, std::uint32_t partitions,
                                 std::int64_t now_ms) {
  const std::string row = descriptor_row(spec.name);
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> present,
                     co_await tx.get(store::kCatalogPartition, row));
  if (present)
    co_return fail(ErrorCode::already_exists, "the table '" + spec.name + "' exists already");

  auto table = std::make_shared<TableDescriptor>();
  DYAD_CO_TRY_ASSIGN(table->id, co_await take_table_id(tx));
  table->version = 1;
  table->name = spec.name;
  table->codec = spec.codec;
  table->placement = spec.placement;
  table->keys = spec.keys;
  table->ordered_hash = spec.ordered_hash;
  table->indexes = spec.indexes;
  table->log_images = spec.log_images;
  table->created_ms = now_ms;
  table->properties = spec.properties;
  DYAD_CO_TRY_ASSIGN(table->partitions, make_partitions(tx, spec.placement, partitions));
  std::uint8_t local_number = 0;
  for (IndexDescriptor& index : table->indexes) {
    if (index.kind == IndexDescriptor::Kind::local) {
      index.local_number = local_number++;
    } else {
      DYAD_CO_TRY_ASSIGN(index.partitions, make_partitions(tx, Placement::hashed, partitions));
    }
  }
  DYAD_CO_TRY(write_descriptor(tx, *table));
  co_return TableRef(std::move(table));
}

Result<> drop_partitions(Transaction& tx, const PartitionMap& map) {
  for (std::size_t i = 0; i < map.size(); ++i) DYAD_TRY(tx.drop_partition(map[i].partition));
  return {};
}

/// The table's index that `index` is; not one of its name that has no partitions yet, which is new.
const IndexDescriptor* same_index(const TableDescriptor& table, const IndexDescriptor& index) {
  const IndexDescriptor* found = table.find_index(index.name);
  if (found == nullptr || found->kind != index.kind) return nullptr;
  const bool both_placed = (found->partitions.size() == 0) == (index.partitions.size() == 0);
  return both_placed ? found : nullptr;
}

/// Gives the index partitions of its own and a row that says how far it has come.
Result<> begin_index(Transaction& tx, const TableDescriptor& table, IndexDescriptor& index,
                     std::uint32_t partitions) {
  DYAD_TRY_ASSIGN(index.partitions, make_partitions(tx, Placement::hashed, partitions));
  index.local_number = 0;
  index.state = IndexDescriptor::State::allocating;
  index.since = table.version;
  BackfillJob job;
  job.table = table.id;
  job.table_name = table.name;
  job.index_name = index.name;
  job.since = index.since;
  return tx.put(store::kCatalogPartition, backfill_row(table.id, index.name),
                encode_backfill_job(job), {}, record_stamp());
}

/// Its partitions, and where it was being built the row about that.
Result<> end_index(Transaction& tx, const TableDescriptor& table, const IndexDescriptor& index) {
  DYAD_TRY(drop_partitions(tx, index.partitions));
  if (!index.building()) return {};
  return tx.erase(store::kCatalogPartition, backfill_row(table.id, index.name));
}

/// What follows from the indexes that `next` has and `current` has not, and the other way round;
/// `gone` gathers the dropped maps.
Result<> change_indexes(Transaction& tx, const TableDescriptor& current, TableDescriptor& next,
                        std::uint32_t partitions, std::vector<PartitionMap>& gone) {
  for (const IndexDescriptor& index : current.indexes) {
    if (same_index(next, index) != nullptr) continue;
    if (index.kind == IndexDescriptor::Kind::local)
      return fail(ErrorCode::invalid_argument, "a local index lives as long as its table");
    DYAD_TRY(end_index(tx, current, index));
    gone.push_back(index.partitions);
  }
  for (IndexDescriptor& index : next.indexes) {
    const IndexDescriptor* former = same_index(current, index);
    if (former == nullptr) {
      if (index.kind == IndexDescriptor::Kind::local)
        return fail(ErrorCode::invalid_argument, "a local index is made with its table");
      DYAD_TRY(begin_index(tx, next, index, partitions));
    } else if (former->building() && !index.building()) {
      index.since = 0;
      DYAD_TRY(tx.erase(store::kCatalogPartition, backfill_row(next.id, index.name)));
    }
  }
  return {};
}

/// Replaces the map's entry that holds `at` by its two halves.
Result<PartitionMap> split_map(Transaction& tx, const PartitionMap& map, const std::string& at) {
  if (map.size() >= kMaxPartitionsPerMap)
    return fail(ErrorCode::too_large,
                "a table has at most " + std::to_string(kMaxPartitionsPerMap) + " partitions");
  const std::size_t cut = map.index_of(at);
  if (map[cut].lower == at)
    return fail(ErrorCode::invalid_argument, "a partition begins there already");
  DYAD_TRY_ASSIGN(const Transaction::Children children, tx.split_partition(map[cut].partition, at));
  std::vector<PartitionMap::Entry> entries;
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (i != cut) {
      entries.push_back(map[i]);
    } else {
      entries.push_back({map[i].lower, children.left});
      entries.push_back({at, children.right});
    }
  }
  return PartitionMap(std::move(entries));
}

/// What takes settings or an index away goes on where the disk is nearly full, and so does taking
/// away what is not there.
bool takes_no_space(const TableDescriptor& from, const TableDescriptor& to) {
  const std::string before = encode_descriptor(from);
  const std::string after = encode_descriptor(to);
  return after.size() < before.size() || after == before;
}

}  // namespace

Tables::Tables(store::Store& store, Runtime& runtime, RowCodecs codecs)
    : store_(store),
      runtime_(runtime),
      codecs_(std::move(codecs)),
      cache_(std::make_unique<DescriptorCache>()),
      sampler_(std::make_unique<LoadSampler>()) {}

Tables::~Tables() = default;

/// A body here reads the descriptor anew each time it runs, so a partition that moved meanwhile is
/// a reason to run it again.
Task<Result<>> Tables::change_catalogue(std::vector<store::DeclaredKey> declared,
                                        const store::Body& body, Deadline deadline) {
  for (int attempt = 0; attempt < kMaxStaleAttempts; ++attempt) {
    const Result<store::Commit> commit = co_await store_.transact(declared, body, deadline);
    if (commit) co_return Result<>();
    if (commit.error().code != ErrorCode::not_owner) co_return fail(commit.error());
  }
  co_return fail(ErrorCode::conflict, "the table's partitions keep changing");
}

Task<Result<TableRef>> Tables::create(TableSpec spec, Deadline deadline) {
  DYAD_CO_TRY(check_spec(spec));
  std::vector<store::DeclaredKey> declared;
  declared.push_back(descriptor_latch(spec.name, LatchMode::exclusive));
  declared.push_back(next_table_id_latch());
  const std::uint32_t partitions = store_.traits().initial_partitions;
  const std::uint64_t forgotten = cache_->forgotten();
  TableRef made;
  const store::Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(made, co_await create_in(tx, spec, partitions, runtime_.clock().wall_ms()));
    co_return Result<>();
  };
  DYAD_CO_TRY(co_await store_.transact(std::move(declared), body, deadline));
  co_return cache_->keep(std::move(made), forgotten);
}

Task<Result<TableRef>> Tables::find(std::string name, Deadline deadline) {
  if (TableRef known = cache_->find(name)) co_return known;
  const std::uint64_t forgotten = cache_->forgotten();
  (void)deadline;  // A point read of the catalogue, which engines keep at hand.
  const std::string row = descriptor_row(name);
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> value,
                     co_await store_.get(store::kCatalogPartition, row));
  if (!value) co_return fail(no_such_table(name));
  DYAD_CO_TRY_ASSIGN(TableRef table, parse_descriptor(*value));
  co_return cache_->keep(std::move(table), forgotten);
}

/// The newest descriptor of the same table, ordered ones included; not_found where it was dropped.
Task<Result<TableRef>> Tables::reload(TableRef stale, Deadline deadline) {
  std::vector<store::DeclaredKey> declared;
  declared.push_back(descriptor_latch(stale->name, LatchMode::shared));
  const std::uint64_t forgotten = cache_->forgotten();
  TableRef newest;
  const store::Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(newest, co_await read_descriptor(tx, stale->name));
    co_return Result<>();
  };
  auto read = co_await store_.transact(std::move(declared), body, deadline);
  if (!read) {
    if (read.error().code == ErrorCode::not_found) cache_->forget(*stale);
    co_return fail(std::move(read).error());
  }
  if (newest->id != stale->id) {
    cache_->keep(newest, forgotten);
    co_return fail(no_such_table(stale->name));
  }
  co_return cache_->keep(std::move(newest), forgotten);
}

Task<Result<std::vector<std::string>>> Tables::list(std::string prefix, std::string after,
                                                    std::size_t limit) {
  std::vector<std::string> names;
  store::ScanRange range;
  range.begin = descriptor_row(std::max(prefix, after));
  // A name that equals `after` was given before.
  if (after >= prefix && !after.empty()) range.begin.push_back('\0');
  range.end = prefix_end(descriptor_row(prefix));
  while (names.size() < limit) {
    store::ScanLimits limits;
    limits.rows = static_cast<std::uint32_t>(std::min<std::size_t>(limit - names.size(), 1000));
    DYAD_CO_TRY_ASSIGN(const store::ScanPage page,
                       co_await store_.scan(store::kCatalogPartition, range, limits));
    for (std::size_t i = 0; i < page.size(); ++i) names.emplace_back(page[i].key.substr(2));
    if (!page.next) break;
    range = *page.next;
  }
  co_return names;
}

Task<Result<TableRef>> Tables::drop(std::string name, Permit permit, Deadline deadline) {
  std::vector<store::DeclaredKey> declared;
  declared.push_back(descriptor_latch(name, LatchMode::exclusive));
  TableRef dropped;
  const store::Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(dropped, co_await read_descriptor(tx, name));
    if (permit) DYAD_CO_TRY(co_await permit(tx, *dropped));
    tx.makes_room();
    DYAD_CO_TRY(drop_partitions(tx, dropped->partitions));
    for (const IndexDescriptor& index : dropped->indexes)
      DYAD_CO_TRY(end_index(tx, *dropped, index));
    DYAD_CO_TRY(tx.erase(store::kCatalogPartition, descriptor_row(name)));
    DYAD_CO_TRY(tx.erase(store::kCatalogPartition, version_row(dropped->id)));
    co_return Result<>();
  };
  DYAD_CO_TRY(co_await change_catalogue(std::move(declared), body, deadline));
  cache_->forget(*dropped);
  sampler_->forget(dropped->partitions);
  for (const IndexDescriptor& index : dropped->indexes) sampler_->forget(index.partitions);
  co_return dropped;
}

Task<Result<TableRef>> Tables::alter(std::string name,
                                     std::function<Result<>(TableDescriptor&)> change,
                                     Deadline deadline) {
  std::vector<store::DeclaredKey> declared;
  declared.push_back(descriptor_latch(name, LatchMode::exclusive));
  const std::uint32_t partitions = store_.traits().initial_partitions;
  const std::uint64_t forgotten = cache_->forgotten();
  TableRef altered;
  std::vector<PartitionMap> gone;
  const store::Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(const TableRef current, co_await read_descriptor(tx, name));
    auto next = std::make_shared<TableDescriptor>(*current);
    DYAD_CO_TRY(change(*next));
    if (takes_no_space(*current, *next)) tx.makes_room();
    next->version = current->version + 1;
    DYAD_CO_TRY(check_indexes(next->indexes, next->keys, next->placement));
    gone.clear();
    DYAD_CO_TRY(change_indexes(tx, *current, *next, partitions, gone));
    DYAD_CO_TRY(write_descriptor(tx, *next));
    altered = std::move(next);
    co_return Result<>();
  };
  DYAD_CO_TRY(co_await change_catalogue(std::move(declared), body, deadline));
  for (const PartitionMap& map : gone) sampler_->forget(map);
  co_return cache_->keep(std::move(altered), forgotten);
}

Task<Result<TableRef>> Tables::split(std::string name, std::string index, std::string at,
                                     Deadline deadline) {
  std::vector<store::DeclaredKey> declared;
  declared.push_back(descriptor_latch(name, LatchMode::exclusive));
  const std::uint64_t forgotten = cache_->forgotten();
  TableRef result;
  const store::Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(const TableRef current, co_await read_descriptor(tx, name));
    auto next = std::make_shared<TableDescriptor>(*current);
    next->version = current->version + 1;
    if (index.empty()) {
      DYAD_CO_TRY(check_split_point(*current, at));
      DYAD_CO_TRY_ASSIGN(next->partitions, split_map(tx, current->partitions, at));
    } else {
      IndexDescriptor* found = nullptr;
      for (IndexDescriptor& candidate : next->indexes)
        if (candidate.name == index && candidate.kind == IndexDescriptor::Kind::global)
          found = &candidate;
      if (found == nullptr)
        co_return fail(ErrorCode::not_found, "there is no global index '" + index + "'");
      DYAD_CO_TRY_ASSIGN(found->partitions, split_map(tx, found->partitions, at));
    }
    DYAD_CO_TRY(write_descriptor(tx, *next));
    result = std::move(next);
    co_return Result<>();
  };
  DYAD_CO_TRY(co_await change_catalogue(std::move(declared), body, deadline));
  co_return cache_->keep(std::move(result), forgotten);
}

}  // namespace dyad::table
