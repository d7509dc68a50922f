#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

struct ssl_ctx_st;

namespace dyad {

/// A certificate and its key, for the connections a listener accepts. Thread-safe.
class TlsServerContext {
 public:
  /// PEM files: the chain, leaf first, and the unencrypted key. invalid_argument says which is
  /// wrong.
  static Result<std::shared_ptr<TlsServerContext>> load(const std::string& certificate_path,
                                                        const std::string& key_path);

  /// Reads the same files again, all or nothing: on failure the old pair stays. Connections under
  /// way keep what they began with. Blocks on the file system.
  Result<> reload();

  std::shared_ptr<ssl_ctx_st> current() const;

 private:
  TlsServerContext(std::string certificate_path, std::string key_path);

  const std::string certificate_path_;
  const std::string key_path_;
  mutable std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_;
};

/// What a client trusts.
class TlsClientContext {
 public:
  /// Trusts the certificates in `ca_path` (PEM); empty: those of the system. The host's name is
  /// checked.
  static Result<std::shared_ptr<TlsClientContext>> load(const std::string& ca_path);
  /// Trusts anybody. For tests and for measuring one's own server, never for secrets.
  static std::shared_ptr<TlsClientContext> trust_anybody_for_tests();

  ssl_ctx_st* get() const { return context_.get(); }
  bool verifies() const { return verifies_; }

 private:
  TlsClientContext() = default;
  std::shared_ptr<ssl_ctx_st> context_;
  bool verifies_ = true;
};

/// "tls handshake: ...", the oldest entry of OpenSSL's error queue, which is emptied.
std::string tls_error_text(const std::string& what);

}  // namespace dyad
