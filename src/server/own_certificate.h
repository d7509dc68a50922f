#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "runtime/files.h"

namespace dyad::server {

// The certificate that a server makes for itself and keeps in its data directory, so that clients
// who were told once to trust it go on doing so.

/// The longest that clients accept of a server's certificate.
constexpr int kOwnCertificateDays = 825;
/// One that ends sooner is made anew at the start.
constexpr int kRenewBeforeDays = 30;

std::string own_certificate_path(const std::string& data_directory);
std::string own_key_path(const std::string& data_directory);

/// Makes certificate and key where they are missing, damaged, for other names or near their end. It
/// is for localhost, *.localhost, s3.localhost, *.s3.localhost, 127.0.0.1 and ::1. Clients on
/// OpenSSL take no star directly under a top name: for them a bucket is a host of s3.localhost.
Result<> ensure_own_certificate(Files& files, Random& random, std::int64_t now_ms,
                                const std::string& data_directory);

}  // namespace dyad::server
