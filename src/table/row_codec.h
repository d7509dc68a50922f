#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"
#include "runtime/task.h"
#include "store/store.h"
#include "table/descriptor.h"
#include "table/item.h"
#include "table/row_kind.h"

namespace dyad::table {

/// Where a row lives: partition and encoded key without its kind byte.
struct KeyPlace {
  store::PartitionId partition;
  std::string key;

  std::string row_key(RowKind kind) const;
};

// A row's value: record header | private part | item. The header (table/record.h) begins every
// record: format version, flags, key id, last-write timestamp (patched at commit), origin region.
// The private part belongs to the codec and is empty for DynamoDB items; the item part is what
// queries and indexes see.

/// What differs between tables of items and tables of objects. One instance a kind, stateless.
class RowCodec {
 public:
  virtual ~RowCodec() = default;

  /// A row is replaced by its owner, or erased by anybody: lets go of what its private part held
  /// (releases an object's bytes). Runs inside the transaction, before the new row's own side rows
  /// are written.
  virtual Task<Result<>> release(store::Transaction& tx, const KeyPlace& place, ItemView old_item,
                                 std::string_view old_private) = 0;

  /// May a plain item write (not the owning service's) turn `old_item` (empty: none) into
  /// `new_item` (empty: erased)? System attributes of an object may not be changed through the
  /// table, and an object cannot be made without bytes. invalid_argument, in words for the user.
  virtual Result<> admit_item_write(ItemView old_item, ItemView new_item) = 0;
};

/// The codecs by kind; handed to Tables by the server.
struct RowCodecs {
  std::shared_ptr<RowCodec> item;
  std::shared_ptr<RowCodec> object;
  RowCodec& of(RowCodecKind kind) const { return kind == RowCodecKind::item ? *item : *object; }
};

}  // namespace dyad::table
