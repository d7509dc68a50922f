#include "crypto/signing_key.h"

namespace dyad::crypto {

std::string CredentialScope::text() const {
  std::string text;
  text.reserve(date.size() + region.size() + service.size() + 15);
  text.append(date).append("/").append(region).append("/").append(service).append("/aws4_request");
  return text;
}

HmacSha256 derive_signing_key(std::string_view secret_access_key, const CredentialScope& scope) {
  std::string start = "AWS4";
  start += secret_access_key;
  const auto date_key = HmacSha256(start).sign(scope.date);
  const auto region_key = HmacSha256(as_view(date_key)).sign(scope.region);
  const auto service_key = HmacSha256(as_view(region_key)).sign(scope.service);
  return HmacSha256(as_view(HmacSha256(as_view(service_key)).sign("aws4_request")));
}

const HmacSha256& SigningKeyCache::get(std::string_view access_key,
                                       std::string_view secret_access_key,
                                       const CredentialScope& scope) {
  // No part holds a slash: access keys are alphanumeric, and the scope was split at slashes.
  name_.clear();
  name_.append(access_key).append("/").append(scope.date).append("/").append(scope.region);
  name_.append("/").append(scope.service);

  const auto found = by_name_.find(name_);
  if (found == by_name_.end()) return insert(secret_access_key, scope);
  entries_.splice(entries_.begin(), entries_, found->second);
  Entry& entry = entries_.front();
  if (!constant_time_equal(entry.secret, secret_access_key)) {
    entry.secret = secret_access_key;
    entry.key = derive_signing_key(secret_access_key, scope);
    ++derived_;
  }
  return entry.key;
}

const HmacSha256& SigningKeyCache::insert(std::string_view secret, const CredentialScope& scope) {
  if (!entries_.empty() && entries_.size() >= max_keys_) {
    by_name_.erase(entries_.back().name);
    entries_.pop_back();
  }
  entries_.push_front({name_, std::string(secret), derive_signing_key(secret, scope)});
  by_name_.emplace(entries_.front().name, entries_.begin());
  ++derived_;
  return entries_.front().key;
}

}  // namespace dyad::crypto
