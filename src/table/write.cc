#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "base/check.h"
#include "table/catalogue_keys.h"
#include "table/change.h"
#include "table/descriptor_cache.h"
#include "table/index_changes.h"
#include "table/item_builder.h"
#include "table/key_place.h"
#include "table/load_sampler.h"
#include "table/record.h"
#include "table/tables.h"

namespace dyad::table {
namespace {

using store::LatchMode;
using store::Transaction;

/// A write with its place worked out, and, inside the body, what is there and what was decided.
struct PlacedWrite {
  const RowWrite* write = nullptr;
  KeyPlace place;
  std::string row_key;
  std::optional<std::string> old_bytes;
  RowView old;
  Decision decision;
  /// Rows put into global indexes, as far as the write is sampled for splits.
  bool sampled = false;
  std::vector<std::pair<store::PartitionId, std::string>> index_puts;
};

Result<PlacedWrite> place_write(const RowWrite& write) {
  PlacedWrite placed;
  placed.write = &write;
  DYAD_TRY_ASSIGN(placed.place.key, table_key(*write.table, write.key));
  placed.place.partition = write.table->partitions.partition_of(placed.place.key);
  placed.row_key = placed.place.row_key(RowKind::current);
  return placed;
}

/// Rows exclusive, each table's descriptor shared.
Result<std::vector<store::DeclaredKey>> declare(const std::vector<PlacedWrite>& writes) {
  std::vector<store::DeclaredKey> declared;
  declared.reserve(writes.size() + 1);
  const TableDescriptor* former = nullptr;
  for (const PlacedWrite& placed : writes) {
    if (placed.write->table.get() != former) {
      former = placed.write->table.get();
      declared.push_back(descriptor_latch(former->name, LatchMode::shared));
    }
    declared.push_back({placed.place.partition, placed.row_key, LatchMode::exclusive});
    for (const SideLatch& latch : placed.write->latches)
      declared.push_back({placed.place.partition, latch.row, latch.mode});
  }
  return declared;
}

Result<> refuse_doubles(const std::vector<PlacedWrite>& writes) {
  if (writes.size() < 2) return {};
  std::vector<std::pair<std::uint64_t, std::string_view>> keys;
  for (const PlacedWrite& placed : writes)
    keys.emplace_back(placed.write->table->id.value(), placed.place.key);
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
    return fail(ErrorCode::invalid_argument, "a row is named twice in one write");
  return {};
}

/// The descriptor a write was planned with is still the newest. Its latch is held shared, so it
/// stays so until the transaction has its place in the order.
Task<Result<bool>> descriptor_current(Transaction& tx, const TableDescriptor& table) {
  const std::string row = version_row(table.id);
  DYAD_CO_TRY_ASSIGN(const std::optional<std::string> version,
                     co_await tx.get(store::kCatalogPartition, row));
  if (!version) co_return false;
  co_return ByteReader(*version).le64() == table.version;
}

Task<Result<bool>> descriptors_current(Transaction& tx, const std::vector<PlacedWrite>& writes) {
  const TableDescriptor* former = nullptr;
  for (const PlacedWrite& placed : writes) {
    const TableDescriptor* table = placed.write->table.get();
    if (table == former) continue;
    former = table;
    DYAD_CO_TRY_ASSIGN(const bool current, co_await descriptor_current(tx, *table));
    if (!current) co_return false;
  }
  co_return true;
}

Error replaced() {
  return Error(ErrorCode::conflict, "a table's descriptor was replaced");
}

Error keeps_changing() {
  return Error(ErrorCode::conflict, "the table's descriptor keeps changing");
}

Task<Result<>> read_old(Transaction& tx, PlacedWrite& placed) {
  DYAD_CO_TRY_ASSIGN(placed.old_bytes, co_await tx.get(placed.place.partition, placed.row_key));
  placed.old = RowView();
  if (!placed.old_bytes) co_return Result<>();
  DYAD_CO_TRY_ASSIGN(const Record record, parse_record(*placed.old_bytes));
  DYAD_CO_TRY_ASSIGN(const RowBody body, parse_row_body(record.body));
  placed.old.item = ItemView(body.item);
  placed.old.private_part = body.private_part;
  placed.old.written = record.written;
  co_return Result<>();
}

/// Asks every row; the first error counts, but only after all were asked.
Result<> decide_all(std::vector<PlacedWrite>& writes) {
  Result<> outcome;
  for (PlacedWrite& placed : writes) {
    Result<Decision> decision = placed.write->decide(placed.old);
    if (decision) {
      placed.decision = std::move(*decision);
    } else if (outcome) {
      outcome = Result<>(std::move(decision).error());
    }
  }
  return outcome;
}

Result<> put_index_rows(Transaction& tx, PlacedWrite& placed, ItemView new_item) {
  const TableDescriptor& table = *placed.write->table;
  if (table.indexes.empty()) return {};
  DYAD_TRY_ASSIGN(
      std::vector<IndexRowChange> changes,
      index_changes(table, placed.place.partition, placed.place.key, placed.old.item, new_item));
  placed.index_puts.clear();
  for (IndexRowChange& change : changes) {
    if (placed.sampled && !change.row.empty() && change.partition != placed.place.partition)
      placed.index_puts.emplace_back(change.partition, change.key.substr(1));
    if (change.row.empty()) {
      DYAD_TRY(tx.erase(change.partition, std::move(change.key)));
    } else {
      DYAD_TRY(tx.put(change.partition, std::move(change.key), std::move(change.row), {},
                      record_stamp()));
    }
  }
  return {};
}

Result<> append_change(Transaction& tx, const PlacedWrite& placed, ItemView new_item) {
  const TableDescriptor& table = *placed.write->table;
  const ItemView source = new_item.empty() ? placed.old.item : new_item;
  const Item keys = filter_attributes(source, [&](std::string_view name) {
    return name == table.keys.hash.name || (table.keys.range && name == table.keys.range->name);
  });
  Change change;
  change.table = table.id;
  change.key = placed.place.key;
  change.keys = keys.view();
  change.erased = new_item.empty();
  change.existed = !placed.old.item.empty();
  if (table.log_images != LogImages::keys_only) change.new_item = new_item;
  if (table.log_images == LogImages::new_and_old) change.old_item = placed.old.item;
  return tx.append(placed.place.partition, encode_change(change));
}

Task<Result<>> apply(Transaction& tx, RowCodec& codec, PlacedWrite& placed) {
  Decision& decision = placed.decision;
  if (decision.action == Decision::Action::keep) co_return Result<>();
  const bool erase = decision.action == Decision::Action::erase;
  const bool existed = !placed.old.item.empty();
  if (erase && !existed) co_return Result<>();

  const bool by_owner = placed.write->by_owner;
  const ItemView new_item = erase ? ItemView() : decision.row.item.view();
  if (!by_owner) DYAD_CO_TRY(codec.admit_item_write(placed.old.item, new_item));
  const bool keeps_private = !erase && (!by_owner || decision.row.keep_private);
  DYAD_CHECK(existed || !by_owner || !keeps_private);
  // An item write leaves an object's bytes where they are; an owner's write replaces them, unless
  // it says otherwise.
  if (existed && !keeps_private) {
    DYAD_CO_TRY(co_await codec.release(tx, placed.place, placed.old.item, placed.old.private_part));
  }
  if (erase) {
    DYAD_CO_TRY(tx.erase(placed.place.partition, placed.row_key));
  } else {
    const std::string_view private_part =
        keeps_private ? placed.old.private_part : std::string_view(decision.row.private_part);
    std::string row = make_row(private_part, new_item.encoded());
    DYAD_CO_TRY(tx.put(placed.place.partition, placed.row_key, std::move(row), {}, record_stamp()));
    if (placed.write->beside) DYAD_CO_TRY(placed.write->beside(tx, placed.place));
  }
  DYAD_CO_TRY(put_index_rows(tx, placed, new_item));
  co_return append_change(tx, placed, new_item);
}

}  // namespace

std::string KeyPlace::row_key(RowKind kind) const {
  std::string row;
  row.reserve(1 + key.size());
  append_u8(row, static_cast<std::uint8_t>(kind));
  row.append(key);
  return row;
}

Task<Result<store::Commit>> Tables::write(std::vector<RowWrite> writes, Deadline deadline) {
  if (writes.size() > kMaxRowsPerWrite)
    co_return fail(ErrorCode::too_large,
                   "a write touches at most " + std::to_string(kMaxRowsPerWrite) + " rows");
  for (int attempt = 0; attempt < kMaxStaleAttempts; ++attempt) {
    bool stale = false;
    Result<store::Commit> commit = co_await write_once(writes, stale, deadline);
    if (commit || !stale) co_return commit;
    for (RowWrite& write : writes) {
      DYAD_CO_TRY_ASSIGN(write.table, co_await reload(write.table, deadline));
    }
  }
  co_return fail(keeps_changing());
}

/// One attempt; `stale` says that a descriptor was out of date and the attempt had no effect.
Task<Result<store::Commit>> Tables::write_once(const std::vector<RowWrite>& writes, bool& stale,
                                               Deadline deadline) {
  std::vector<PlacedWrite> placed;
  placed.reserve(writes.size());
  for (const RowWrite& write : writes) {
    DYAD_CO_TRY_ASSIGN(PlacedWrite one, place_write(write));
    one.sampled = sampler_->due();
    placed.push_back(std::move(one));
  }
  DYAD_CO_TRY(refuse_doubles(placed));
  DYAD_CO_TRY_ASSIGN(std::vector<store::DeclaredKey> declared, declare(placed));

  const store::Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(const bool current, co_await descriptors_current(tx, placed));
    stale = !current;
    if (stale) co_return fail(replaced());
    for (PlacedWrite& one : placed) DYAD_CO_TRY(co_await read_old(tx, one));
    for (PlacedWrite& one : placed) {
      if (one.write->prepare) DYAD_CO_TRY(co_await one.write->prepare(tx, one.place));
    }
    DYAD_CO_TRY(decide_all(placed));
    if (std::none_of(placed.begin(), placed.end(), [](const PlacedWrite& one) {
          return one.decision.action == Decision::Action::put && !one.write->makes_room;
        }))
      tx.makes_room();
    for (PlacedWrite& one : placed) {
      Result<> applied = co_await apply(tx, codecs_.of(one.write->table->codec), one);
      if (applied) continue;
      if (!one.write->explain || applied.error().code != ErrorCode::invalid_argument)
        co_return applied;
      co_return fail(one.write->explain(std::move(applied).error()));
    }
    co_return Result<>();
  };
  Result<store::Commit> commit = co_await store_.transact(std::move(declared), body, deadline);
  if (commit) {
    for (const PlacedWrite& one : placed) {
      if (!one.sampled) continue;
      sampler_->remember(one.place.partition, one.place.key);
      for (const auto& [partition, key] : one.index_puts) sampler_->remember(partition, key);
    }
  } else if (commit.error().code == ErrorCode::not_owner) {
    stale = true;
  }
  co_return commit;
}

