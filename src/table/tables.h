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
#include "table/row_kind.h"

namespace dyad::table {

using TableRef = std::shared_ptr<const TableDescriptor>;

/// Global and local indexes of one table together.
constexpr std::size_t kMaxIndexes = 28;
constexpr std::size_t kMaxLocalIndexes = 8;
constexpr std::size_t kMaxPartitionsPerMap = 1024;
/// Rows that one Tables::write may touch.
constexpr std::size_t kMaxRowsPerWrite = 1000;
/// How often an operation reloads a descriptor that others keep replacing before it answers
/// conflict.
constexpr int kMaxStaleAttempts = 64;

struct TableSpec {
  std::string name;
  RowCodecKind codec = RowCodecKind::item;
  Placement placement = Placement::hashed;
  KeySchema keys;
  std::string ordered_hash;  ///< See TableDescriptor.
  std::vector<IndexDescriptor>
      indexes;  ///< Without partitions and local numbers; create() gives them.
  LogImages log_images = LogImages::keys_only;
  std::string properties;
};

/// A primary key as attribute values, of the types the schema says.
struct PrimaryKey {
  Value hash;
  std::optional<Value> range;
};

/// A row as it is stored. Points into bytes that somebody else keeps.
struct RowView {
  ItemView item;  ///< `item.empty()`: there is no row.
  std::string_view private_part;
  Timestamp written;
};

/// The row a write leaves behind.
struct NewRow {
  Item item;
  /// Only heeded where RowWrite::by_owner; else the old row's private part stays.
  std::string private_part;
  /// Owner only, and only where there is a row: what the private part holds stays too (an object's
  /// bytes, while its tags change).
  bool keep_private = false;
};

struct Decision {
  enum class Action : std::uint8_t { keep, put, erase };
  Action action = Action::keep;
  NewRow row;  ///< put only.

  static Decision keep() { return Decision(); }
  static Decision erase() { return Decision(Action::erase, NewRow()); }
  static Decision put(NewRow row) { return Decision(Action::put, std::move(row)); }

  Decision() = default;
  Decision(Action a, NewRow r) : action(a), row(std::move(r)) {}
};

/// A latch on a row of another kind under the key that is written (table/upload_rows.h).
struct SideLatch {
  std::string row;  ///< With its kind byte.
  store::LatchMode mode = store::LatchMode::exclusive;
};

/// One row's part in a write.
struct RowWrite {
  TableRef table;
  PrimaryKey key;

  /// Says what becomes of the row, seeing what is there. Called while the row's latch is held,
  /// maybe several times; no effect outside what it returns and what its owner resets at each call.
  /// An error aborts the whole transaction, after every other row's decide was called too (a
  /// cancellation names all reasons).
  std::function<Result<Decision>(const RowView& old)> decide;

  /// Gives its own words to what is found wrong with the row after all were decided: an attribute
  /// that an index cannot take, or that is not to be changed so. May be empty.
  std::function<Error(Error error)> explain;

  /// The table's owning service writes: it sets private parts, and the codec admits what it does.
  /// Otherwise this is a plain item write, which RowCodec::admit_item_write must allow.
  bool by_owner = false;

  /// Owner only: a put lets go of more than it writes (store::Transaction::makes_room).
  bool makes_room = false;

  /// Owner only: held beside the row's own latch, from before `prepare`.
  std::vector<SideLatch> latches;
  /// Owner only: runs before any `decide`, under all latches; reads and writes rows of other kinds
  /// under the same key. Its error aborts the transaction. May be empty.
  std::function<Task<Result<>>(store::Transaction& tx, const KeyPlace& place)> prepare;

