#include "runtime/self_signed.h"

#include <gtest/gtest.h>

namespace dyad {
namespace {

constexpr std::int64_t kNow = 1'767'323'045'000;
constexpr std::int64_t kDay = 24 * 3'600'000;

TEST(SelfSigned, SaysWhatItWasToldToSay) {
  const std::vector<std::string> names = {"DNS:localhost", "DNS:*.s3.localhost", "IP:127.0.0.1",
                                          "IP:::1"};
  const auto made = make_self_signed(names, kNow, 825, 7);
  ASSERT_TRUE(made) << made.error().to_string();
  const auto facts = read_certificate(made->certificate);
  ASSERT_TRUE(facts) << facts.error().to_string();
  EXPECT_EQ(facts->names, (std::vector<std::string>{"DNS:*.s3.localhost", "DNS:localhost",
                                                    "IP:127.0.0.1", "IP:::1"}));
  EXPECT_EQ(facts->expires_ms, kNow - 3'600'000 + 825 * kDay);
  EXPECT_EQ(key_fits(made->certificate, made->key), true);
}

TEST(SelfSigned, AnotherKeyDoesNotFit) {
  const auto one = make_self_signed({"DNS:a"}, kNow, 1, 1);
  const auto two = make_self_signed({"DNS:a"}, kNow, 1, 2);
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->key, two->key);
  EXPECT_EQ(key_fits(one->certificate, two->key), false);
}

TEST(SelfSigned, WhatIsNoCertificateIsAnError) {
  const auto made = make_self_signed({"DNS:a"}, kNow, 1, 1);
  ASSERT_TRUE(made);
  EXPECT_EQ(read_certificate("").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(read_certificate(made->key).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(read_certificate(made->certificate.substr(0, 200)).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(key_fits(made->certificate, "nonsense").error().code, ErrorCode::invalid_argument);
}

TEST(SelfSigned, ANameOfNoFormIsAnError) {
  EXPECT_FALSE(make_self_signed({"IP:not-an-address"}, kNow, 1, 1));
}

}  // namespace
}  // namespace dyad
