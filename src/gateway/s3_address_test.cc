#include "gateway/s3_address.h"

#include <gtest/gtest.h>

#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

struct Case {
  const char* host_bucket;
  const char* path;
  const char* bucket;
  const char* key;
};

TEST(S3Address, PathStyleAndVirtualHost) {
  const Case cases[] = {
      {"", "/", "", ""},
      {"", "/photos", "photos", ""},
      {"", "/photos/", "photos", ""},
      {"", "/photos/2024/a%20b.jpg", "photos", "2024/a b.jpg"},
      {"", "/photos//a", "photos", "/a"},
      {"", "/photos/a%2Fb%2B+", "photos", "a/b++"},
      {"photos", "/", "photos", ""},
      {"my.photos", "/a/b", "my.photos", "a/b"},
      {"photos", "//a", "photos", "/a"},
  };
  for (const Case& c : cases) {
    const Result<S3Address> address = s3_address(c.host_bucket, c.path);
    ASSERT_TRUE(address) << c.path;
    EXPECT_EQ(address->bucket, c.bucket) << c.path;
    EXPECT_EQ(address->key, c.key) << c.path;
    EXPECT_EQ(address->virtual_host, *c.host_bucket != '\0') << c.path;
  }
}

TEST(S3Address, StrayPercentIsRefused) {
  const Result<S3Address> address = s3_address("", "/photos/100%");
  ASSERT_FALSE(address);
  EXPECT_EQ(protocol::service_code(address.error()), "InvalidURI");
}

}  // namespace
}  // namespace dyad::gateway
