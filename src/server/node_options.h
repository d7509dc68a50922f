#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dyad::server {

/// What one server process is told when it starts.
struct NodeOptions {
  std::string data_directory;
  std::string listen = "127.0.0.1:4566";
  std::string region = "us-east-1";
  std::string account_id = "000000000000";
  /// PEM files; both or neither. With them the server speaks TLS only.
  std::string tls_certificate;
  std::string tls_key;
  /// Without those two: make a certificate that signs itself, and keep it in the data directory.
  bool tls_self_signed = false;
  /// Domains under which a bucket's name may stand before the host, beside localhost.
  std::vector<std::string> domains;
  /// Signatures of version 2 in S3's headers, presigned URLs and forms.
  bool accept_sigv2 = true;
  /// Of one client address; 0: no limit. A burst of twice as many passes.
  std::uint32_t max_requests_per_s = 0;
  std::uint32_t max_connections_per_s = 0;
  /// What all request bodies together may take that are held while they are read.
  std::uint64_t request_memory_bytes = 256u << 20;
  /// The same for heads, beyond 4 KiB of each (http/server.h).
  std::uint64_t head_memory_bytes = 64u << 20;
  /// Requests are refused while they wait longer for their turn; 0: never.
  std::uint32_t max_wait_ms = 50;
  /// What a client may take for a request's head; for a body on top of what the rate below allows.
  std::int64_t slow_client_ms = 20'000;
  std::int64_t slow_client_bytes_per_s = 4 * 1024;  ///< The slowest a body may go, either way.
  /// Listen beyond loopback in the clear.
  bool insecure = false;
  std::uint32_t reactors = 0;  ///< 0: one a core.
  std::uint32_t max_connections = 10'000;
  std::uint64_t cache_bytes = 256u << 20;
  /// Below this much free disk, writes are refused (503, retryable) until there is room again.
  std::uint64_t reserve_bytes = 256u << 20;
  /// Backups are made under it and nowhere else. Empty: beside the data directory, under its name
  /// with "-backups" behind it.
  std::string backup_directory;
  std::uint32_t inline_object_bytes = 64u << 10;  ///< Objects up to this size ride with their row.
  std::int64_t shutdown_grace_ms = 30'000;
  std::optional<std::string> root_access_key_id;
  std::optional<std::string> root_secret_access_key;
};

}  // namespace dyad::server
