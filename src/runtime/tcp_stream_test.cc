#include "runtime/tcp_stream.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

#include "runtime/connect.h"
#include "runtime/gate.h"
#include "runtime/listener.h"
#include "runtime/sync_wait.h"
#include "runtime/test_runtime.h"
#include "runtime/thread_worker_pool.h"

namespace dyad {
namespace {

using Streams = std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>;

class TcpStreamTest : public testing::Test {
 protected:
  Deadline soon() const { return Deadline::after_ms(clock_, 20'000); }
  Deadline in_ms(std::int64_t ms) const { return Deadline::after_ms(clock_, ms); }

  std::unique_ptr<Listener> listen(ListenOptions options = {}) {
    auto listener = Listener::bind(reactor_, "127.0.0.1:0", options);
    EXPECT_TRUE(listener.has_value());
    return std::move(*listener);
  }
  /// A client's stream and the server's end of it.
  Task<Streams> pair(Listener& listener) {
    auto client = co_await connect(reactor_, listener.address(), {}, soon());
    auto server = co_await listener.accept();
    EXPECT_TRUE(client.has_value() && server.has_value());
    co_return Streams(std::move(*client), std::move(*server));
  }

  SystemClock clock_;
  Reactor reactor_{clock_, "test"};
};

template <class T>
ErrorCode code_of(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::internal : result.error().code;
}

TEST_F(TcpStreamTest, CarriesBytesBothWaysAndTellsTheEnd) {
  const auto listener = listen();
  const auto body = [&]() -> Task<void> {
    auto [client, server] = co_await pair(*listener);
    EXPECT_EQ(client->peer_address(), listener->address());
    EXPECT_FALSE(client->secure());
    const std::vector<std::string_view> pieces = {"", "hello", "", ", ", "world", ""};
    const Result<> written = co_await client->write(pieces, soon());
    EXPECT_TRUE(written.has_value());
    EXPECT_EQ(*co_await read_exactly(*server, 12, soon()), "hello, world");

    const Result<> ended = co_await client->shutdown(soon());
    EXPECT_TRUE(ended.has_value());
    char buffer[8];
    for (int i = 0; i < 3; ++i) {
      const Result<std::size_t> end = co_await server->read(buffer, soon());
      EXPECT_EQ(end.value(), 0u);
    }
    const Result<> answered = co_await write_one(*server, "bye", soon());
    EXPECT_TRUE(answered.has_value());
    EXPECT_EQ(*co_await read_exactly(*client, 3, soon()), "bye");
  };
  sync_wait(reactor_, body());
}

TEST_F(TcpStreamTest, WritesMorePiecesAndBytesThanOneCallTakes) {
  const auto listener = listen();
  // 3 times the pieces of a call, more bytes than the socket buffers hold.
  std::string expected;
  std::vector<std::string> storage;
  for (std::size_t i = 0; i < 3 * TcpStream::kMaxPiecesPerCall; ++i) {
    storage.emplace_back(i % 5 == 0 ? 0 : 50'000 + i, static_cast<char>('a' + i % 26));
    expected += storage.back();
  }
  const std::vector<std::string_view> pieces(storage.begin(), storage.end());
  const auto body = [&]() -> Task<void> {
    auto [client, server] = co_await pair(*listener);
    Gate gate;
    const auto write = [&](Gate::Pass) -> Task<void> {
      const Result<> written = co_await client->write(pieces, soon());
      EXPECT_TRUE(written.has_value());
    };
    reactor_.spawn(write(*gate.enter()));
    const Result<std::string> got = co_await read_exactly(*server, expected.size(), soon());
    EXPECT_TRUE(got.value() == expected);
    co_await gate.close();
  };
  sync_wait(reactor_, body());
}

TEST_F(TcpStreamTest, ADeadlineEndsAReadAndAWrite) {
  const auto listener = listen();
  const auto body = [&]() -> Task<void> {
    auto [client, server] = co_await pair(*listener);
    char byte[1];
    const Deadline deadline = in_ms(20);
    const Result<std::size_t> read = co_await client->read(byte, deadline);
    EXPECT_EQ(code_of(read), ErrorCode::deadline_exceeded);
    EXPECT_TRUE(deadline.passed(clock_));
    const Result<std::size_t> late = co_await client->read(byte, in_ms(-5));
    EXPECT_EQ(code_of(late), ErrorCode::deadline_exceeded);
    // Nobody reads the other end.
    const std::string much(64 << 20, 'x');
    const Result<> written = co_await write_one(*server, much, in_ms(20));
    EXPECT_EQ(code_of(written), ErrorCode::deadline_exceeded);
  };
  sync_wait(reactor_, body());
}

TEST_F(TcpStreamTest, AbortEndsWhatIsUnderWayAndWhatComesLater) {
  const auto listener = listen();
  const auto body = [&]() -> Task<void> {
    auto [client, server] = co_await pair(*listener);
    Gate gate;
    int ended = 0;
    const auto read = [&](Gate::Pass) -> Task<void> {
      char byte[1];
      const Result<std::size_t> got = co_await client->read(byte, soon());
      EXPECT_EQ(code_of(got), ErrorCode::cancelled);
      ++ended;
    };
    const std::string much(64 << 20, 'x');
    const auto write = [&](Gate::Pass) -> Task<void> {
      const Result<> written = co_await write_one(*client, much, soon());
      EXPECT_EQ(code_of(written), ErrorCode::cancelled);
      ++ended;
    };
    reactor_.spawn(read(*gate.enter()));
    reactor_.spawn(write(*gate.enter()));
    co_await SleepUntil(clock_.steady_us() + 5'000);
    EXPECT_EQ(ended, 0);
    client->abort();
    EXPECT_EQ(ended, 0);  // Not from within the call.
    co_await gate.close();
    EXPECT_EQ(ended, 2);
    client->abort();
    char byte[1];
    const Result<std::size_t> later = co_await client->read(byte, soon());
    EXPECT_EQ(code_of(later), ErrorCode::cancelled);
    const Result<> later_write = co_await write_one(*client, "x", soon());
    EXPECT_EQ(code_of(later_write), ErrorCode::cancelled);
    const Result<> later_end = co_await client->shutdown(soon());
    EXPECT_EQ(code_of(later_end), ErrorCode::cancelled);
  };
  sync_wait(reactor_, body());
}

TEST_F(TcpStreamTest, APeerThatResetsIsCancelled) {
  const auto listener = listen();
  const auto body = [&]() -> Task<void> {
    auto [client, server] = co_await pair(*listener);
    const Result<> written = co_await write_one(*client, "unread", soon());
    EXPECT_TRUE(written.has_value());
    EXPECT_EQ(*co_await read_exactly(*server, 1, soon()), "u");
    server.reset();  // With bytes unread: the kernel resets the connection.
    char byte[1];
    const Result<std::size_t> got = co_await client->read(byte, soon());
    EXPECT_EQ(code_of(got), ErrorCode::cancelled);
    const Result<> gone = co_await write_one(*client, "x", soon());
    EXPECT_EQ(code_of(gone), ErrorCode::cancelled);
  };
  sync_wait(reactor_, body());
}

TEST_F(TcpStreamTest, AFastPeerDoesNotKeepTheReactor) {
  const auto listener = listen();
  const auto body = [&]() -> Task<void> {
    auto [client, server] = co_await pair(*listener);
    const std::string much(100'000, 'x');
    const Result<> written = co_await write_one(*client, much, soon());
    EXPECT_TRUE(written.has_value());
    Gate gate;
    bool other_ran = false;
    const auto other = [&](Gate::Pass) -> Task<void> {
      other_ran = true;
      co_return;
    };
    char byte[1];
    const Result<std::size_t> first = co_await server->read(byte, soon());
    EXPECT_TRUE(first.has_value());
    reactor_.spawn(other(*gate.enter()));
    for (int i = 0; i <= TcpStream::kMaxCallsWithoutYield; ++i) {
      const Result<std::size_t> got = co_await server->read(byte, soon());
      EXPECT_EQ(got.value(), 1u);
    }
    EXPECT_TRUE(other_ran);
    co_await gate.close();
  };
  sync_wait(reactor_, body());
}

TEST_F(TcpStreamTest, ConnectSaysWhatIsWrong) {
  const auto attempt = [&](std::string address) -> Task<ErrorCode> {
    auto stream = co_await connect(reactor_, address, {}, soon());
    co_return code_of(stream);
  };
  std::string nobody;
  {
    const auto listener = listen();
    nobody = listener->address();
  }
  EXPECT_EQ(sync_wait(reactor_, attempt(nobody)), ErrorCode::cancelled);
  EXPECT_EQ(sync_wait(reactor_, attempt("no-such-host.invalid:1")), ErrorCode::not_found);
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536", "127.0.0.1:8x",
                          "::1:80", "[]:80", "127.0.0.1:-1"}) {
    EXPECT_EQ(sync_wait(reactor_, attempt(bad)), ErrorCode::invalid_argument) << bad;
  }
}

TEST_F(TcpStreamTest, ConnectResolvesNamesOnAWorker) {
  ThreadWorkerPool workers("resolver", {.threads = 1, .max_queued_jobs = 4});
  const auto attempt = [&]() -> Task<ErrorCode> {
    ConnectOptions options;
    options.resolver = &workers;
    auto stream = co_await connect(reactor_, "no-such-host.invalid:1", options, soon());
    co_return code_of(stream);
  };
  EXPECT_EQ(sync_wait(reactor_, attempt()), ErrorCode::not_found);
}

TEST_F(TcpStreamTest, TwoListenersCannotShareAPort) {
  const auto listener = listen();
  const auto second = Listener::bind(reactor_, listener->address(), {});
  EXPECT_EQ(code_of(second), ErrorCode::already_exists);
  EXPECT_EQ(code_of(Listener::bind(reactor_, "192.0.2.1:0", {})), ErrorCode::not_found);
  EXPECT_EQ(code_of(Listener::bind(reactor_, "example.invalid:0", {})), ErrorCode::not_found);
  EXPECT_EQ(code_of(Listener::bind(reactor_, "nonsense", {})), ErrorCode::invalid_argument);
}

TEST_F(TcpStreamTest, ConnectionsAboveTheLimitAreClosedAndCounted) {
  ListenOptions options;
  options.max_connections = 2;
  const auto listener = listen(options);
  const auto body = [&]() -> Task<void> {
    auto [client1, server1] = co_await pair(*listener);
    auto [client2, server2] = co_await pair(*listener);
    EXPECT_EQ(listener->connections(), 2u);

    Gate gate;
    std::unique_ptr<Stream> server3;
    const auto accept = [&](Gate::Pass) -> Task<void> { server3 = *co_await listener->accept(); };
    reactor_.spawn(accept(*gate.enter()));
    auto turned_away = co_await connect(reactor_, listener->address(), {}, soon());
    EXPECT_TRUE(turned_away.has_value());
    char byte[1];
    const Result<std::size_t> end = co_await (*turned_away)->read(byte, soon());
    EXPECT_EQ(end.value(), 0u);
    EXPECT_EQ(listener->rejected(), 1u);

    server1.reset();  // Makes room.
    EXPECT_EQ(listener->connections(), 1u);
    auto client3 = co_await connect(reactor_, listener->address(), {}, soon());
    co_await gate.close();
    EXPECT_NE(server3, nullptr);
    EXPECT_EQ(listener->accepted(), 3u);
  };
  sync_wait(reactor_, body());
  EXPECT_EQ(listener->connections(), 0u);
}

TEST_F(TcpStreamTest, AcceptingSurvivesTheEndOfDescriptors) {
  const auto listener = listen();
  const auto body = [&]() -> Task<void> {
    // The client's socket is made first; then no number is left for the accepted one.
    auto client = co_await connect(reactor_, listener->address(), {}, soon());
    EXPECT_TRUE(client.has_value());
    rlimit before;
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 3;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    Gate gate;
    bool accepted = false;
    const auto accept = [&](Gate::Pass) -> Task<void> {
      auto server = co_await listener->accept();
      accepted = server.has_value();
    };
    reactor_.spawn(accept(*gate.enter()));
    co_await SleepUntil(clock_.steady_us() + 5'000);
    EXPECT_FALSE(accepted);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    co_await gate.close();
    EXPECT_TRUE(accepted);
  };
  sync_wait(reactor_, body());
}

TEST_F(TcpStreamTest, ServeSpreadsConnectionsAndEndsWhenClosed) {
  Reactors reactors(clock_, 2);
  auto bound = Listener::bind(reactors[0], "localhost:0", {});
  ASSERT_TRUE(bound.has_value());
  Listener& listener = **bound;
  Gate handlers;
  std::atomic<int> on[2] = {0, 0};
  const Listener::Handler handler = [&](std::unique_ptr<Stream> stream) -> Task<void> {
    const std::optional<Gate::Pass> pass = handlers.enter();
    ++on[Executor::current() == &reactors[1]];
    const Result<> echoed = co_await echo(*stream, soon());
    EXPECT_TRUE(echoed.has_value());
  };
  Gate server;
  const auto serve = [&](Gate::Pass) -> Task<void> {
    const Result<> served = co_await listener.serve(reactors, handler);
    EXPECT_EQ(code_of(served), ErrorCode::cancelled);
  };
  reactors[0].spawn(serve(*server.enter()));

  const auto client = [&](int index) -> Task<void> {
    auto stream = co_await connect(reactor_, listener.address(), {}, soon());
    const std::string text = "number " + std::to_string(index);
    const Result<> written = co_await write_one(**stream, text, soon());
    EXPECT_TRUE(written.has_value());
    EXPECT_EQ(*co_await read_exactly(**stream, text.size(), soon()), text);
    const Result<> ended = co_await (*stream)->shutdown(soon());
    EXPECT_TRUE(ended.has_value());
    EXPECT_EQ(*co_await read_exactly(**stream, 1, soon()), "");
  };
  for (int i = 0; i < 20; ++i) sync_wait(reactor_, client(i));
  EXPECT_EQ(on[0].load(), 10);
  EXPECT_EQ(on[1].load(), 10);

  const auto close = [&]() -> Task<void> {
    listener.close();
    co_await server.close();
    co_await handlers.close();
    bound->reset();
  };
  sync_wait(reactors[0], close());
}

}  // namespace
}  // namespace dyad
