#include "http/connection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "http/client.h"
#include "http/test_stream.h"
#include "runtime/simulation.h"

namespace dyad::http {
namespace {

/// "one two ", a word at a time: nothing of it is there before it is read.
class PiecesBody final : public BodyReader {
 public:
  Task<Result<std::size_t>> read(std::span<char> out) override {
    static constexpr std::string_view kWords[] = {"one ", "two "};
    if (next_ == std::size(kWords)) co_return std::size_t{0};
    const std::string_view word = kWords[next_++];
    std::copy_n(word.data(), word.size(), out.data());
    co_return word.size();
  }
  std::optional<std::uint64_t> length() const override { return 8; }

 private:
  std::size_t next_ = 0;
};

/// Answers by path; notes what it saw.
class TestHandler final : public Handler {
 public:
  Task<void> handle(Request& request, ResponseWriter& response) override {
    const std::string path(request.head.path);
    seen.push_back(std::string(request.head.method) + " " + path);
    if (path == "/echo") {
      const Result<std::string> body = co_await read_all(request.body, 1024 * 1024);
      bodies.push_back(body ? *body : "error: " + body.error().message);
      if (!body) response.set_status(400);
      const std::string text = body ? *body : body.error().message;
      co_await ignore(response.send(text));
    } else if (path == "/stream") {
      co_await ignore(response.begin(std::nullopt));
      for (int i = 0; i < 3; ++i)
        co_await ignore(response.write("piece " + std::to_string(i) + "\n"));
      co_await ignore(response.finish());
    } else if (path == "/pull") {
      StringBody source("pulled");
      co_await ignore(response.send_from(source));
    } else if (path == "/pull-pieces") {
      PiecesBody source;
      co_await ignore(response.send_from(source));
    } else if (path == "/short") {
      co_await ignore(response.begin(10));
      co_await ignore(response.write("half"));
      co_await ignore(response.finish());
    } else if (path == "/silent") {
      co_return;
    } else if (path == "/empty") {
      response.set_status(204);
      co_await ignore(response.send("not sent"));
    } else if (path == "/not-modified") {
      response.set_status(304);
      response.add_header("ETag", "\"x\"");
      co_await ignore(response.send(""));
    } else if (path == "/inject") {
      response.add_header("X-Value", "a\r\nSet-Cookie: b\x7f");
      co_await ignore(response.send("ok"));
    } else {
      response.add_header("X-Path", path);
      co_await ignore(response.send("hello"));
    }
  }

  std::vector<std::string> seen;
  std::vector<std::string> bodies;

 private:
  static Task<void> ignore(Task<Result<>> task) {
    const Result<> result = co_await task;
    (void)result;
  }
};

class ConnectionTest : public testing::Test {
 protected:
  /// Sends `input` and the end, and returns all that the server answered until it closed.
  std::string exchange(const std::string& input, bool end_after = true,
                       std::size_t read_limit = SIZE_MAX) {
    return simulation.run_until(run(input, end_after, read_limit));
  }

  Task<std::string> run(std::string input, bool end_after, std::size_t read_limit) {
    auto [server, client] = TestStream::pair(read_limit);
    const TestStream& sent = *server;
    Connection connection(std::move(server), handler, simulation.clock(), options, head_memory);
    bool over = false;
    Executor::current()->spawn(serve(connection, over));
    const std::string_view pieces[] = {input};
    (void)co_await client->write(pieces, Deadline::never());
    if (end_after) (void)co_await client->shutdown(Deadline::never());
    std::string answer = co_await read_to_end(*client);
    writes = sent.writes;
    client->abort();
    while (!over) co_await SleepUntil(simulation.clock().steady_us() + 1000);
    co_return answer;
  }
  static Task<void> serve(Connection& connection, bool& over) {
    co_await connection.run();
    connection.abort();  // What the end of the connection's life does to a socket.
    over = true;
  }
  static Task<std::string> read_to_end(Stream& stream) {
    std::string all, buffer(4096, '\0');
    for (;;) {
      const Result<std::size_t> count = co_await stream.read(buffer, Deadline::never());
      if (!count || *count == 0) co_return all;
      all.append(buffer, 0, *count);
    }
  }

