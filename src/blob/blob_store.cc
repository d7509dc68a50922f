#include "blob/blob_store.h"

#include "blob/frame_buffer.h"

namespace dyad::blob {

Task<Result<>> BlobWriter::write_frames(FrameBuffer& frames, bool) {
  for (std::size_t i = 0; i < frames.frames(); ++i) {
    DYAD_CO_TRY(co_await write(frames.payload(i)));
  }
  co_return Result<>();
}

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
