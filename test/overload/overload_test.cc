#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "base/sanitized.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "test/overload/load.h"
#include "test/overload/signed_requests.h"
#include "test/support/aws_client.h"
#include "test/support/server_process.h"
#include "test/support/temporary_directory.h"

namespace dyad::proof {
namespace {

constexpr std::int64_t kTimeoutMs = 20'000;
constexpr const char* kTable = "load";
constexpr std::uint32_t kGroups = 2000;
/// As many as can wait, and so what an overload is made of: a server without admission lets each of
/// them wait for all the others.
constexpr std::size_t kConnections = 3000;
constexpr std::size_t kSpareDescriptors = 100;
/// Rounds of a quarter of a second until nobody is refused any more.
constexpr int kMaxRecoveries = 20;
/// The overload is tried again where the machine was so busy with other things that it was none, or
/// that the server could not keep up: each try says the same of the server.
constexpr int kMaxTries = 4;
/// The server's limit of waiting in this proof. Shorter than the default, so that the line that
/// these connections can make is many times as long on a fast machine, too.
constexpr int kMaxWaitMs = 20;
/// What the server may take with all those connections: cache and write buffers, and 32 KiB for
/// each connection.
/// A sanitizer keeps freed memory for a while, and shadows the rest.
constexpr std::uint64_t kMemoryBudgetMib = kSanitized ? 1536 : 384;

/// In MiB, of /proc/<pid>/status.
std::uint64_t memory_mib(pid_t pid, const std::string& field) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(field)) return std::stoull(line.substr(field.size())) / 1024;
  return 0;
}

/// The CPUs this thread may use are, while it lives, one of them: what is started meanwhile keeps
/// to it, and the load has the others.
class OneCpu {
 public:
  OneCpu() {
    CPU_ZERO(&before_);
    ::sched_getaffinity(0, sizeof before_, &before_);
    std::size_t first = 0;
    while (first + 1 < CPU_SETSIZE && !CPU_ISSET(first, &before_)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ::sched_setaffinity(0, sizeof one, &one);
  }
  ~OneCpu() { ::sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_;
};

std::size_t connections_allowed() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NOFILE, &files);
  return std::min<std::size_t>(kConnections, files.rlim_cur - kSpareDescriptors);
}

/// Fewer than the server ever refuses (gateway/admission.h), however busy the machine is with other
/// things.
constexpr std::size_t kFewConnections = 64;

LoadPlan at_capacity(std::int64_t duration_ms) {
  LoadPlan plan;
  plan.connections = kFewConnections;
  plan.duration_ms = duration_ms;
  return plan;
}

LoadPlan at_rate(double rate_per_s, std::int64_t duration_ms) {
  LoadPlan plan;
  plan.rate_per_s = rate_per_s;
  plan.duration_ms = duration_ms;
  return plan;
}

class Overload : public testing::Test {
 protected:
  void SetUp() override {
    connections_ = connections_allowed();
    ::setenv("DYAD_MAX_WAIT_MS", std::to_string(max_wait_ms()).c_str(), 1);
    {
      const OneCpu pinned;
      auto started = ServerProcess::start(DYAD_PROGRAM, data(), directory_.path() + "/log");
      ASSERT_TRUE(started) << started.error().to_string();
      server_ = std::move(*started);
    }
    ::unsetenv("DYAD_MAX_WAIT_MS");
    const auto address = server_->wait_for_address(kTimeoutMs);
    ASSERT_TRUE(address) << address.error().to_string();
    address_ = *address;
    make_table();
  }
  void TearDown() override {
    const auto stopped = server_->stop(kTimeoutMs);
    ASSERT_TRUE(stopped) << stopped.error().to_string();
    const auto verified = run_program({DYAD_PROGRAM, "verify", "--offline", data()}, kTimeoutMs);
    ASSERT_TRUE(verified) << verified.error().to_string();
    EXPECT_EQ(verified->exit_status, 0) << verified->output;
  }

  static int max_wait_ms() {
    const char* told = std::getenv("OVERLOAD_MAX_WAIT_MS");
    return told == nullptr ? kMaxWaitMs : std::atoi(told);
  }
  std::string data() const { return directory_.path() + "/data"; }

