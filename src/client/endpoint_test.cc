#include "client/endpoint.h"

#include <gtest/gtest.h>

namespace dyad::client {
namespace {

TEST(Endpoint, IsTakenApartAndPutTogether) {
  const auto plain = Endpoint::parse("http://127.0.0.1:4566");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->secure);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 4566);
  EXPECT_EQ(plain->address(), "127.0.0.1:4566");
  EXPECT_EQ(plain->authority(), "127.0.0.1:4566");
  EXPECT_EQ(plain->url(), "http://127.0.0.1:4566");

  const auto six = Endpoint::parse("https://[::1]:8443/");
  ASSERT_TRUE(six);
  EXPECT_TRUE(six->secure);
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->url(), "https://[::1]:8443");
}

// As the SDKs write Host: what is signed must be what is sent.
TEST(Endpoint, TheSchemesOwnPortIsNotInTheAuthority) {
  const auto named = Endpoint::parse("https://s3.example.com");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->address(), "s3.example.com:443");
  EXPECT_EQ(named->authority(), "s3.example.com");
  EXPECT_EQ(Endpoint::parse("http://[::1]")->authority(), "[::1]");
  EXPECT_EQ(Endpoint::parse("http://h:443")->authority(), "h:443");
}

TEST(Endpoint, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "127.0.0.1:4566", "ftp://h:1", "http://", "http://h:0", "http://h:x", "http://h:99999",
        "http://h/path", "http://user@h", "http://h?x", "http://[::1", "http://h:1\r\nx: y"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(endpoint.error().message.find("expected"), std::string::npos);
  }
}

}  // namespace
}  // namespace dyad::client
