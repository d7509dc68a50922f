#include "gateway/s3_address.h"

#include <gtest/gtest.h>

#include <vector>

#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

const std::vector<std::string> kDomains = {"s3.localhost", "localhost", "s3.amazonaws.com"};

struct Case {
  const char* host;
  const char* path;
  const char* bucket;
  const char* key;
  bool virtual_host;
};

TEST(S3Address, PathStyleAndVirtualHost) {
  const Case cases[] = {
      {"127.0.0.1:4566", "/", "", "", false},
      {"127.0.0.1:4566", "/photos", "photos", "", false},
      {"127.0.0.1:4566", "/photos/", "photos", "", false},
      {"127.0.0.1:4566", "/photos/2024/a%20b.jpg", "photos", "2024/a b.jpg", false},
      {"127.0.0.1:4566", "/photos//a", "photos", "/a", false},
      {"[::1]:4566", "/photos/a", "photos", "a", false},
      {"localhost:4566", "/photos/a", "photos", "a", false},
      {"photos.localhost:4566", "/a/b", "photos", "a/b", true},
      {"s3.localhost:4566", "/photos/a", "photos", "a", false},
      {"photos.s3.localhost", "/", "photos", "", true},
      {"my.photos.s3.localhost", "/a", "my.photos", "a", true},
      {"Photos.S3.AmazonAWS.com", "/a", "Photos", "a", true},
      {"example.com", "/photos/a%2Fb%2B+", "photos", "a/b++", false},
  };
  for (const Case& c : cases) {
    const Result<S3Address> address = s3_address(c.host, c.path, kDomains);
    ASSERT_TRUE(address) << c.host << c.path;
    EXPECT_EQ(address->bucket, c.bucket) << c.host << c.path;
    EXPECT_EQ(address->key, c.key) << c.host << c.path;
    EXPECT_EQ(address->virtual_host, c.virtual_host) << c.host << c.path;
  }
}

TEST(S3Address, StrayPercentIsRefused) {
  const Result<S3Address> address = s3_address("localhost", "/photos/100%", kDomains);
  ASSERT_FALSE(address);
  EXPECT_EQ(protocol::service_code(address.error()), "InvalidURI");
}

}  // namespace
}  // namespace dyad::gateway
