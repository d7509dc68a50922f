#include "table/item_codec.h"

namespace dyad::table {

Task<Result<>> ItemCodec::release(store::Transaction&, const KeyPlace&, ItemView,
                                  std::string_view) {
  co_return Result<>();
}

Result<> ItemCodec::admit_item_write(ItemView, ItemView) {
  return {};
}

}  // namespace dyad::table
