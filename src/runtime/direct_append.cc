#include "runtime/direct_append.h"

#include <algorithm>
#include <cstring>

#include "runtime/posix_error.h"
#include "runtime/posix_io.h"

namespace dyad {

DirectAppend::DirectAppend(const std::string& path, int fd, std::size_t gathered_bytes)
    : path_(path), fd_(fd), gathered_(gathered_bytes) {}

Result<> DirectAppend::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), gathered_.size_bytes() - gathered_bytes_);
    std::memcpy(gathered_.data() + gathered_bytes_, bytes.data(), count);
    gathered_bytes_ += count;
    bytes.remove_prefix(count);
    if (gathered_bytes_ < gathered_.size_bytes()) break;
    DYAD_TRY(write_fully(path_, fd_, written_bytes_, gathered_.span()));
    written_bytes_ += gathered_bytes_;
    gathered_bytes_ = 0;
  }
  return {};
}

Result<> DirectAppend::end() {
  const std::size_t blocks =
      gathered_bytes_ / AlignedBuffer::kAlignment * AlignedBuffer::kAlignment;
  const std::span<const char> rest = gathered_.span().first(gathered_bytes_);
  DYAD_TRY(write_fully(path_, fd_, written_bytes_, rest.first(blocks)));
  if (!set_direct(fd_, false)) return fail(posix_error(path_, "fcntl"));
  return write_fully(path_, fd_, written_bytes_ + blocks, rest.subspan(blocks));
}

}  // namespace dyad
