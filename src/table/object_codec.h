#pragma once

#include "table/row_codec.h"

namespace dyad::table {

/// Rows of buckets: the private part says where the bytes are, and letting go of a row releases
/// them.
class ObjectCodec final : public RowCodec {
 public:
  Task<Result<>> release(store::Transaction& tx, const KeyPlace& place, ItemView old_item,
                         std::string_view old_private) override;
  Result<> admit_item_write(ItemView old_item, ItemView new_item) override;
};

}  // namespace dyad::table