  Simulation simulation{1};
  TestHandler handler;
  int writes = 0;  ///< Of the server, in the last exchange.
  ConnectionOptions options;
  MemoryBudget all_heads{110'000};
  LocalBudget head_memory{all_heads};
};

int count_of(std::string_view text, std::string_view part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

const std::string kHost = " HTTP/1.1\r\nHost: h\r\n";

TEST_F(ConnectionTest, AnswersWithDateAndLength) {
  const std::string answer = exchange("GET /a" + kHost + "\r\n");
  EXPECT_EQ(answer,
            "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nX-Path: "
            "/a\r\nContent-Length: 5\r\n\r\nhello");
}

TEST_F(ConnectionTest, PipelinedRequestsAreAnsweredInOrderHoweverTheyCome) {
  const std::string input =
      "\r\nPOST /echo" + kHost + "Content-Length: 5\r\n\r\nfirstPOST /echo" + kHost +
      "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nsec\r\n003\r\nond\r\n0\r\nT: v\r\n\r\n" +
      "GET /z" + kHost + "Connection: close\r\n\r\nGET /never" + kHost + "\r\n";
  for (const std::size_t read_limit : {std::size_t{1}, std::size_t{2}, std::size_t{7}, SIZE_MAX}) {
    handler = {};
    const std::string answer = exchange(input, true, read_limit);
    EXPECT_EQ(handler.bodies, (std::vector<std::string>{"first", "second"})) << answer;
    EXPECT_EQ(handler.seen, (std::vector<std::string>{"POST /echo", "POST /echo", "GET /z"}));
    EXPECT_EQ(count_of(answer, "HTTP/1.1 200 OK"), 3);
    EXPECT_EQ(count_of(answer, "Connection: close"), 1);
  }
}

TEST_F(ConnectionTest, StreamsChunkedAndByLength) {
  EXPECT_TRUE(
      exchange("GET /stream" + kHost + "\r\n")
          .ends_with("Transfer-Encoding: chunked\r\n\r\n8\r\npiece 0\n\r\n8\r\npiece 1\n\r\n"
                     "8\r\npiece 2\n\r\n0\r\n\r\n"));
  EXPECT_TRUE(exchange("GET /pull" + kHost + "\r\n").ends_with("Content-Length: 6\r\n\r\npulled"));
  EXPECT_TRUE(
      exchange("GET /pull-pieces" + kHost + "\r\n").ends_with("Content-Length: 8\r\n\r\none two "));
  const std::string old = exchange("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(old.ends_with("Connection: close\r\n\r\npiece 0\npiece 1\npiece 2\n")) << old;
}

TEST_F(ConnectionTest, WhatIsInMemoryGoesOutWithItsHead) {
  EXPECT_TRUE(exchange("GET /pull" + kHost + "\r\n").ends_with("\r\n\r\npulled"));
  EXPECT_EQ(writes, 1);
}

TEST_F(ConnectionTest, HeadAnd204And304HaveNoBody) {
  const std::string head =
      exchange("HEAD /a" + kHost + "\r\nHEAD /stream" + kHost + "\r\nHEAD /pull" + kHost + "\r\n");
  EXPECT_EQ(count_of(head, "HTTP/1.1 200 OK"), 3);
  EXPECT_EQ(count_of(head, "hello") + count_of(head, "piece") + count_of(head, "pulled"), 0);
  EXPECT_EQ(count_of(head, "Content-Length: 5"), 1);
  EXPECT_EQ(count_of(head, "Content-Length: 6"), 1);
  const std::string none =
      exchange("GET /empty" + kHost + "\r\nGET /not-modified" + kHost + "\r\n");
  EXPECT_EQ(count_of(none, "Content-Length"), 0) << none;
  EXPECT_EQ(count_of(none, "not sent"), 0);
  EXPECT_EQ(count_of(none, "HTTP/1.1 304 Not Modified"), 1);
}

TEST_F(ConnectionTest, ContinueIsSentWhenTheBodyIsRead) {
  auto scenario = [this]() -> Task<void> {
    auto [server, client] = TestStream::pair();
    Connection connection(std::move(server), handler, simulation.clock(), options, head_memory);
    bool over = false;
    Executor::current()->spawn(serve(connection, over));
    const std::string head =
        "PUT /echo" + kHost + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    const std::string_view head_pieces[] = {head};
    (void)co_await client->write(head_pieces, Deadline::never());
    std::string buffer(1000, '\0');
    const auto first = co_await client->read(buffer, Deadline::never());
    EXPECT_EQ(buffer.substr(0, *first), "HTTP/1.1 100 Continue\r\n\r\n");
    const std::string_view body_pieces[] = {"body"};
    (void)co_await client->write(body_pieces, Deadline::never());
    const auto second = co_await client->read(buffer, Deadline::never());
    EXPECT_TRUE(buffer.substr(0, *second).ends_with("\r\n\r\nbody"));
    // Refused without reading: no 100, and the connection ends, since the body may or may not
    // follow.
    const std::string refused =
        "PUT /other" + kHost + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    const std::string_view refused_pieces[] = {refused};
    (void)co_await client->write(refused_pieces, Deadline::never());
    const std::string rest = co_await read_to_end(*client);
    EXPECT_EQ(count_of(rest, "100 Continue"), 0);
    EXPECT_EQ(count_of(rest, "Connection: close"), 1);
    client->abort();
    while (!over) co_await SleepUntil(simulation.clock().steady_us() + 1000);
  };
  simulation.run_until(scenario());
}

TEST_F(ConnectionTest, ContinueIsSentForABodyToldToBeEmpty) {
  const std::string expecting = kHost + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n";
  const std::string read = exchange("PUT /echo" + expecting + "GET /echo" + kHost + "\r\n");
  EXPECT_EQ(count_of(read, "100 Continue"), 0) << "what follows came without waiting";
  EXPECT_EQ(count_of(read, "HTTP/1.1 200 OK"), 2);
  const std::string waited = exchange("PUT /echo" + expecting);
  EXPECT_EQ(count_of(waited, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), 1);
  EXPECT_EQ(count_of(waited, "Connection: close"), 0);
  // Refused unread: its sender knows by the connection's end that there is nothing to wait for.
  const std::string refused = exchange("PUT /other" + expecting);
  EXPECT_EQ(count_of(refused, "100 Continue"), 0);
  EXPECT_EQ(count_of(refused, "Connection: close"), 1);
  // Without a length there is no body to go on with.
  EXPECT_EQ(
      count_of(exchange("GET /echo" + kHost + "Expect: 100-continue\r\n\r\n"), "100 Continue"), 0);
}

TEST_F(ConnectionTest, UnreadBodiesAreDrainedUpToTheLimit) {
  options.drain_bytes = 100;
  std::string answer = exchange("PUT /a" + kHost + "Content-Length: 100\r\n\r\n" +
                                std::string(100, 'x') + "GET /b" + kHost + "\r\n");
  EXPECT_EQ(handler.seen.size(), 2u);
  handler.seen.clear();
  answer = exchange("PUT /a" + kHost + "Content-Length: 101\r\n\r\n" + std::string(101, 'x') +
                    "GET /b" + kHost + "\r\n");
  EXPECT_EQ(handler.seen.size(), 1u);
  EXPECT_EQ(count_of(answer, "Connection: close"), 1);
  handler.seen.clear();
  answer = exchange("PUT /a" + kHost + "Transfer-Encoding: chunked\r\n\r\n65\r\n" +
                    std::string(101, 'x') + "\r\n0\r\n\r\nGET /b" + kHost + "\r\n");
  EXPECT_EQ(handler.seen.size(), 1u);
}

TEST_F(ConnectionTest, MalformedRequestsAreRefusedAndNothingAfterThemIsServed) {
  const std::string answer = exchange(
      "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nGET "
      "/b" +
      kHost + "\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(answer.ends_with("there are both Content-Length and Transfer-Encoding\n"));
  EXPECT_EQ(count_of(answer, "Connection: close"), 1);
  EXPECT_TRUE(handler.seen.empty());
}

TEST_F(ConnectionTest, BrokenBodiesAreErrorsAndEndTheConnection) {
  const auto body_of = [this](const std::string& framing_and_body) {
    handler = {};
    const std::string answer =
        exchange("POST /echo" + kHost + framing_and_body + "GET /b" + kHost + "\r\n");
    EXPECT_EQ(handler.seen.size(), 1u) << framing_and_body;
    return handler.bodies.empty() ? "none" : handler.bodies[0];
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n\r\n";
  const std::string bad_size = "error: a chunk size is malformed";
  for (const std::string line : {"", "x", "-1", " 5", "5 ", "0x5", "1000000000000000", "5;\x01"})
    EXPECT_EQ(body_of(chunked + line + "\r\nhello\r\n0\r\n\r\n"), bad_size) << line;
  EXPECT_EQ(body_of(chunked + "5\nhello\r\n0\r\n\r\n"),
            "error: a line of the chunk framing does not end with CR LF");
  EXPECT_EQ(body_of(chunked + "4\r\nhello\r\n0\r\n\r\n"),
            "error: a chunk is longer than its size says");
  EXPECT_EQ(body_of(chunked + "5;" + std::string(MessageBody::kMaxChunkLineBytes, 'x') +
                    "\r\nhello\r\n0\r\n\r\n"),
            "error: a line of the chunk framing is too long");
  std::string trailers;
  while (trailers.size() <= MessageBody::kMaxTrailerBytes) trailers += "name: value\r\n";
  EXPECT_TRUE(body_of(chunked + "0\r\n" + trailers + "\r\n").starts_with("error: "));
}

TEST_F(ConnectionTest, ABodyThatEndsEarlyIsAnError) {
  exchange("POST /echo" + kHost + "Content-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(handler.bodies.at(0), "error: the body ended before its announced length");
  handler = {};
  exchange("POST /echo" + kHost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  EXPECT_EQ(handler.bodies.at(0), "error: the body ended inside its chunk framing");
  handler = {};
  exchange("POST /echo" + kHost + "Content-Length: 2000000\r\n\r\n");
  EXPECT_EQ(handler.bodies.at(0), "error: the body is longer than 1048576 bytes");
}

TEST_F(ConnectionTest, AnAnswerThatBreaksOffIsNotTakenForWhole) {
  const std::string answer = exchange("GET /short" + kHost + "\r\nGET /b" + kHost + "\r\n", false);
  EXPECT_EQ(handler.seen.size(), 1u);
  const std::string silent = exchange("GET /silent" + kHost + "\r\n");
  EXPECT_TRUE(silent.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
}

TEST_F(ConnectionTest, HeaderValuesCannotBeginAnotherHeader) {
  const std::string answer = exchange("GET /inject" + kHost + "\r\n");
  EXPECT_EQ(count_of(answer, "X-Value: a  Set-Cookie: b \r\n"), 1) << answer;
}

TEST_F(ConnectionTest, SlowClientsAreDropped) {
  const auto seconds = [this](const std::string& input) {
    const std::int64_t before = simulation.clock().steady_us();
    exchange(input, false);
    return static_cast<double>(simulation.clock().steady_us() - before) / 1e6;
  };
  EXPECT_NEAR(seconds(""), 75, 1);
  EXPECT_NEAR(seconds("GET / HT"), 20, 1);
  EXPECT_NEAR(seconds("\r"), 20, 1);
  // The grace, and nothing earned.
  EXPECT_NEAR(seconds("POST /echo" + kHost + "Content-Length: 10\r\n\r\n"), 20, 1);
  EXPECT_EQ(handler.bodies.at(0), "error: too slow");
}

TEST_F(ConnectionTest, ABodyMustKeepTheMinimumRate) {
  options.pace = {.min_bytes_per_s = 1000, .grace_ms = 2000, .stall_ms = 60'000};
  auto scenario = [this]() -> Task<void> {
    auto [server, client] = TestStream::pair();
    Connection connection(std::move(server), handler, simulation.clock(), options, head_memory);
    bool over = false;
    Executor::current()->spawn(serve(connection, over));
    const std::string head = "POST /echo" + kHost + "Content-Length: 100000\r\n\r\n";
    const std::string_view head_pieces[] = {head};
    (void)co_await client->write(head_pieces, Deadline::never());
    // Half the rate asked for: it is used up after four seconds.
    const std::int64_t before = simulation.clock().steady_us();
    const std::string piece(50, 'x');
    while (handler.bodies.empty()) {
      co_await SleepUntil(simulation.clock().steady_us() + 100'000);
      const std::string_view pieces[] = {piece};
      (void)co_await client->write(pieces, Deadline::never());
    }
    EXPECT_NEAR(static_cast<double>(simulation.clock().steady_us() - before) / 1e6, 4.0, 0.3);
    EXPECT_EQ(handler.bodies[0], "error: too slow");
    client->abort();
    while (!over) co_await SleepUntil(simulation.clock().steady_us() + 1000);
  };
  simulation.run_until(scenario());
}

TEST_F(ConnectionTest, StopEndsAnIdleConnectionAtOnce) {
  auto scenario = [this]() -> Task<void> {
    auto [server, client] = TestStream::pair();
    Connection connection(std::move(server), handler, simulation.clock(), options, head_memory);
    bool over = false;
    Executor::current()->spawn(serve(connection, over));
    co_await SleepUntil(simulation.clock().steady_us() + 1000);
    connection.stop();
    co_await SleepUntil(simulation.clock().steady_us() + 1000);
    EXPECT_TRUE(over);
  };
  simulation.run_until(scenario());
}

TEST_F(ConnectionTest, SmallAnswersAreOneWrite) {
  auto scenario = [this]() -> Task<void> {
    auto [server, client] = TestStream::pair();
    TestStream& stream = *server;
    Connection connection(std::move(server), handler, simulation.clock(), options, head_memory);
    bool over = false;
    Executor::current()->spawn(serve(connection, over));
    Client http(std::move(client), simulation.clock());
    const Header headers[] = {{"Host", "h"}};
    for (int i = 0; i < 3; ++i) {
      const Client::RequestLine line{"POST", "/echo"};
      EXPECT_TRUE(co_await http.send(line, headers, "ping"));
      const auto head = co_await http.receive();
      EXPECT_TRUE(head);
      if (!head) co_return;
      EXPECT_EQ((*head)->status, 200);
      const auto body = co_await read_all(http.body(), 100);
      EXPECT_EQ(*body, "ping");
      EXPECT_TRUE(http.reusable());
    }
    EXPECT_EQ(stream.writes, 3);
    http.stream().abort();
    while (!over) co_await SleepUntil(simulation.clock().steady_us() + 1000);
  };
  simulation.run_until(scenario());
}

TEST_F(ConnectionTest, TheClientReadsChunkedAnswersAndContinue) {
  auto scenario = [this]() -> Task<void> {
    auto [server, client] = TestStream::pair(3);
    Connection connection(std::move(server), handler, simulation.clock(), options, head_memory);
    bool over = false;
    Executor::current()->spawn(serve(connection, over));
    Client http(std::move(client), simulation.clock());
    const Header expecting[] = {{"Host", "h"}, {"Expect", "100-continue"}, {"Content-Length", "4"}};
    const Client::RequestLine put{"PUT", "/echo"};
    EXPECT_TRUE(co_await http.send_head(put, expecting));
    EXPECT_TRUE(co_await http.write("data"));
    EXPECT_TRUE(co_await http.receive());
    const auto echoed = co_await read_all(http.body(), 100);
    EXPECT_EQ(*echoed, "data");
    const Header headers[] = {{"Host", "h"}};
    const Client::RequestLine get{"GET", "/stream"};
    EXPECT_TRUE(co_await http.send(get, headers, ""));
    EXPECT_TRUE(co_await http.receive());
    EXPECT_FALSE(http.body().length());
    const auto streamed = co_await read_all(http.body(), 100);
    EXPECT_EQ(*streamed, "piece 0\npiece 1\npiece 2\n");
    http.stream().abort();
    while (!over) co_await SleepUntil(simulation.clock().steady_us() + 1000);
  };
  simulation.run_until(scenario());
}

TEST_F(ConnectionTest, LargeHeadsShareABudgetAndSmallOnesNeedNone) {
  const std::string large = "GET /large" + kHost + "X: " + std::string(40'000, 'x') + "\r\n\r\n";
  auto scenario = [this, large]() -> Task<void> {
    auto [server, client] = TestStream::pair();
    Connection connection(std::move(server), handler, simulation.clock(), options, head_memory);
    bool over = false;
    Executor::current()->spawn(serve(connection, over));
    const std::string_view unfinished[] = {std::string_view(large).substr(0, 39'000)};
    (void)co_await client->write(unfinished, Deadline::never());
    co_await SleepUntil(simulation.clock().steady_us() + 1000);

    const std::string refused = co_await run(large, true, SIZE_MAX);
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
    EXPECT_NE(refused.find("Connection: close"), std::string::npos) << refused;
    const std::string small = co_await run("GET /small" + kHost + "\r\n", true, SIZE_MAX);
    EXPECT_TRUE(small.starts_with("HTTP/1.1 200 ")) << small;

    // What waited is served, and its memory is there for others while the connection is idle.
    const std::string_view rest[] = {std::string_view(large).substr(39'000)};
    (void)co_await client->write(rest, Deadline::never());
    std::string answer(4096, ' ');
    const auto count = co_await client->read(answer, Deadline::never());
    EXPECT_TRUE(count);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    co_await SleepUntil(simulation.clock().steady_us() + 1000);
    BudgetShare others(head_memory);
    EXPECT_TRUE(others.add(all_heads.limit_bytes() - BufferedInput::kFirstBytes));
    client->abort();
    while (!over) co_await SleepUntil(simulation.clock().steady_us() + 1000);
  };
  simulation.run_until(scenario());
  EXPECT_EQ(handler.seen, (std::vector<std::string>{"GET /small", "GET /large"}));
  BudgetShare all(head_memory);
  EXPECT_TRUE(all.add(all_heads.limit_bytes()));
}

TEST_F(ConnectionTest, ManyHeadersAndFinishedHeadsCountToo) {
  std::string many = "GET /many" + kHost;
  for (int i = 0; i < 150; ++i) many += "a:\r\n";
  BudgetShare others(head_memory);
  EXPECT_TRUE(others.add(all_heads.limit_bytes() - 5000));
  EXPECT_TRUE(exchange(many + "\r\n").starts_with("HTTP/1.1 503 "));
  // The buffer could grow, and then there is no room for the head.
  const std::string longer = "GET /longer" + kHost + "X: " + std::string(4500, 'x') + "\r\n\r\n";
  EXPECT_TRUE(exchange(longer).starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(handler.seen.empty());
  others.give_back(others.held_bytes());
  EXPECT_TRUE(exchange(many + "\r\n" + longer).starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(handler.seen, (std::vector<std::string>{"GET /many", "GET /longer"}));
}

}  // namespace
}  // namespace dyad::http
