#pragma once

#include <cstdint>
#include <optional>
#include <string>

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
  /// Listen beyond loopback in the clear.
  bool insecure = false;
  std::uint32_t reactors = 0;  ///< 0: one a core.
  std::uint32_t max_connections = 10'000;
  std::uint64_t cache_bytes = 256u << 20;
  /// Below this much free disk, writes are refused (503, retryable) until there is room again.
  std::uint64_t reserve_bytes = 256u << 20;
  std::uint32_t inline_object_bytes = 64u << 10;  ///< Objects up to this size ride with their row.
  std::int64_t shutdown_grace_ms = 30'000;
  std::optional<std::string> root_access_key_id;
  std::optional<std::string> root_secret_access_key;
};

}  // namespace dyad::server
