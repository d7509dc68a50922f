#include <fmt/format.h>

#include "test/hostile/hostile_fixture.h"

namespace dyad::proof {
namespace {

constexpr int kCloseMs = 15'000;

class Smuggling : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new HostileServer({}); }
  static void TearDownTestSuite() {
    EXPECT_TRUE(server_->stop());
    delete server_;
    server_ = nullptr;
  }

  /// A request in full order that must never be answered: it would make an object.
  static std::string hidden() {
    return signed_request(server_->address(), {.method = "PUT", .path = "/bkt/smuggled"}, "got in");
  }
  static bool hidden_was_served() { return server_->ask({.path = "/bkt/smuggled"}, "") != 404; }
  /// The head of a signed request without its framing, on both services' routes.
  static std::string start_of(bool s3, const std::string& lines) {
    Fields fields;
    fields.method = s3 ? "PUT" : "POST";
    fields.path = s3 ? "/bkt/k" : "/";
    if (!s3) fields.target = "GetItem";
    fields.unsigned_lines = lines;
    return signed_request(server_->address(), fields, "", false);
  }
  static Wire::Came send(const std::string& bytes) {
    ++counts().requests;
    Wire wire = server_->connect();
    wire.send(bytes);
    return wire.read_all(kCloseMs);
  }

  static HostileServer* server_;
};
HostileServer* Smuggling::server_ = nullptr;

