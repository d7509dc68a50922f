#include "blob/check_file.h"

#include <algorithm>
#include <string>

#include "blob/frame.h"

namespace dyad::blob {

Result<> check_blob_file(const RandomReadFile& file, BlobId id,
                         const std::function<Result<>(std::uint64_t bytes)>& before_each) {
  std::string bytes(kHeaderBytes, '\0');
  const auto read = [&](std::uint64_t at, std::size_t length) -> Result<> {
    DYAD_TRY(before_each(length));
    bytes.resize(length);
    DYAD_TRY_ASSIGN(const std::size_t got, file.read_at(at, {bytes.data(), length}));
    bytes.resize(got);
    return {};
  };
  DYAD_TRY(read(0, kHeaderBytes));
  DYAD_TRY(parse_header(id, bytes));
  DYAD_TRY_ASSIGN(const std::uint64_t file_bytes, file.size_bytes());
  DYAD_TRY_ASSIGN(const std::uint64_t payload_bytes, payload_bytes_of_file(id, file_bytes));
  const std::uint32_t frames = frame_count(payload_bytes);
  for (std::uint32_t index = 0; index < frames; ++index) {
    const std::uint64_t at = kHeaderBytes + std::uint64_t{index} * kFrameBytes;
    DYAD_TRY(
        read(at, static_cast<std::size_t>(std::min<std::uint64_t>(kFrameBytes, file_bytes - at))));
    DYAD_TRY(parse_frame(id, index, index + 1 == frames, bytes));
  }
  return {};
}

}  // namespace dyad::blob
