#include "store/store.h"

namespace dyad::store {

Task<Result<std::unique_ptr<Moment>>> Store::hold_moment() {
  co_return fail(ErrorCode::unsupported, "this store keeps nothing that could be backed up");
}

}  // namespace dyad::store
