#include "blob/blob_store.h"

namespace dyad::blob {

Result<> BlobStore::admit(std::uint64_t) {
  return {};
}

Result<HeldFile> BlobStore::file_of(BlobId) {
  return fail(ErrorCode::unsupported, "these blobs are kept nowhere");
}

Result<std::vector<HeldFile>> BlobStore::files_beside_blobs() {
  return fail(ErrorCode::unsupported, "these blobs are kept nowhere");
}

}  // namespace dyad::blob
