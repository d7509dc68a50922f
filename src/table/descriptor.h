#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/named_type.h"
#include "base/result.h"
#include "store/store.h"
#include "table/item.h"

namespace dyad::table {

struct TableIdTag;
/// Never reused, also not by a later table of the same name.
using TableId = NamedType<std::uint64_t, TableIdTag>;

/// What a table's rows are; chooses the RowCodec (table/row_codec.h). On disk: never renumber.
enum class RowCodecKind : std::uint8_t { item = 1, object = 2 };

/// How keys become positions. On disk: never renumber.
enum class Placement : std::uint8_t {
  hashed = 1,  ///< hash64(hash key), hash key, range key: tables and indexes.
  ordered =
      2,  ///< The range key alone, in its own order; the hash key is the same in all rows: buckets.
};

struct KeyAttribute {
  std::string name;
  Type type = Type::string;  ///< string, number or binary.
  bool operator==(const KeyAttribute&) const = default;
};

struct KeySchema {
  KeyAttribute hash;
  std::optional<KeyAttribute> range;
  bool operator==(const KeySchema&) const = default;
};

struct Projection {
  enum class Kind : std::uint8_t { all = 1, keys_only = 2, include = 3 };
  Kind kind = Kind::all;
  std::vector<std::string> include;
};

/// Which keys lie in which partition: sorted by lower bound, the first one empty.
class PartitionMap {
 public:
  struct Entry {
    std::string lower;  ///< Of the key without its kind byte.
    store::PartitionId partition;
  };
  PartitionMap() = default;
  explicit PartitionMap(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  std::size_t size() const { return entries_.size(); }
  const Entry& operator[](std::size_t i) const { return entries_[i]; }
  /// The entry whose range holds `key` (without its kind byte).
  std::size_t index_of(std::string_view key) const;
  store::PartitionId partition_of(std::string_view key) const {
    return entries_[index_of(key)].partition;
  }
  /// Where the i-th range ends; empty: no bound.
  std::string_view upper(std::size_t i) const {
    return i + 1 < entries_.size() ? std::string_view(entries_[i + 1].lower) : std::string_view();
  }

 private:
  std::vector<Entry> entries_;
};

struct IndexDescriptor {
  enum class Kind : std::uint8_t { global = 1, local = 2 };
  std::string name;
  Kind kind = Kind::global;
  KeySchema keys;
  Projection projection;
  std::uint8_t local_number = 0;  ///< local: its RowKind is local_index + this.
  PartitionMap partitions;        ///< global only.

  /// An index that was added to a table is built (table/index_backfill.h): every write keeps it,
  /// but nobody reads it before it is active. On disk: never renumber.
  enum class State : std::uint8_t {
    active = 1,
    allocating = 2,   ///< Nothing was copied yet.
    backfilling = 3,  ///< The rows that were there before are being copied.
  };
  State state = State::active;
  /// While it is built: the table's version that it came with, which tells it from an earlier index
  /// of its name.
  std::uint64_t since = 0;

  bool building() const { return state != State::active; }
};

/// Which images a table's log entries carry beside the keys: what its followers ask for.
enum class LogImages : std::uint8_t { keys_only = 1, new_image = 2, new_and_old = 3 };

/// Everything about a table that a request needs. Immutable; a change makes a new one of a higher
/// version.
struct TableDescriptor {
  TableId id;
  std::uint64_t version = 0;
  std::string name;
  RowCodecKind codec = RowCodecKind::item;
  Placement placement = Placement::hashed;
  KeySchema keys;
  std::string
      ordered_hash;  ///< Placement::ordered: the one hash key value (a string) that all rows have.
  std::vector<IndexDescriptor> indexes;
  PartitionMap partitions;
  LogImages log_images = LogImages::keys_only;
  std::int64_t created_ms = 0;
  /// What only the owning service reads (billing mode, bucket settings): its own encoding.
  std::string properties;

  const IndexDescriptor* find_index(std::string_view index_name) const;
};

/// In the oldest format that can say it, so that a release from before indexes were built opens all
/// tables that build none.
std::string encode_descriptor(const TableDescriptor& table);
Result<TableDescriptor> decode_descriptor(std::string_view bytes);

}  // namespace dyad::table
