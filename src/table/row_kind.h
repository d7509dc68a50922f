#pragma once

#include <cstdint>

namespace dyad::table {

/// The first byte of every row key (store/store.h: kind). On disk: never renumber.
enum class RowKind : std::uint8_t {
  catalogue = 0x01,     ///< Catalogue partition only: table descriptors and what belongs to them.
  current = 0x10,       ///< An item, or the object that a plain GET sees.
  version = 0x11,       ///< Older versions and delete markers of objects.
  index = 0x18,         ///< A row of a global index, in the index's own partitions.
  local_index = 0x20,   ///< 0x20 + n: a row of the n-th local index, beside its item. n < 8.
  inline_bytes = 0x30,  ///< The bytes of a small object, never inside the object's row.
  part_list = 0x31,     ///< The parts of a completed upload.
  upload = 0x40,        ///< A multipart upload under way.
  upload_part = 0x41,
  reference = 0x50,  ///< A blob lives while such a row names it.
  released = 0x51,   ///< Bytes no row names any more, for the reaper.
};

}  // namespace dyad::table