TEST_F(Smuggling, FramingThatTwoServersReadInTwoWaysIsRefusedAndTheConnectionCloses) {
  const std::string cl = "Content-Length: ", te = "Transfer-Encoding: ";
  const std::vector<std::string> framings = {
      cl + "5\r\n" + te + "chunked\r\n",
      te + "chunked\r\n" + cl + "5\r\n",
      cl + "0\r\n" + te + "chunked\r\n",
      "content-length: 5\r\nTRANSFER-ENCODING: CHUNKED\r\n",
      cl + "5\r\n" + te + "identity\r\n",
      cl + "5\r\n" + te + "\r\n",
      te + "xchunked\r\n",
      te + "chunked, identity\r\n",
      te + "identity, chunked\r\n",
      te + "chunked, chunked\r\n",
      te + "gzip, chunked\r\n",
      te + "chunked;q=1\r\n",
      te + "\"chunked\"\r\n",
      te + "chunked\r\n" + te + "chunked\r\n",
      te + "chunked\r\n" + te + "identity\r\n",
      te + "\x0b"
           "chunked\r\n",
      te + "chunked\x0c\r\n",
      te + "\r\n chunked\r\n",
      "Transfer-Encoding : chunked\r\n",
      "Transfer-Encoding\t: chunked\r\n",
      " Transfer-Encoding: chunked\r\n",
      "X: y\r\n\tTransfer-Encoding: chunked\r\n",
      "X: y\rTransfer-Encoding: chunked\r\n",
      "X: y\nTransfer-Encoding: chunked\r\n",
      te + "chunked\n",
      te + "chunked\r\r\n",
      cl + "5\r\n" + cl + "5\r\n",
      cl + "5\r\n" + cl + "6\r\n",
      cl + "5, 5\r\n",
      cl + "5,6\r\n",
      cl + "-1\r\n",
      cl + "+5\r\n",
      cl + "0x5\r\n",
      cl + "5.0\r\n",
      cl + "5e0\r\n",
      cl + "5 5\r\n",
      cl + "\r\n",
      cl + "18446744073709551616\r\n",
      cl + "99999999999999999999999999\r\n",
      cl + std::string(10'000, '9') + "\r\n",
      cl + std::string(10'000, '0') + "5\r\n",
      "Content-Length : 5\r\n",
      "Content-Length\r\n",
      std::string("X: a\0b\r\n", 8) + cl + "5\r\n",
      "X: y\r\n folded\r\n" + cl + "5\r\n",
      "Host: other\r\n" + cl + "5\r\n",
  };
  for (const bool s3 : {true, false}) {
    for (const std::string& framing : framings) {
      const Wire::Came came = send(start_of(s3, framing) + "0\r\n\r\n" + hidden());
      EXPECT_EQ(came.statuses(), std::vector<int>{400}) << framing.substr(0, 80) << came.bytes;
      EXPECT_TRUE(came.closed) << framing.substr(0, 80);
    }
  }
  EXPECT_FALSE(hidden_was_served());
  EXPECT_TRUE(server_->serves());
}

TEST_F(Smuggling, ChunksFramedWronglyEndTheConnection) {
  const std::vector<std::string> bodies = {
      "+5\r\nhello\r\n0\r\n\r\n",
      "-5\r\nhello\r\n0\r\n\r\n",
      "0x5\r\nhello\r\n0\r\n\r\n",
      "5 \r\nhello\r\n0\r\n\r\n",
      " 5\r\nhello\r\n0\r\n\r\n",
      "5\nhello\r\n0\r\n\r\n",
      "5\rhello\r\n0\r\n\r\n",
      "5\r\nhello0\r\n\r\n",
      "5\r\nhelloXX0\r\n\r\n",
      "5\r\nhello\n0\r\n\r\n",
      "\r\n0\r\n\r\n",
      "g\r\n",
      "ffffffffffffffff\r\nhello",
      "10000000000000005\r\nhello\r\n0\r\n\r\n",
      "fffffffffffffffff\r\nhello",
      std::string(2000, '0') + "\r\n\r\n",
      "5;a=\rb\r\nhello\r\n0\r\n\r\n",
      "5;" + std::string(100'000, 'x') + "\r\nhello\r\n0\r\n\r\n",
      "0\nX: y\r\n\r\n",
      "0\r\nX: y\n\r\n",
      "0\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n",
  };
  for (const bool s3 : {true, false}) {
    for (const std::string& body : bodies) {
      const Wire::Came came =
          send(start_of(s3, "Transfer-Encoding: chunked\r\n") + body + hidden());
      EXPECT_LE(came.statuses().size(), 1u) << body.substr(0, 60) << came.bytes;
      EXPECT_TRUE(came.closed) << body.substr(0, 60);
    }
  }
  EXPECT_FALSE(hidden_was_served());
  EXPECT_TRUE(server_->serves());
}

TEST_F(Smuggling, WhatABodyHoldsIsNoRequestAndTrailersFrameNothing) {
  const std::string next = fmt::format(
      "GET /health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server_->address());
  const std::string inside = hidden();
  for (const bool s3 : {true, false}) {
    const std::string chunk = fmt::format("{:x}\r\n{}\r\n", inside.size(), inside);
    const std::vector<std::string> requests = {
        start_of(s3, fmt::format("Content-Length: {}\r\n", inside.size())) + inside,
        start_of(s3, "Transfer-Encoding: chunked\r\n") + chunk + "0\r\n\r\n",
        start_of(s3, "Transfer-Encoding: chunked\r\n") + chunk + "0\r\nContent-Length: 9\r\n\r\n",
        start_of(s3, "Transfer-Encoding: chunked\r\n") + chunk +
            "0\r\nTransfer-Encoding: chunked\r\nHost: other\r\n\r\n",
    };
    for (const std::string& request : requests) {
      const Wire::Came came = send(request + next);
      const std::vector<int> statuses = came.statuses();
      EXPECT_TRUE(came.closed);
      ASSERT_GE(statuses.size(), 1u) << came.bytes;
      EXPECT_LE(statuses.size(), 2u) << came.bytes;
      if (statuses.size() == 2) {
        EXPECT_EQ(statuses[1], 200) << came.bytes;
      }
    }
  }
  EXPECT_FALSE(hidden_was_served());
}

}  // namespace
}  // namespace dyad::proof