  void make_table() {
    SystemClock clock;
    Reactor reactor(clock, "client");
    AwsClient client(reactor, clock, address_);
    const std::string table =
        R"({"TableName":"load","BillingMode":"PAY_PER_REQUEST",)"
        R"("KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],)"
        R"("AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}]})";
    const auto made = sync_wait(reactor, client.dynamodb("CreateTable", table));
    ASSERT_TRUE(made) << made.error().to_string();
    ASSERT_TRUE(made->ok()) << made->body;
  }

  /// Runs it, says what became of it, and counts what was acknowledged.
  LoadOutcome run(const char* what, const LoadPlan& plan) {
    LoadOutcome outcome = load_->run(plan);
    fmt::print(
        "overload: {}: {} due, {} sent, {} served ({:.0f}/s, p50 {:.1f} ms, p99 {:.1f} ms), "
        "{} refused\n",
        what, outcome.due, outcome.sent, outcome.served, outcome.served_per_s(),
        quantile(outcome.served_us, 0.5) / 1e3, quantile(outcome.served_us, 0.99) / 1e3,
        outcome.refused);
    EXPECT_EQ(outcome.other, 0u) << outcome.first_other;
    written_.resize(kGroups);
    for (std::size_t group = 0; group < outcome.written.size(); ++group)
      if (outcome.written[group]) written_[group] = true;
    return outcome;
  }

  /// The best of several looks: the machine may stand still now and then.
  double capacity() {
    double best = 0;
    for (int look = 0; look < 4; ++look) {
      const LoadOutcome outcome = run("at capacity", at_capacity(250));
      EXPECT_EQ(outcome.refused, 0u);
      best = std::max(best, outcome.served_per_s());
    }
    return best;
  }
  /// Until nobody is refused any more.
  void recover() {
    int rounds = 0;
    while (run("afterwards", at_capacity(250)).refused > 0) ASSERT_LT(++rounds, kMaxRecoveries);
  }

  /// What is wrong with it; empty: nothing. What is served is to come about as soon as the limit of
  /// waiting has it, or at least far sooner than if all who are connected stood in line, which is
  /// what happens where nobody is refused.
  std::string fault_of(const LoadOutcome& overload, const LoadOutcome& calm,
                       double capacity) const {
    if (static_cast<double>(overload.due) < 2.0 * static_cast<double>(overload.served))
      return "the machine can do more than was measured";
    if (overload.refused == 0) return "nobody was refused";
    if (overload.served_per_s() < 0.3 * capacity) return "too few were served";
    const double calm_us = 1000.0 * kMaxWaitMs + quantile(calm.served_us, 0.99);
    const double all_us = 1e6 * static_cast<double>(connections_) / overload.served_per_s();
    if (quantile(overload.served_us, 0.5) > std::max(5 * calm_us, all_us / 3))
      return "half of those who were served waited too long";
    if (quantile(overload.served_us, 0.99) > std::max(15 * calm_us, all_us * 3 / 4))
      return "some of those who were served waited too long";
    return {};
  }

  void expect_to_find_all_acknowledged() {
    const std::vector<WireRequest> acknowledged = reads_of(address_, kTable, written_);
    ASSERT_FALSE(acknowledged.empty());
    auto readers = Load::connect(address_, 1, acknowledged);
    ASSERT_TRUE(readers) << readers.error().to_string();
    LoadPlan once;
    once.requests = acknowledged.size();
    const LoadOutcome read = (*readers)->run(once);
    EXPECT_EQ(read.items_read, acknowledged.size() * kGroupItems) << read.first_other;
    fmt::print("overload: {} transactions acknowledged, {} items found\n", acknowledged.size(),
               read.items_read);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> server_;
  std::string address_;
  std::size_t connections_ = 0;
  Load* load_ = nullptr;
  std::vector<bool> written_ = {};
};

TEST_F(Overload, AtThreeTimesTheCapacityTheDoorShedsAndTheRestIsServed) {
  const std::vector<WireRequest> requests = writes_and_reads(address_, kTable, kGroups);
  auto connected = Load::connect(address_, connections_, requests);
  ASSERT_TRUE(connected) << connected.error().to_string();
  load_ = connected->get();

  run("warming", at_capacity(500));
  const double before = capacity();
  LoadPlan half = at_rate(0.5 * before, 1500);
  half.connections = kFewConnections;
  const LoadOutcome calm = run("half of that", half);
  EXPECT_EQ(calm.refused, 0u);

  std::string why;
  double highest = before;
  int tries = 0;
  do {
    ASSERT_LT(tries++, kMaxTries) << why;
    run("three times that, at first", at_rate(3 * highest, 1500));
    const LoadOutcome overload = run("three times that", at_rate(3 * highest, 2000));
    recover();
    const double after = capacity();
    why = fault_of(overload, calm, std::min(before, after));
    highest = std::max({before, after, overload.served_per_s()});
  } while (!why.empty() && !HasFatalFailure());

  const std::uint64_t memory = memory_mib(server_->pid(), "VmHWM:");
  fmt::print("overload: memory {} MiB at most\n", memory);
  EXPECT_LE(memory, kMemoryBudgetMib);
  expect_to_find_all_acknowledged();
}

}  // namespace
}  // namespace dyad::proof
