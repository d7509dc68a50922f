#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "http/client.h"
#include "runtime/connect.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"

namespace dyad::http {
namespace {

/// "/slow" answers when it is let go; everything else at once.
class SlowHandler final : public Handler {
 public:
  Task<void> handle(Request& request, ResponseWriter& response) override {
    if (request.head.path == "/slow") {
      waiting = true;
      while (!released) co_await resume_on(*Executor::current());
    }
    const Result<> sent = co_await response.send("done");
    (void)sent;
  }
  std::atomic<bool> waiting{false};
  std::atomic<bool> released{false};
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() { EXPECT_TRUE(server.start("127.0.0.1:0")); }
  ~ServerTest() override { server.stop(1000); }

  /// The body of the answer, or the error's name.
  Task<std::string> get(std::string target) {
    auto stream =
        co_await connect(reactors[0], server.address(), {}, Deadline::after_ms(clock, 5000));
    if (!stream) co_return stream.error().to_string();
    Client client(std::move(*stream), clock);
    const Header headers[] = {{"Host", "h"}};
    const Client::RequestLine line{"GET", target};
    const Result<> sent = co_await client.send(line, headers, "");
    if (!sent) co_return sent.error().to_string();
    const auto head = co_await client.receive();
    if (!head) co_return head.error().to_string();
    const auto body = co_await read_all(client.body(), 100);
    co_return body ? *body : body.error().to_string();
  }

  SystemClock clock;
  Reactors reactors{clock, 2};
  SlowHandler handler;
  Server server{reactors, clock, [this](std::size_t) -> Handler& { return handler; },
                ServerOptions{}};
};

TEST_F(ServerTest, ServesOnAllReactors) {
  for (int i = 0; i < 8; ++i) EXPECT_EQ(sync_wait(reactors[0], get("/")), "done");
}

TEST_F(ServerTest, StopFinishesWhatIsUnderWay) {
  std::string answer;
  std::thread asking([&] { answer = sync_wait(reactors[0], get("/slow")); });
  while (!handler.waiting) std::this_thread::yield();
  std::thread stopping([&] { server.stop(10'000); });
  handler.released = true;
  asking.join();
  stopping.join();
  EXPECT_EQ(answer, "done");
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(ServerTest, StopEndsIdleConnections) {
  auto open = [this]() -> Task<std::unique_ptr<Stream>> {
    auto stream =
        co_await connect(reactors[0], server.address(), {}, Deadline::after_ms(clock, 5000));
    co_return stream ? std::move(*stream) : nullptr;
  };
  std::unique_ptr<Stream> idle = sync_wait(reactors[0], open());
  ASSERT_NE(idle, nullptr);
  EXPECT_EQ(sync_wait(reactors[0], get("/")), "done");
  const std::int64_t before_us = clock.steady_us();
  server.stop(60'000);
  EXPECT_LT(clock.steady_us() - before_us, 20'000'000);
  auto drop = [&idle]() -> Task<void> {
    idle.reset();
    co_return;
  };
  sync_wait(reactors[0], drop());
}

TEST(ServerStart, AnAddressInUseIsAnError) {
  SystemClock clock;
  Reactors reactors(clock, 1);
  SlowHandler handler;
  const auto handler_of = [&handler](std::size_t) -> Handler& { return handler; };
  Server first(reactors, clock, handler_of, {}), second(reactors, clock, handler_of, {});
  ASSERT_TRUE(first.start("127.0.0.1:0"));
  EXPECT_EQ(second.start(first.address()).error().code, ErrorCode::already_exists);
  EXPECT_EQ(second.start("nonsense").error().code, ErrorCode::invalid_argument);
  first.stop(1000);
}

}  // namespace
}  // namespace dyad::http
