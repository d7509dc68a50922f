#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <thread>

#include "test/hostile/hostile_fixture.h"

namespace dyad::proof {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// In the test and in the server, beside the connections.
constexpr std::size_t kSpareDescriptors = 500;
constexpr std::size_t kIdleConnections = 10'000;
/// Each: sockets are the kernel's; this is buffers, the head, the coroutine.
constexpr std::uint64_t kIdleKib = 12;
constexpr std::uint64_t kSlackKib = 24u << 10;
/// All bodies, and what else requests take.
constexpr std::uint64_t kBodiesKib = 320u << 10;

/// All heads beyond their first 4 KiB: ServerOptions::head_memory_bytes.
constexpr std::uint64_t kHeadsKib = 64u << 10;
/// Two seconds of grace, and what a busy machine adds.
constexpr std::chrono::seconds kSlowClients{40};

void expect_within(std::uint64_t value, std::uint64_t bound, const char* what) {
  if (kSanitized) return;
  EXPECT_LE(value, bound) << what << ", KiB";
}

/// What the server notices in its own time: tried until it is so.
template <class Condition>
bool comes_true(const Condition& condition) {
  const SteadyClock::time_point start = SteadyClock::now();
  while (!condition()) {
    if (SteadyClock::now() - start > kSlowClients) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::string health(const HostileServer& server, const std::string& lines = {}) {
  return fmt::format("GET /health HTTP/1.1\r\nHost: {}\r\n{}\r\n", server.address(), lines);
}

TEST(Floods, TenThousandIdleConnectionsCostLittleAndOneMoreIsClosed) {
  // Half of the descriptors, where there are few: the test has the other ends.
  const std::size_t limit = std::min(kIdleConnections, raise_descriptors() - kSpareDescriptors);
  HostileServer server({{"DYAD_MAX_CONNECTIONS", std::to_string(limit)}});
  const std::uint64_t before = server.resident_kib();
  std::list<Wire> idle;
  const std::string large_head = health(server, "X: " + std::string(40'000, 'x') + "\r\n");
  const std::string request = health(server);
  for (std::size_t i = 0; i + 2 < limit; ++i) {
    idle.push_back(server.connect());
    ASSERT_TRUE(idle.back().connected());
    // Some ask nothing, some a little, some with a large head.
    if (i % 3 == 0) continue;
    idle.back().send(i % 100 == 1 ? large_head : request);
    ASSERT_EQ(idle.back().answer(), 200);
  }
  const std::uint64_t each_bytes = (server.resident_kib() - before) * 1024 / idle.size();
  fmt::print("hostile: {} idle connections, {} bytes of memory each\n", idle.size(), each_bytes);
  expect_within(server.resident_kib(), before + limit * kIdleKib, "idle connections");
  EXPECT_TRUE(server.serves());
  // The last connection may not have left its place yet.
  EXPECT_TRUE(comes_true([&] {
    Wire one = server.connect();
    one.send(request);
    if (one.answer() == 200) idle.push_back(std::move(one));
    return idle.size() == limit;
  }));
  // All places are taken; who comes now is closed without a word.
  Wire more = server.connect();
  more.send(request);
  EXPECT_TRUE(more.read_all().closed);
  idle.clear();
  EXPECT_TRUE(comes_true([&] {
    Wire again = server.connect();
    again.send(request);
    return again.answer() == 200;
  }));
  EXPECT_TRUE(server.serves());
  EXPECT_TRUE(server.stop());
}

TEST(Floods, HeadsThatNeverEndShareABudgetAndOthersAreServed) {
  constexpr std::size_t kHeads = 4000;
  const std::size_t count = std::min(kHeads, raise_descriptors() - kSpareDescriptors);
  HostileServer server({});
  const std::uint64_t before = server.resident_kib();
  const std::string unfinished =
      "GET /health HTTP/1.1\r\nHost: a\r\nX: " + std::string(60'000, 'x');
  std::list<Wire> wires;
  for (std::size_t i = 0; i < count; ++i) {
    wires.push_back(server.connect());
    wires.back().send(unfinished);
    ++counts().requests;
  }
  EXPECT_TRUE(server.serves());
  const std::uint64_t bound = before + kHeadsKib + count * kIdleKib + kSlackKib;
  expect_within(server.peak_kib(), bound, "unfinished heads");
  if (!kSanitized) {
    fmt::print("hostile: {} unfinished heads of 60 KB, {} MiB of memory\n", count,
               (server.peak_kib() - before) >> 10);
  }
  std::size_t refused = 0;
  for (Wire& wire : wires) {
    const std::vector<int> statuses = wire.read_all(0).statuses();
    if (!statuses.empty()) {
      EXPECT_EQ(statuses, std::vector<int>{503});
    }
    refused += statuses.size();
  }
  // Two thirds and more of them, if all could be opened.
  EXPECT_GE(refused, count > 2000 ? count / 2 : 0);
  wires.clear();
  // Whoever has a large head in earnest comes in once they are gone.
  const std::string large = health(server, "X: " + std::string(40'000, 'x') + "\r\n");
  EXPECT_TRUE(comes_true([&] {
    Wire wire = server.connect();
    wire.send(large);
    return wire.answer() == 200;
  }));
  EXPECT_TRUE(server.stop());
}

TEST(Floods, HeadsBodiesAndPipelines) {
  HostileServer server({});
  const std::uint64_t before = server.resident_kib();
  {
    std::string headers;
    for (int i = 0; i < 201; ++i) headers += fmt::format("X-{}: y\r\n", i);
    const std::pair<std::string, int> heads[] = {
        {health(server, headers), 431},
        {health(server, "X: " + std::string(70'000, 'x') + "\r\n"), 431},
        {"GET /" + std::string(17'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"GET " + std::string(200'000, 'x'), 431},
    };
    for (const auto& [bytes, status] : heads) {
      ++counts().requests;
      Wire wire = server.connect();
      wire.send(bytes);
      const Wire::Came came = wire.read_all();
      EXPECT_EQ(came.statuses(), std::vector<int>{status});
      EXPECT_TRUE(came.closed);
    }
  }
  {
    // Requests without end, and nobody reads the answers: the server stops reading.
    std::string many;
    for (int i = 0; i < 100'000; ++i) many += health(server);
    Wire wire = server.connect();
    const std::size_t sent = wire.send(many, 1000);
    counts().requests += 100'000;
    EXPECT_GT(sent, 0u);
    expect_within(server.resident_kib(), before + kSlackKib, "a pipeline");
    EXPECT_TRUE(server.serves());
  }
  {
    // 5 GiB each are announced, and nothing comes.
    std::list<Wire> wires;
    for (int i = 0; i < 500; ++i) {
      Fields fields;
      fields.method = "PUT";
      fields.path = "/bkt/large";
      fields.unsigned_lines = "Content-Length: 5368709120\r\n";
      wires.push_back(server.connect());
      wires.back().send(signed_request(server.address(), fields, "", false));
      ++counts().requests;
    }
    EXPECT_TRUE(server.ask({.path = "/bkt/none"}, "") != 0);
    expect_within(server.resident_kib(), before + kBodiesKib, "announced bodies");
  }
  {
    std::list<Wire> wires;
    const std::string some(1u << 20, ' ');
    for (int i = 0; i < 100; ++i) {
      Fields fields;
      fields.method = "POST";
      fields.target = "PutItem";
      fields.unsigned_lines = "Content-Length: 16000000\r\n";
      wires.push_back(server.connect());
      wires.back().send(signed_request(server.address(), fields, "", false) + some, 2000);
      ++counts().requests;
    }
    expect_within(server.peak_kib(), before + kBodiesKib, "bodies");
  }
  for (int i = 0; i < 1000; ++i) {
    Wire wire = server.connect();
    if (i % 2 == 0) wire.send(health(server).substr(0, 20));
    if (i % 4 < 2) wire.reset();
  }
  // What was refused for memory is served once the others are gone.
  EXPECT_TRUE(comes_true([&] { return server.serves(); }));
  EXPECT_TRUE(server.stop());
}

TEST(Floods, SlowClientsAreLeft) {
  HostileServer server(
      {{"DYAD_SLOW_CLIENT_SECONDS", "2"}, {"DYAD_SLOW_CLIENT_BYTES_PER_SECOND", "4194304"}});
  const std::string body(64u << 20, 'b');
  ASSERT_EQ(server.ask({.method = "PUT", .path = "/bkt/large"}, body), 200);
  const std::uint64_t before = server.resident_kib();
  const std::size_t sockets = server.sockets();
  const SteadyClock::time_point start = SteadyClock::now();
  std::list<Wire> readers;
  for (int i = 0; i < 20; ++i) {
    readers.push_back(server.connect());
    readers.back().send(signed_request(server.address(), {.path = "/bkt/large"}, ""));
    ++counts().requests;
  }
  std::list<Wire> writers;
  Fields put;
  put.method = "PUT";
  put.path = "/bkt/slow";
  put.unsigned_lines = "Content-Length: 100000\r\n";
  const std::string slow_body = signed_request(server.address(), put, "", false);
  for (int i = 0; i < 100; ++i) {
    writers.push_back(server.connect());
    writers.back().send(i % 2 == 0 ? "GET / HTTP/1.1\r\nHost: " : slow_body);
    ++counts().requests;
  }
  // A byte at a time, until the server has enough of each of them.
  std::size_t left = writers.size();
  while (left > 0 && SteadyClock::now() - start < kSlowClients) {
    for (auto wire = writers.begin(); wire != writers.end();) {
      wire->send("x", 0);
      if (wire->read_all(1).closed)
        wire = writers.erase(wire);
      else
        ++wire;
    }
    left = writers.size();
  }
  EXPECT_EQ(left, 0u);
  // How the readers end is told to them behind what they do not read; so the server's side is
  // asked.
  EXPECT_TRUE(comes_true([&] { return server.sockets() <= sockets; }));
  expect_within(server.resident_kib(), before + (64u << 10), "readers who do not read");
  for (Wire& reader : readers) {
    // What the kernel had taken comes, and then the end.
    const Wire::Came came = reader.read_all();
    EXPECT_TRUE(came.closed);
    EXPECT_LT(came.bytes.size(), body.size());
  }
  EXPECT_TRUE(server.serves());
  EXPECT_TRUE(server.stop());
}

}  // namespace
}  // namespace dyad::proof

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const int failed = RUN_ALL_TESTS();
  fmt::print("hostile: {} requests and {} connections that meant harm\n",
             dyad::proof::counts().requests, dyad::proof::counts().connections);
  return failed;
}
