#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/runtime.h"
#include "store/store.h"
#include "table/descriptor.h"
#include "table/item.h"
#include "table/row_codec.h"

namespace dyad::table {

using TableRef = std::shared_ptr<const TableDescriptor>;

struct TableSpec {
  std::string name;
  RowCodecKind codec = RowCodecKind::item;
  Placement placement = Placement::hashed;
  KeySchema keys;
  std::vector<IndexDescriptor> indexes;  ///< Without partitions; create() makes them.
  LogImages log_images = LogImages::keys_only;
  std::string properties;
};

/// A primary key as attribute values, of the types the schema says.
struct PrimaryKey {
  Value hash;
  std::optional<Value> range;
};

/// The row a write leaves behind: none, or an item and the codec's private part.
struct NewRow {
  Item item;
  std::string private_part;
};

/// What is there before a write. `item.empty()`: nothing.
struct OldRow {
  ItemView item;
  std::string_view private_part;
  Timestamp written;
};

/// What a write decides when it sees the old row. Called while the row's latch is held, maybe several
/// times; no effect outside what it returns. An error aborts the whole transaction.
struct Decision {
  enum class Action : std::uint8_t { keep, put, erase };
  Action action = Action::keep;
  NewRow row;  ///< put only.

  static Decision keep() { return {}; }
  static Decision erase() { return {Action::erase, {}}; }
  static Decision put(NewRow row) { return {Action::put, std::move(row)}; }
};

struct RowWrite {
  TableRef table;
  PrimaryKey key;
  std::function<Result<Decision>(const OldRow& old)> decide;
  /// Rows of other kinds under the same key that go with it (inline bytes, references), written after
  /// `decide` said put or erase. May be empty.
  std::function<Task<Result<>>(store::Transaction& tx, const KeyPlace& place, const OldRow& old)> beside;
};

/// One row of a page. Points into the page.
struct RowView {
  ItemView item;
  std::string_view private_part;
  Timestamp written;
};

/// Rows in key order and where to go on.
struct RowPage {
  std::vector<RowView> rows;
  /// Keeps the bytes that `rows` point to.
  std::vector<std::shared_ptr<const store::ScanPage>> pages;
  /// Encoded position after the last row seen; none: the range is exhausted. A page may be empty and have one.
  std::optional<std::string> next;
};

struct PageLimits {
  std::uint32_t rows = UINT32_MAX;
  /// Of DynamoDB's own size of the rows; the row that crosses it is the page's last.
  std::uint64_t item_bytes = 1u << 20;
};

/// A range over the range key, inside one hash key. Values are of the schema's type.
struct RangeCondition {
  std::optional<Value> lower;
  bool lower_inclusive = true;
  std::optional<Value> upper;
  bool upper_inclusive = true;
  std::optional<std::string> begins_with;  ///< string and binary: raw bytes. Excludes the others.
};

/// The catalogue and the rows of all tables of one account and region. Thread-safe; coroutines.
/// Every write of a row holds its table's descriptor shared; whoever changes a descriptor holds it exclusive.
class Tables {
 public:
  Tables(store::Store& store, Runtime& runtime, RowCodecs codecs);
  ~Tables();

  // --- the catalogue -----------------------------------------------------------------------------------

  /// already_exists: a table of that name is there.
  Task<Result<TableRef>> create(TableSpec spec, Deadline deadline);
  /// not_found. From a cache that a write never trusts without looking at the version in its transaction.
  Task<Result<TableRef>> find(std::string_view name, Deadline deadline);
  /// Names after `after` in byte order that begin with `prefix`, at most `limit`.
  Task<Result<std::vector<std::string>>> list(std::string prefix, std::string after, std::size_t limit);
  /// `permit` runs inside the transaction, with the descriptor held exclusive; its error aborts the drop
  /// (a bucket that is not empty). Gives the descriptor that was dropped.
  using Permit = std::function<Task<Result<>>(store::Transaction&, const TableDescriptor&)>;
  Task<Result<TableRef>> drop(std::string_view name, Permit permit, Deadline deadline);
  /// Replaces the service's properties or the log images, by a function of the descriptor.
  Task<Result<TableRef>> alter(std::string_view name,
                               std::function<Result<>(TableDescriptor&)> change, Deadline deadline);
  /// Cuts the partition that holds `at` (an encoded key without kind). For the table itself or an index.
  Task<Result<TableRef>> split(std::string_view name, std::string_view index, std::string at,
                               Deadline deadline);

  // --- rows --------------------------------------------------------------------------------------------

  /// All of the writes or none, in one transaction: reads the old rows, asks each `decide`, keeps the indexes,
  /// appends the changes. At most one write a row (invalid_argument).
  /// not_found: a table was dropped meanwhile. Retries by itself when a descriptor was replaced.
  Task<Result<store::Commit>> write(std::vector<RowWrite> writes, Deadline deadline);

  /// What is durable. none: no such row. The page holds one row.
  Task<Result<std::optional<RowPage>>> get(TableRef table, PrimaryKey key, Deadline deadline);

  /// One hash key's rows, of the table (`index` empty) or an index. `start`: a position from a former page's
  /// `next` or position_of; exclusive.
  Task<Result<RowPage>> query(TableRef table, std::string index, Value hash, RangeCondition range,
                              bool forward, std::optional<std::string> start, PageLimits limits,
                              Deadline deadline);

  /// All rows, in placement order. `segment` of `segments`: a parallel scan's share.
  Task<Result<RowPage>> scan(TableRef table, std::string index, std::uint32_t segment,
                             std::uint32_t segments, std::optional<std::string> start,
                             PageLimits limits, Deadline deadline);

  store::Store& store() { return store_; }

 private:
  struct Impl;
  store::Store& store_;
  std::unique_ptr<Impl> impl_;
};

/// The position of a row in a table or index order, as `start` wants it, from key attributes (an
/// ExclusiveStartKey). `item` holds the table's keys and, for an index, the index's keys too.
Result<std::string> position_of(const TableDescriptor& table, std::string_view index, ItemView item);

/// The key attributes of `item`; invalid_argument: one is missing or of another type (the message names it).
Result<PrimaryKey> key_of(const KeySchema& keys, ItemView item);

}  // namespace dyad::table
