#include "http/head_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "http/uri.h"

namespace dyad::http {
namespace {

HeadError parse(const std::string& text, RequestHead& out, const HeadLimits& limits = {}) {
  HeadScanner scanner;
  const auto found = scanner.scan(text, limits);
  if (found.error) return found.error;
  if (found.head_bytes == 0) return {-1, "incomplete"};
  return parse_request_head(std::string_view(text).substr(0, found.head_bytes), limits, out);
}

int status_of(const std::string& text, const HeadLimits& limits = {}) {
  RequestHead head;
  return parse(text, head, limits).status;
}

TEST(HeadParser, TakesARequestApart) {
  const std::string text =
      "PUT /bucket/a%20b?partNumber=1&uploadId=x HTTP/1.1\r\nHost: s3.example.com:4566\r\n"
      "content-LENGTH:  42\t\r\nX-Amz-Meta-Name: a  b\xc3\xa9 \r\nX-Two: 1\r\nx-two: "
      "2\r\nEmpty:\r\n"
      "Expect: 100-continue\r\n\r\n";
  RequestHead head;
  ASSERT_FALSE(parse(text, head));
  EXPECT_EQ(head.method, "PUT");
  EXPECT_EQ(head.path, "/bucket/a%20b");
  EXPECT_EQ(head.query, "partNumber=1&uploadId=x");
  EXPECT_EQ(head.host, "s3.example.com:4566");
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 42u);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_EQ(head.value("x-amz-meta-name"), "a  b\xc3\xa9");
  EXPECT_EQ(head.count("X-TWO"), 2u);
  EXPECT_EQ(head.value("empty"), "");
  EXPECT_NE(head.find("empty"), nullptr);
  EXPECT_EQ(head.find("missing"), nullptr);
  EXPECT_EQ(head.signing_view().headers.size(), 7u);
}

TEST(HeadParser, KeepAliveByVersionAndConnection) {
  const auto keep_alive = [](const std::string& version, const std::string& connection) {
    RequestHead head;
    EXPECT_FALSE(parse("GET / " + version + "\r\nHost: h\r\n" + connection + "\r\n", head));
    return head.keep_alive;
  };
  EXPECT_TRUE(keep_alive("HTTP/1.1", ""));
  EXPECT_FALSE(keep_alive("HTTP/1.1", "Connection: foo, Close\r\n"));
  EXPECT_FALSE(keep_alive("HTTP/1.0", ""));
  EXPECT_TRUE(keep_alive("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(HeadParser, RefusesWhatTwoServersCouldReadInTwoWays) {
  const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
  const char* const bad_headers[] = {
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
      "Content-Length: 5\r\nContent-Length: 5\r\n",
      "Content-Length: 5\r\nContent-Length: 6\r\n",
      "Content-Length: 5, 5\r\n",
      "Content-Length: +5\r\n",
      "Content-Length: -5\r\n",
      "Content-Length: 0x5\r\n",
      "Content-Length: 5 5\r\n",
      "Content-Length:\r\n",
      "Content-Length: 99999999999999999999999\r\n",
      "Transfer-Encoding: identity\r\n",
      "Transfer-Encoding: gzip, chunked\r\n",
      "Transfer-Encoding: chunked, chunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: \x0b"
      "chunked\r\n",
      "Transfer-Encoding : chunked\r\n",
      "Content-Length : 5\r\n",
      "A: b\r\n folded\r\n",
      "A: b\r\n\tfolded\r\n",
      " A: b\r\n",
      "A: b\nContent-Length: 5\r\n",
      "A: b\rContent-Length: 5\r\n",
      "A: b\r\r\n",
      "no colon\r\n",
      ": no name\r\n",
      "a b: c\r\n",
      "a\xc3\xa9: c\r\n",
      "a: \x01\r\n",
      "a: \x7f\r\n",
      "Host: h\r\n",
      "Host: g\r\n",
  };
  for (const char* const header : bad_headers)
    EXPECT_EQ(status_of(start + header + "\r\n"), 400) << header;
  EXPECT_EQ(status_of(start + std::string("a: \0b\r\n\r\n", 9)), 400);
  EXPECT_EQ(status_of(start + "Transfer-Encoding: Chunked\r\n\r\n"), 0);
}

TEST(HeadParser, RefusesBadStartLines) {
  const auto with_host = [](std::string line) { return line + "\r\nHost: h\r\n\r\n"; };
  for (const char* const line :
       {"GET /", "GET", "", "GET  HTTP/1.1", " GET / HTTP/1.1", "GET / b HTTP/1.1",
        "GET /\tb HTTP/1.1", "G\x01T / HTTP/1.1", "GET / http/1.1", "GET / XTTP/1.1",
        "GET /# HTTP/1.1", "GET /\xc3\xa9 HTTP/1.1", "GET b HTTP/1.1", "GET * HTTP/1.1",
        "CONNECT h:443 HTTP/1.1", "GET http://other/ HTTP/1.1", "GET ftp://h/ HTTP/1.1",
        "GET http:// HTTP/1.1", "GET / HTTP/1.1 "})
    EXPECT_EQ(status_of(with_host(line)), 400) << line;
  for (const char* const line :
       {"GET / HTTP/2.0", "PRI * HTTP/2.0", "GET / HTTP/1.2", "GET / HTTP/1.11"})
    EXPECT_EQ(status_of(with_host(line)), 505) << line;
  for (const char* const line :
       {"GET / HTTP/1.1", "GET //a?b?c HTTP/1.1", "OPTIONS * HTTP/1.1", "GET http://H/x HTTP/1.1",
        "GET http://h HTTP/1.1", "GET http://h?q HTTP/1.1"})
    EXPECT_EQ(status_of(with_host(line)), 0) << line;
}

TEST(HeadParser, HostIsNeededOnceAndPlain) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 0);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 0);
}

