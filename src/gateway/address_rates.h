#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace dyad::gateway {

/// How fast one address may ask: a bucket of tokens that fills at a rate. Thread-safe; a question
/// costs a short lock of one of several parts.
class AddressRates {
 public:
  /// Addresses that are told apart; those beyond share one bucket, so that many of them cannot
  /// outgrow memory nor pass unseen.
  static constexpr std::size_t kMaxAddresses = 64 * 1024;

  /// `rate_per_s` 0: no limit. `burst`: tokens of a full bucket; 0: twice the rate.
  AddressRates(const Clock& clock, std::uint32_t rate_per_s, std::uint32_t burst);

  bool limits() const { return rate_per_s_ > 0; }
  /// Takes a token of `peer` ("127.0.0.1:50312", "[2001:db8::1]:50312"); false: there is none. An
  /// IPv6 client is known by its first 64 bits, all of which it has.
  bool admit(std::string_view peer);

 private:
  static constexpr std::size_t kParts = 16;
  /// How often a full part looks for places, so that strangers cannot make every question a search.
  static constexpr std::int64_t kSweepEveryUs = 1'000'000;
  struct Bucket {
    double tokens = 0;
    std::int64_t filled_us = 0;
  };
  struct Part {
    std::mutex mutex;
    std::unordered_map<std::string, Bucket> buckets;
    Bucket others;
    std::int64_t swept_us = INT64_MIN / 2;
  };

  void fill(Bucket& bucket, std::int64_t now_us) const;
  Bucket& bucket_of(Part& part, std::string&& address, std::int64_t now_us);

  const Clock& clock_;
  const double rate_per_s_;
  const double burst_;
  std::array<Part, kParts> parts_;
};

/// The address of a peer, without its port: "127.0.0.1", "2001:db8::1".
std::string address_of(std::string_view peer);
/// The part of a peer's address that stands for one client.
std::string client_of(std::string_view peer);

}  // namespace dyad::gateway
