#include "gateway/address_rates.h"

#include <gtest/gtest.h>

#include "runtime/simulation.h"

namespace dyad::gateway {
namespace {

class AddressRatesTest : public testing::Test {
 protected:
  void advance_ms(std::int64_t ms) {
    simulation_.run_until([](const Clock& clock, std::int64_t us) -> Task<bool> {
      co_await SleepUntil(clock.steady_us() + us);
      co_return true;
    }(simulation_.clock(), ms * 1000));
  }
  int admitted(AddressRates& rates, std::string_view peer, int asked) {
    int count = 0;
    for (int i = 0; i < asked; ++i) count += rates.admit(peer) ? 1 : 0;
    return count;
  }
  Simulation simulation_{1};
};

TEST_F(AddressRatesTest, ABucketEmptiesAndFills) {
  AddressRates rates(simulation_.clock(), 10, 30);
  EXPECT_EQ(admitted(rates, "10.0.0.1:1000", 100), 30);
  advance_ms(500);
  EXPECT_EQ(admitted(rates, "10.0.0.1:2000", 100), 5);
  advance_ms(60'000);
  EXPECT_EQ(admitted(rates, "10.0.0.1:3000", 100), 30);
  EXPECT_EQ(admitted(rates, "10.0.0.2:1000", 100), 30);
}

TEST_F(AddressRatesTest, NoRateIsNoLimit) {
  AddressRates rates(simulation_.clock(), 0, 0);
  EXPECT_FALSE(rates.limits());
  EXPECT_EQ(admitted(rates, "10.0.0.1:1000", 10'000), 10'000);
}

TEST_F(AddressRatesTest, Clients) {
  EXPECT_EQ(client_of("127.0.0.1:50312"), "127.0.0.1");
  EXPECT_EQ(client_of("[::ffff:10.0.0.1]:80"), "10.0.0.1");
  EXPECT_EQ(client_of("[2001:db8:1:2:3:4:5:6]:80"), client_of("[2001:db8:1:2::9]:1234"));
  EXPECT_NE(client_of("[2001:db8:1:2::9]:80"), client_of("[2001:db8:1:3::9]:80"));
  EXPECT_EQ(client_of("[fe80::1%eth0]:80"), client_of("[fe80::2]:80"));
}

TEST_F(AddressRatesTest, TooManyAddressesShareABucket) {
  AddressRates rates(simulation_.clock(), 1, 1);
  const auto peer = [](std::size_t i) {
    return std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." +
           std::to_string(i & 255) + ".1:80";
  };
  std::size_t let_in = 0;
  constexpr std::size_t kAsked = AddressRates::kMaxAddresses * 2;
  for (std::size_t i = 0; i < kAsked; ++i) let_in += rates.admit(peer(i)) ? 1 : 0;
  EXPECT_GE(let_in, AddressRates::kMaxAddresses - 1);
  EXPECT_LE(let_in, AddressRates::kMaxAddresses + 16);
  // Once the buckets are full again, their places are free.
  advance_ms(2'000);
  EXPECT_TRUE(rates.admit("192.168.0.1:80"));
  EXPECT_FALSE(rates.admit("192.168.0.1:80"));
}

}  // namespace
}  // namespace dyad::gateway
