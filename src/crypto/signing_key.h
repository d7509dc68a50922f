#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "crypto/hmac.h"

namespace dyad::crypto {

/// What a SigV4 signature is valid for. `date` is YYYYMMDD.
struct CredentialScope {
  std::string date;
  std::string region;
  std::string service;

  /// "20130524/us-east-1/s3/aws4_request".
  std::string text() const;
};

/// The key of one secret for one day, region and service: four HMACs, about 1 us.
HmacSha256 derive_signing_key(std::string_view secret_access_key, const CredentialScope& scope);

/// The signing keys used last. Not thread-safe: one a reactor.
class SigningKeyCache {
 public:
  static constexpr std::size_t kMaxKeys = 1024;

  explicit SigningKeyCache(std::size_t max_keys = kMaxKeys) : max_keys_(max_keys) {}
  SigningKeyCache(const SigningKeyCache&) = delete;
  SigningKeyCache& operator=(const SigningKeyCache&) = delete;

  /// Valid until the next call. A key derived from another secret of the same access key is not
  /// used.
  const HmacSha256& get(std::string_view access_key, std::string_view secret_access_key,
                        const CredentialScope& scope);
  std::size_t size() const { return entries_.size(); }
  std::uint64_t derived() const { return derived_; }  ///< How many keys were not found.

 private:
  struct Entry {
    std::string name;
    std::string secret;
    HmacSha256 key;
  };
  using Entries = std::list<Entry>;

  const HmacSha256& insert(std::string_view secret, const CredentialScope& scope);

  std::size_t max_keys_;
  Entries entries_;  ///< The one used last in front.
  std::unordered_map<std::string_view, Entries::iterator> by_name_;  ///< Views into the entries.
  std::string name_;                                                 ///< Scratch.
  std::uint64_t derived_ = 0;
};

}  // namespace dyad::crypto
