#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.h"

namespace dyad {

inline ErrorCode file_error_code(int error_number) {
  switch (error_number) {
    case ENOENT:
      return ErrorCode::not_found;
    case EEXIST:
      return ErrorCode::already_exists;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::no_space;
    default:
      return ErrorCode::io_error;
  }
}

/// "data/000001.log: fdatasync: Input/output error". Reads errno first thing, so call it at once.
inline Error posix_error(const std::string& path, std::string_view operation,
                         int error_number = errno) {
  return Error(file_error_code(error_number), path + ": " + std::string(operation) + ": " +
                                                  std::system_category().message(error_number));
}

}  // namespace dyad
