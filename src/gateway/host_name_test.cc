#include "gateway/host_name.h"

#include <gtest/gtest.h>

namespace dyad::gateway {
namespace {

using Service = HostName::Service;

struct Case {
  const char* host;
  Service service;
  const char* bucket;
  const char* path = "/";
};

TEST(HostNames, BucketsAndServices) {
  const HostNames names({"localhost", "Storage.Example.com"});
  const Case cases[] = {
      {"", Service::untold, ""},
      {"127.0.0.1", Service::untold, ""},
      {"127.0.0.1:4566", Service::untold, ""},
      {"[::1]", Service::untold, ""},
      {"[fe80::1]:4566", Service::untold, ""},
      {"localhost:4566", Service::untold, ""},
      {"elsewhere.net", Service::untold, ""},
      {"photos.elsewhere.net", Service::untold, ""},
      {"notlocalhost", Service::untold, ""},

      {"s3.localhost", Service::s3, ""},
      {"s3.us-east-1.localhost:4566", Service::s3, ""},
      {"photos.localhost:4566", Service::s3, "photos"},
      {"photos.s3.localhost", Service::s3, "photos"},
      {"PHOTOS.S3.LocalHost:80", Service::s3, "photos"},
      {"photos.localhost.", Service::s3, "photos"},
      {"photos.s3.eu-west-1.localhost", Service::s3, "photos"},
      {"photos.s3.dualstack.eu-west-1.localhost", Service::s3, "photos"},
      {"photos.s3-eu-west-1.localhost", Service::s3, "photos"},
      {"my.photos.s3.us-gov-west-1.localhost", Service::s3, "my.photos"},
      {"my.s3.photos.s3.localhost", Service::s3, "my.s3.photos"},
      {"my.s3.photos.localhost", Service::s3, "my.s3.photos"},
      {"photos.storage.example.com", Service::s3, "photos"},
      {"photos.s3.storage.example.com", Service::s3, "photos"},
      {"photos.s3.amazonaws.com", Service::s3, "photos"},
      {"photos.s3.us-west-2.amazonaws.com", Service::s3, "photos"},
      {"photos.amazonaws.com", Service::untold, ""},

      {"dynamodb.localhost", Service::dynamodb, ""},
      {"dynamodb.us-east-1.amazonaws.com", Service::dynamodb, ""},
      {"123456789012.ddb.us-east-1.amazonaws.com", Service::dynamodb, ""},
      {"sts.us-east-1.amazonaws.com", Service::sts, ""},
      {"sts.localhost", Service::sts, ""},

      {"123456789012.localhost", Service::s3_control, ""},
      {"123456789012.127.0.0.1:4566", Service::s3_control, ""},
      {"123456789012.elsewhere.net", Service::s3_control, ""},
      {"123456789012.s3-control.us-east-1.amazonaws.com", Service::s3_control, ""},
      {"s3-control.us-east-1.localhost", Service::s3_control, ""},
      {"123456789012.s3.localhost", Service::s3, "123456789012"},
      {"123456789012.s3.localhost", Service::s3_control, "", "/v20180820/configuration"},
      {"1234567890123.localhost", Service::s3, "1234567890123"},
      {"12345678901.localhost", Service::s3, "12345678901"},
      {"123456789012", Service::untold, ""},
  };
  for (const Case& c : cases) {
    const HostName name = names.parse(c.host, c.path);
    EXPECT_EQ(name.service, c.service) << c.host;
    EXPECT_EQ(name.bucket, c.bucket) << c.host;
  }
}

}  // namespace
}  // namespace dyad::gateway