  /// Owner only: rows of other kinds under the same key that go with a put (inline bytes,
  /// references), written after the old row's were let go. May be empty.
  std::function<Result<>(store::Transaction& tx, const KeyPlace& place)> beside;
};

/// A transaction beside one key of a table: on rows of other kinds, the row itself stays.
struct SideWrite {
  TableRef table;
  std::string key;  ///< Encoded (table/key_place.h).
  std::vector<SideLatch> latches;
  /// It lets go of more than it writes (store::Transaction::makes_room).
  bool makes_room = false;
  /// As RowWrite::prepare; maybe called several times, at another place when the table was split.
  std::function<Task<Result<>>(store::Transaction& tx, const KeyPlace& place)> body;
};

/// Rows of one kind beside the rows of a table, as they are stored (record header and all).
struct SidePage {
  store::ScanPage rows;             ///< Keys with their kind byte. May be empty with `next` there.
  std::optional<std::string> next;  ///< Where to go on; without kind byte.
};

/// A row with its bytes.
class StoredRow {
 public:
  StoredRow(std::string bytes, Timestamp written, std::size_t private_at, std::size_t private_bytes)
      : bytes_(std::move(bytes)),
        written_(written),
        private_at_(private_at),
        private_bytes_(private_bytes) {}
  RowView view() const {
    const std::string_view all(bytes_);
    RowView row;
    row.private_part = all.substr(private_at_, private_bytes_);
    row.item = ItemView(all.substr(private_at_ + private_bytes_));
    row.written = written_;
    return row;
  }

 private:
  std::string bytes_;
  Timestamp written_;
  std::size_t private_at_;
  std::size_t private_bytes_;
};

/// Of the bytes that the store keeps for a row. corruption.
Result<StoredRow> parse_stored_row(std::string bytes);

/// Rows in the order of the range.
struct RowPage {
  std::vector<RowView> rows;
  /// Keeps the bytes that `rows` point to.
  std::vector<std::unique_ptr<const store::ScanPage>> pages;
  /// DynamoDB's size of all `rows`, in bytes.
  std::uint64_t item_bytes = 0;
  /// A limit ended the page: there may be rows after the last one (whose position_of is where to go
  /// on). A page with `more` has at least one row.
  bool more = false;
};

struct PageLimits {
  std::uint32_t rows = UINT32_MAX;
  /// Of DynamoDB's size of the rows; the row that reaches it is the page's last.
  std::uint64_t item_bytes = 1u << 20;
};

/// A range over the range key inside one hash key. Values are of the schema's type.
struct RangeCondition {
  std::optional<Value> lower;
  bool lower_inclusive = true;
  std::optional<Value> upper;
  bool upper_inclusive = true;
  std::optional<Value> begins_with;  ///< string or binary; alone.
};

struct QuerySpec {
  TableRef table;
  std::string index;  ///< Empty: the table itself.
  Value hash;
  RangeCondition range;
  bool forward = true;
  std::optional<std::string> start;  ///< Exclusive; from position_of.
  PageLimits limits;
};

struct ScanSpec {
  TableRef table;
  std::string index;
  std::uint32_t segment = 0;
  std::uint32_t segments = 1;
  std::optional<std::string> start;  ///< Exclusive; from position_of.
  PageLimits limits;
};

/// The catalogue and the rows of all tables of one account and region. Thread-safe; coroutines.
/// Every write of a row holds its table's descriptor shared; whoever changes a descriptor holds it
/// exclusive. Errors beside those named: the store's.
class Tables {
 public:
  Tables(store::Store& store, Runtime& runtime, RowCodecs codecs);
  ~Tables();

  // --- the catalogue: catalogue.cc
  // ---------------------------------------------------------------------

  /// already_exists: a table of that name is there.
  Task<Result<TableRef>> create(TableSpec spec, Deadline deadline);
  /// not_found. From a cache; a write looks at the version again, inside its transaction.
  Task<Result<TableRef>> find(std::string name, Deadline deadline);
  /// At most `limit` names, in byte order, that begin with `prefix` and come after `after`.
  Task<Result<std::vector<std::string>>> list(std::string prefix, std::string after,
                                              std::size_t limit);
  /// Gives the descriptor that was dropped. `permit` (may be empty) runs inside the transaction,
  /// with the descriptor held exclusive; its error aborts the drop (a bucket that is not empty).
  using Permit = std::function<Task<Result<>>(store::Transaction&, const TableDescriptor&)>;
  Task<Result<TableRef>> drop(std::string name, Permit permit, Deadline deadline);
  /// Replaces properties or log images by a function of the descriptor, or changes its global
  /// indexes (other fields must stay). One that the function adds, without partitions, is built
  /// from then on: every write keeps it, IndexBackfill gives it the rows that were there before.
  /// One that it removes is gone at the commit, rows and all. invalid_argument, too_large: not such
  /// indexes.
  Task<Result<TableRef>> alter(std::string name, std::function<Result<>(TableDescriptor&)> change,
                               Deadline deadline);
  /// Cuts the partition that holds `at` (an encoded key without its kind byte), of the table itself
  /// (`index` empty) or of a global index. invalid_argument: `at` is a partition's lower bound, or
  /// cuts through a hash key of a table with local indexes.
  Task<Result<TableRef>> split(std::string name, std::string index, std::string at,
                               Deadline deadline);

