#pragma once

#include <string>
#include <string_view>

#include "runtime/reactor.h"
#include "runtime/stream.h"
#include "runtime/system_clock.h"

namespace dyad {

/// Reads until `count` bytes have come, or the end.
inline Task<Result<std::string>> read_exactly(Stream& stream, std::size_t count,
                                              Deadline deadline) {
  std::string result(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const std::span<char> rest(result.data() + have, count - have);
    DYAD_CO_TRY_ASSIGN(const std::size_t more, co_await stream.read(rest, deadline));
    if (more == 0) break;
    have += more;
  }
  result.resize(have);
  co_return result;
}

inline Task<Result<>> write_one(Stream& stream, std::string_view bytes, Deadline deadline) {
  const std::string_view pieces[] = {bytes};
  co_return co_await stream.write(pieces, deadline);
}

/// Sends back what comes, until the end.
inline Task<Result<>> echo(Stream& stream, Deadline deadline) {
  std::string buffer(64 * 1024, '\0');
  while (true) {
    DYAD_CO_TRY_ASSIGN(const std::size_t count, co_await stream.read(buffer, deadline));
    if (count == 0) co_return co_await stream.shutdown(deadline);
    const std::string_view received(buffer.data(), count);
    DYAD_CO_TRY(co_await write_one(stream, received, deadline));
  }
}

}  // namespace dyad
