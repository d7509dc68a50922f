#pragma once

#include <string>

#include "base/result.h"
#include "runtime/files.h"

namespace dyad::server {

// What a person is told when a start fails: what was wrong, and in lines below it what to do.

/// `error` of opening the data directory, for serving or verifying it.
Error explain_open_error(Files& files, const std::string& data_directory, Error error);

/// `error` of listening on `address`.
Error explain_listen_error(const std::string& address, Error error);

/// invalid_argument: a region's name has letters, digits and dashes, as us-east-1.
Result<> check_region(const std::string& region);

}  // namespace dyad::server
