#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "table/descriptor.h"
#include "table/item.h"

namespace dyad::table {

/// Why a row changed. On disk: never renumber.
enum class ChangeCause : std::uint8_t { user = 1, expiry = 2, lifecycle = 3, replication = 4 };

/// One entry of a partition's log, as TableDescriptor::log_images asks. Its timestamp is the log
/// entry's. Points into the payload it was decoded from. Images name an object's bytes and never
/// hold them.
struct Change {
  TableId table;
  ChangeCause cause = ChangeCause::user;
  std::string_view key;  ///< Encoded, without kind byte.
  ItemView keys;         ///< The primary key attributes.
  bool erased = false;
  ItemView new_item;     ///< Empty: erased, or not asked for.
  ItemView old_item;     ///< Empty: there was none, or not asked for.
  bool existed = false;  ///< There was an old row, asked for or not.
};

std::string encode_change(const Change& change);
Result<Change> decode_change(std::string_view payload);

}  // namespace dyad::table