  // --- rows: write.cc, read.cc
  // -------------------------------------------------------------------------

  /// All of the writes or none, in one transaction: reads the old rows, asks each `decide`, keeps
  /// the indexes, appends the changes. invalid_argument: a row named twice, or an indexed attribute
  /// of a wrong type. not_found: a table was dropped, or dropped and made anew, meanwhile.
  Task<Result<store::Commit>> write(std::vector<RowWrite> writes, Deadline deadline);

  /// Runs `body` with the table's descriptor shared and the latches held. Errors as of write.
  Task<Result<store::Commit>> write_beside(SideWrite write, Deadline deadline);
  /// Rows of a kind in [begin, end) of their keys without kind byte, across partitions; `end`
  /// empty: no bound. At most a store's page; one partition's rows are of one moment.
  Task<Result<SidePage>> scan_beside(TableRef table, RowKind kind, std::string begin,
                                     std::string end, store::ScanLimits limits, Deadline deadline);
  /// Rows of several kinds under one key, of one moment: raw values, in the order of `rows` (with
  /// kind bytes).
  Task<Result<std::vector<std::optional<std::string>>>> get_beside(TableRef table, std::string key,
                                                                   std::vector<std::string> rows,
                                                                   Deadline deadline);

  /// What is durable; none: no such row.
  Task<Result<std::optional<StoredRow>>> get(TableRef table, PrimaryKey key, Deadline deadline);
  /// The same and a row of another kind beside it, of one moment (an object and its inline bytes).
  struct RowAndBeside {
    std::optional<StoredRow> row;
    std::optional<std::string> beside;  ///< The raw value, record header and all.
  };
  Task<Result<RowAndBeside>> get_with(TableRef table, PrimaryKey key, RowKind beside,
                                      Deadline deadline);

  /// One hash key's rows, of the table or an index, in range key order.
  Task<Result<RowPage>> query(QuerySpec spec, Deadline deadline);
  /// All rows, or a segment's share of them, in placement order.
  Task<Result<RowPage>> scan(ScanSpec spec, Deadline deadline);

  store::Store& store() { return store_; }
  Runtime& runtime() { return runtime_; }

 private:
  friend class SplitPolicy;
  friend class TogetherReader;
  friend class IndexBackfill;
  class DescriptorCache;
  class LoadSampler;

  Task<Result<>> change_catalogue(std::vector<store::DeclaredKey> declared, const store::Body& body,
                                  Deadline deadline);
  Task<Result<TableRef>> reload(TableRef stale, Deadline deadline);
  Task<Result<store::Commit>> write_once(const std::vector<RowWrite>& writes, bool& stale,
                                         Deadline deadline);
  Task<Result<store::Commit>> write_beside_once(const SideWrite& write, bool& stale,
                                                Deadline deadline);
  Task<Result<RowPage>> read_range(TableRef table, std::string index, std::string begin,
                                   std::string end, bool forward, PageLimits limits,
                                   Deadline deadline);

  store::Store& store_;
  Runtime& runtime_;
  RowCodecs codecs_;
  std::unique_ptr<DescriptorCache> cache_;
  std::unique_ptr<LoadSampler> sampler_;
};

/// The position of a row in the order of the table or an index, as QuerySpec::start wants it, from
/// its key attributes (an ExclusiveStartKey): the table's keys and, for an index, the index's too.
Result<std::string> position_of(const TableDescriptor& table, std::string_view index,
                                ItemView item);

/// The key attributes of `item`; invalid_argument: one is missing or of another type (the message
/// names it).
Result<PrimaryKey> key_of(const KeySchema& keys, ItemView item);

}  // namespace dyad::table
