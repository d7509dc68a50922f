#include "gateway/address_rates.h"

#include <arpa/inet.h>

#include <algorithm>
#include <functional>
#include <iterator>

namespace dyad::gateway {
namespace {

/// Of an IPv6 address as text; empty: it is none.
std::string network_of(const std::string& address) {
  in6_addr bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return {};
  constexpr std::size_t kNetworkBytes = 8;
  return std::string(reinterpret_cast<const char*>(bytes.s6_addr), kNetworkBytes);
}

}  // namespace

std::string address_of(std::string_view peer) {
  if (!peer.starts_with('[')) return std::string(peer.substr(0, peer.rfind(':')));
  std::string address(peer.substr(1, peer.find_first_of("]%") - 1));
  // "[::ffff:1.2.3.4]" is version 4 in a socket of version 6.
  constexpr std::string_view mapped = "::ffff:";
  if (address.starts_with(mapped) && address.contains('.')) address.erase(0, mapped.size());
  return address;
}

std::string client_of(std::string_view peer) {
  std::string address = address_of(peer);
  return address.contains(':') ? network_of(address) : address;
}

AddressRates::AddressRates(const Clock& clock, std::uint32_t rate_per_s, std::uint32_t burst)
    : clock_(clock), rate_per_s_(rate_per_s), burst_(burst > 0 ? burst : 2.0 * rate_per_s) {
  for (Part& part : parts_) part.others = {burst_, clock.steady_us()};
}

void AddressRates::fill(Bucket& bucket, std::int64_t now_us) const {
  const double earned = static_cast<double>(now_us - bucket.filled_us) / 1e6 * rate_per_s_;
  bucket.tokens = std::min(burst_, bucket.tokens + earned);
  bucket.filled_us = now_us;
}

AddressRates::Bucket& AddressRates::bucket_of(Part& part, std::string&& address,
                                              std::int64_t now_us) {
  constexpr std::size_t kMaxOfPart = kMaxAddresses / kParts;
  if (const auto found = part.buckets.find(address); found != part.buckets.end())
    return found->second;
  if (part.buckets.size() >= kMaxOfPart && now_us - part.swept_us >= kSweepEveryUs) {
    part.swept_us = now_us;
    // A full bucket is what a new client would get.
    for (auto at = part.buckets.begin(); at != part.buckets.end();) {
      fill(at->second, now_us);
      at = at->second.tokens >= burst_ ? part.buckets.erase(at) : std::next(at);
    }
  }
  if (part.buckets.size() >= kMaxOfPart) return part.others;
  return part.buckets.emplace(std::move(address), Bucket{burst_, now_us}).first->second;
}

bool AddressRates::admit(std::string_view peer) {
  if (!limits()) return true;
  std::string address = client_of(peer);
  const std::int64_t now_us = clock_.steady_us();
  Part& part = parts_[std::hash<std::string>()(address) % kParts];
  const std::lock_guard lock(part.mutex);
  Bucket& bucket = bucket_of(part, std::move(address), now_us);
  fill(bucket, now_us);
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace dyad::gateway
