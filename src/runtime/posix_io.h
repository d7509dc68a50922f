#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "runtime/unique_fd.h"

// The system calls of files, whole: each goes on after EINTR and after a part. Errors as files.h
// has them; `path` is for their texts only, but for the first two.

namespace dyad {

/// New files get mode 0600.
Result<UniqueFd> open_path(const std::string& path, int flags);
/// Past the page cache (O_DIRECT); through it where the file system has no such thing. Not with
/// O_EXCL: such a file system may have made the file before it refuses.
Result<UniqueFd> open_direct(const std::string& path, int flags);
/// From here on past the page cache, or through it again. False: the file system cannot.
bool set_direct(int fd, bool direct);
Result<std::uint64_t> descriptor_size(const std::string& path, int fd);
/// Fewer bytes only at the end of the file.
Result<std::size_t> read_fully(const std::string& path, int fd, std::uint64_t offset,
                               std::span<char> out);
/// The same; nothing where a page of it is not in memory, or where the file system cannot tell.
Result<std::optional<std::size_t>> read_resident(const std::string& path, int fd,
                                                 std::uint64_t offset, std::span<char> out);
Result<> write_fully(const std::string& path, int fd, std::uint64_t offset,
                     std::span<const char> bytes);
void advise_range(int fd, std::uint64_t offset, std::uint64_t length, bool will_need);

}  // namespace dyad