Task<Result<store::Commit>> Tables::write_beside(SideWrite write, Deadline deadline) {
  for (int attempt = 0; attempt < kMaxStaleAttempts; ++attempt) {
    bool stale = false;
    Result<store::Commit> commit = co_await write_beside_once(write, stale, deadline);
    if (commit || !stale) co_return commit;
    DYAD_CO_TRY_ASSIGN(write.table, co_await reload(write.table, deadline));
  }
  co_return fail(keeps_changing());
}

Task<Result<store::Commit>> Tables::write_beside_once(const SideWrite& write, bool& stale,
                                                      Deadline deadline) {
  const KeyPlace place{write.table->partitions.partition_of(write.key), write.key};
  std::vector<store::DeclaredKey> declared;
  declared.reserve(1 + write.latches.size());
  declared.push_back(descriptor_latch(write.table->name, LatchMode::shared));
  for (const SideLatch& latch : write.latches)
    declared.push_back({place.partition, latch.row, latch.mode});
  const store::Body body = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(const bool current, co_await descriptor_current(tx, *write.table));
    stale = !current;
    if (stale) co_return fail(replaced());
    if (write.makes_room) tx.makes_room();
    co_return co_await write.body(tx, place);
  };
  Result<store::Commit> commit = co_await store_.transact(std::move(declared), body, deadline);
  if (!commit && commit.error().code == ErrorCode::not_owner) stale = true;
  co_return commit;
}

}  // namespace dyad::table
