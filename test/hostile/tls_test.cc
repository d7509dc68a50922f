#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "runtime/connect.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "test/hostile/hostile_fixture.h"

namespace dyad::proof {
namespace {

constexpr std::int64_t kTimeoutMs = 30'000;
constexpr std::size_t kConnections = 1000;
/// A connection over TLS that waits: the state of OpenSSL and of a connection in the clear. A
/// buffer for a record (16 KiB), kept in any of the three places where there is one, is over it.
constexpr std::uint64_t kIdleKib = 36;
/// What the first of them cost once: the certificate, tables of the ciphers.
constexpr std::size_t kFirstConnections = 50;

/// A server that speaks TLS, and clients of it.
class IdleTls : public testing::Test {
 protected:
  void SetUp() override {
    raise_descriptors();
    ::setenv("DYAD_TLS", "true", 1);
    auto started =
        ServerProcess::start(DYAD_PROGRAM, directory_.path() + "/data", directory_.path() + "/log");
    ::unsetenv("DYAD_TLS");
    ASSERT_TRUE(started) << started.error().to_string();
    process_ = std::move(*started);
    const auto address = process_->wait_for_address(kTimeoutMs);
    ASSERT_TRUE(address) << address.error().to_string();
    address_ = *address;
  }

  Deadline soon() const { return Deadline::after_ms(clock_, kTimeoutMs); }

  /// One more connection, which asks once and is answered. What is wrong with it; empty: nothing.
  Task<std::string> ask_on_a_new_one(std::string path, std::size_t head_bytes) {
    ConnectOptions options;
    options.tls = trust_;
    auto stream = co_await connect(reactor_, address_, options, soon());
    if (!stream) co_return stream.error().to_string();
    const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nX: {}\r\n\r\n", path,
                                            address_, std::string(head_bytes, 'x'));
    const std::vector<std::string_view> pieces = {request};
    const Result<> sent = co_await (*stream)->write(pieces, soon());
    if (!sent) co_return sent.error().to_string();
    std::string answer;
    std::vector<char> buffer(16'384);
    while (!whole(answer)) {
      const auto count = co_await (*stream)->read(buffer, soon());
      if (!count) co_return count.error().to_string();
      if (*count == 0) co_return "closed";
      answer.append(buffer.data(), *count);
    }
    if (!answer.starts_with("HTTP/1.1 200 ")) co_return answer;
    ++counts().connections;
    idle_.push_back(std::move(*stream));
    co_return "";
  }

  static bool whole(const std::string& answer) {
    const std::size_t end = answer.find("\r\n\r\n");
    const std::size_t at = answer.find("Content-Length: ");
    if (end == std::string::npos || at > end) return false;
    return answer.size() >= end + 4 + std::strtoull(answer.c_str() + at + 16, nullptr, 10);
  }

  /// Some ask a little, some with a large head, some for a large answer.
  void connect_until(std::size_t count) {
    while (idle_.size() < count) {
      const std::size_t turn = idle_.size() % 10;
      ASSERT_EQ(sync_wait(reactor_, ask_on_a_new_one(turn == 1 ? "/metrics" : "/health",
                                                     turn == 2 ? 40'000 : 10)),
                "");
    }
  }

  SystemClock clock_;
  Reactor reactor_{clock_, "clients"};
  std::shared_ptr<TlsClientContext> trust_ = TlsClientContext::trust_anybody_for_tests();
  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> process_;
  std::string address_;
  std::vector<std::unique_ptr<Stream>> idle_;
};

TEST_F(IdleTls, ConnectionsGiveTheirBuffersBack) {
  connect_until(kFirstConnections);
  ASSERT_FALSE(HasFatalFailure());
  const std::uint64_t before_kib = memory_kib(process_->pid(), "VmRSS:");
  connect_until(kFirstConnections + kConnections);
  ASSERT_FALSE(HasFatalFailure());
  const std::uint64_t after_kib = memory_kib(process_->pid(), "VmRSS:");
  const std::uint64_t grown_kib = after_kib - std::min(before_kib, after_kib);
  fmt::print("hostile: {} idle TLS connections, {} bytes of memory each\n", kConnections,
             grown_kib * 1024 / kConnections);
  if (!kSanitized) {
    EXPECT_LE(grown_kib, kConnections * kIdleKib) << "KiB";
  }
  const auto close_all = [&]() -> Task<void> {
    idle_.clear();
    co_return;
  };
  sync_wait(reactor_, close_all());
  EXPECT_TRUE(process_->stop(kTimeoutMs));
}

}  // namespace
}  // namespace dyad::proof