TEST(HeadParser, UnknownExpectationsArePassedOver) {
  for (const char* expectation : {"", "200", "a-miracle"}) {
    RequestHead head;
    const std::string text =
        std::string("PUT / HTTP/1.1\r\nHost: h\r\nExpect: ") + expectation + "\r\n\r\n";
    EXPECT_FALSE(parse(text, head)) << expectation;
    EXPECT_FALSE(head.expects_continue) << expectation;
  }
}

TEST(HeadParser, LimitsAreReachedExactly) {
  const std::string base = "GET / HTTP/1.1\r\nHost: h\r\n";
  std::string headers;
  for (int i = 0; i < 199; ++i) headers += "a: b\r\n";
  EXPECT_EQ(status_of(base + headers + "\r\n"), 0);
  EXPECT_EQ(status_of(base + headers + "a: b\r\n\r\n"), 431);

  const auto with_target = [](std::size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  EXPECT_EQ(status_of(with_target(16 * 1024)), 0);
  EXPECT_EQ(status_of(with_target(16 * 1024 + 1)), 414);

  const std::string rest = "\r\n\r\n";
  const std::size_t room = 64 * 1024 - base.size() - 3 - rest.size();
  EXPECT_EQ(status_of(base + "b: " + std::string(room, 'x') + rest), 0);
  EXPECT_EQ(status_of(base + "b: " + std::string(room + 1, 'x') + rest), 431);
  // A line that never ends is refused as soon as the limit is passed.
  EXPECT_EQ(status_of(base + "b: " + std::string(64 * 1024, 'x')), 431);
}

TEST(HeadParser, ScansEachByteOnceHoweverItComes) {
  const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n\r\nrest";
  HeadScanner scanner;
  for (std::size_t count = 0; count < text.size() - 4; ++count) {
    const auto found = scanner.scan(std::string_view(text).substr(0, count), {});
    EXPECT_FALSE(found.error);
    EXPECT_EQ(found.head_bytes, 0u);
  }
  EXPECT_EQ(scanner.scan(text, {}).head_bytes, text.size() - 4);
}

TEST(HeadParser, SurvivesDamage) {
  const std::string text =
      "PUT /bucket/key?x=y HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nExpect: 100-continue\r\nA: "
      "b\r\n\r\n";
  SeededRandom random(7);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = text;
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n)
      damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
    RequestHead head;
    const HeadError error = parse(damaged, head);
    if (error) continue;
    ++accepted;
    EXPECT_TRUE(head.path.starts_with('/'));
    EXPECT_FALSE(head.host.empty());
    for (const Header& header : head.headers) EXPECT_TRUE(is_token(header.name));
  }
  EXPECT_GT(accepted, 0);
}

TEST(HeadParser, Responses) {
  ResponseHead head;
  const auto parse_response = [&head](std::string_view text, bool to_head) {
    return parse_response_head(text, {}, to_head, head).status;
  };
  ASSERT_EQ(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false), 0);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.reason, "OK");
  EXPECT_EQ(head.framing, Framing::length);
  ASSERT_EQ(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true), 0);
  EXPECT_EQ(head.framing, Framing::none);
  ASSERT_EQ(parse_response("HTTP/1.1 200 OK\r\n\r\n", false), 0);
  EXPECT_EQ(head.framing, Framing::until_close);
  ASSERT_EQ(parse_response("HTTP/1.1 304 \r\nContent-Length: 3\r\n\r\n", false), 0);
  EXPECT_EQ(head.framing, Framing::none);
  EXPECT_EQ(parse_response("HTTP/1.1 abc\r\n\r\n", false), 400);
  EXPECT_EQ(parse_response("HTTP/1.1 200\r\n\r\n", false), 0);
  EXPECT_EQ(parse_response("hello\r\n\r\n", false), 400);
}

TEST(Uri, QueriesAndPaths) {
  const auto query = Query::parse("list-type=2&prefix=a%2Fb+c&acl&empty=&prefix=second");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->value("prefix"), "a/b c");
  EXPECT_EQ(query->all().size(), 5u);
  EXPECT_FALSE(query->find("acl")->has_value);
  EXPECT_TRUE(query->find("empty")->has_value);
  EXPECT_FALSE(query->has("nothing"));
  EXPECT_FALSE(Query::parse("a=%zz"));

  std::string many;
  for (std::size_t i = 0; i < Query::kMaxParameters; ++i) many += "a&";
  EXPECT_TRUE(Query::parse(many));
  EXPECT_EQ(Query::parse(many + "a").error().code, ErrorCode::too_large);

  EXPECT_EQ(*decode_path("/a+b%20c%2F"), "/a+b c/");
  EXPECT_FALSE(decode_path("/%"));
  EXPECT_EQ(encode_path("/a b/\xc3\xa9"), "/a%20b/%C3%A9");
  EXPECT_EQ(encode_query_text("a/b"), "a%2Fb");
}

}  // namespace
}  // namespace dyad::http
