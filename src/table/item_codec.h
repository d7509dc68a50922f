#pragma once

#include "table/row_codec.h"

namespace dyad::table {

/// Rows of DynamoDB tables: nothing private, nothing to let go of, every item write is fine.
class ItemCodec final : public RowCodec {
 public:
  Task<Result<>> release(store::Transaction& tx, const KeyPlace& place, ItemView old_item,
                         std::string_view old_private) override;
  Result<> admit_item_write(ItemView old_item, ItemView new_item) override;
};

}  // namespace dyad::table
