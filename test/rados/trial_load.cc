#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "trial.h"

namespace dyad::trial {
namespace {

using store::Body;
using store::kCatalogPartition;
using store::PartitionId;
using store::Transaction;

constexpr const char* kLoadStore = "load";
constexpr int kWriters = 16;
constexpr int kPartitions = 4;

std::string text_of(const std::optional<std::string>& value) {
  return value.value_or("0");
}

/// The partitions that the load goes to, made by the first who comes.
Task<Result<std::vector<PartitionId>>> load_partitions(store::Store& store) {
  std::vector<PartitionId> ids;
  const Body find_or_make = [&ids](Transaction& tx) -> Task<Result<>> {
    ids.clear();
    for (int i = 0; i < kPartitions; ++i) {
      const std::string name = row(fmt::format("partition {}", i));
      DYAD_CO_TRY_ASSIGN(const auto known, co_await tx.get(kCatalogPartition, name));
      if (known) {
        ids.emplace_back(std::stoull(*known));
        continue;
      }
      DYAD_CO_TRY_ASSIGN(const PartitionId made, tx.create_partition());
      ids.push_back(made);
      DYAD_CO_TRY(tx.put(kCatalogPartition, name, std::to_string(made.value())));
    }
    co_return Result<>();
  };
  const auto done = co_await store.transact({}, find_or_make, Deadline::never());
  if (!done) co_return fail(done.error());
  co_return ids;
}

/// Acknowledgements, as they come, and the longest time without one.
class Acknowledged {
 public:
  Acknowledged(const std::string& path, Clock& clock)
      : file_(std::fopen(path.c_str(), "w")), clock_(clock), last_us_(clock.steady_us()) {}
  ~Acknowledged() { std::fclose(file_); }
  void add(int writer, int step) {
    const std::lock_guard lock(mutex_);
    fmt::print(file_, "{} {}\n", writer, step);
    std::fflush(file_);
    const std::int64_t now = clock_.steady_us();
    longest_us_ = std::max(longest_us_, now - last_us_);
    last_us_ = now;
    ++count_;
  }
  int count() const { return count_; }
  std::int64_t longest_us() const { return longest_us_; }

 private:
  std::FILE* file_;
  Clock& clock_;
  std::mutex mutex_;
  std::int64_t last_us_;
  std::int64_t longest_us_ = 0;
  int count_ = 0;
};

/// The step of a writer: its number in a partition of its own and in the next one, both or none,
/// and an entry in both logs.
Body step_of(const std::vector<PartitionId>& ids, int writer, int step) {
  return [&ids, writer, step](Transaction& tx) -> Task<Result<>> {
    const std::string name = row(fmt::format("writer {}", writer));
    const std::string value = std::to_string(step);
    // Every other one stays in one partition.
    const int partitions = step % 2 == 0 ? 1 : 2;
    for (int i = 0; i < 2; ++i) {
      const PartitionId id = ids[(writer + i) % kPartitions];
      if (i < partitions) DYAD_CO_TRY(tx.put(id, name + fmt::format(".{}", i), value));
      if (i < partitions) DYAD_CO_TRY(tx.append(id, fmt::format("{} {}", writer, step)));
    }
    co_return Result<>();
  };
}

}  // namespace

int write_load(const std::string& path, int seconds) {
  Server server;
  need(server.open(kLoadStore));
  Acknowledged acknowledged(path, server.runtime->clock());
  const std::int64_t end_us = server.runtime->clock().steady_us() + seconds * 1'000'000LL;
  std::vector<PartitionId> ids;
  const auto prepare = [&](int) -> Task<void> {
    ids = need(co_await load_partitions(*server.store));
  };
  server.all_at_once(1, prepare);
  const auto write = [&](int writer) -> Task<void> {
    for (int step = 1; server.runtime->clock().steady_us() < end_us; ++step) {
      const Body body = step_of(ids, writer, step);
      const auto done = co_await server.store->transact({}, body, Deadline::never());
      if (!done) give_up(done.error().to_string());
      acknowledged.add(writer, step);
    }
  };
  fmt::print("writing\n");
  std::fflush(stdout);
  server.all_at_once(kWriters, write);
  fmt::print("acknowledged {}, longest pause {} ms\n", acknowledged.count(),
             acknowledged.longest_us() / 1000);
  return 0;
}

int check_load(const std::string& path) {
  std::map<int, int> last;
  std::ifstream file(path);
  int writer = 0;
  int step = 0;
  int lines = 0;
  while (file >> writer >> step) {
    last[writer] = step;
    ++lines;
  }
  Server server;
  const std::int64_t from_us = server.runtime->clock().steady_us();
  need(server.open(kLoadStore));
  const std::int64_t open_ms = (server.runtime->clock().steady_us() - from_us) / 1000;
  int missing = 0;
  int torn = 0;
  const auto check = [&](int) -> Task<void> {
    const std::vector<PartitionId> ids = need(co_await load_partitions(*server.store));
    std::map<PartitionId, std::set<std::string>> logged;
    for (const PartitionId id : ids) {
      Timestamp after;
      while (after < server.store->durable_upto()) {
        const auto page = need(co_await server.store->read_log(id, after, {}));
        for (const auto& entry : page.entries) logged[id].insert(entry.payload);
        after = page.complete_upto;
      }
    }
    for (const auto& [who, upto] : last) {
      const std::string name = row(fmt::format("writer {}", who));
      const PartitionId here = ids[who % kPartitions];
      const PartitionId next = ids[(who + 1) % kPartitions];
      const auto first = need(co_await server.store->get(here, name + ".0"));
      const auto second = need(co_await server.store->get(next, name + ".1"));
      const int a = std::stoi(text_of(first));
      const int b = std::stoi(text_of(second));
      if (a < upto) ++missing;
      // The second partition has the last odd step of the first.
      if (b != (a % 2 == 1 ? a : a - 1)) ++torn;
      for (int i = 1; i <= a; ++i) {
        const std::string entry = fmt::format("{} {}", who, i);
        if (!logged[here].contains(entry)) ++missing;
        if (logged[next].contains(entry) != (i % 2 == 1)) ++torn;
      }
    }
  };
  server.all_at_once(1, check);
  fmt::print("taken over in {} ms; {} acknowledged, {} missing, {} in part\n", open_ms, lines,
             missing, torn);
  return missing == 0 && torn == 0 && lines > 0 ? 0 : 1;
}

int race(int names) {
  const std::string store_name = fmt::format("race.{}", getpid());
  struct Claim {
    std::mutex mutex;
    std::set<std::string> winners;
  };
  std::vector<Claim> claims(static_cast<std::size_t>(names));
  std::atomic<int> take_overs = 0;
  const auto contend = [&](const std::string& who) {
    Server server;
    int last_greedy = -1;
    for (int i = 0; i < names; ++i) {
      while (true) {
        // Also unasked, so that each meets the other in the middle of something.
        const bool greedy = i % 5 == (who == "a" ? 0 : 2);
        if (!server.store || (greedy && last_greedy != i)) {
          last_greedy = i;
          ++take_overs;
          // Whoever is fenced off while it opens tries again.
          if (!server.open(store_name)) continue;
        }
        const Body claim = [&](Transaction& tx) -> Task<Result<>> {
          const std::string name = row(fmt::format("name {}", i));
          DYAD_CO_TRY_ASSIGN(const auto taken, co_await tx.get(kCatalogPartition, name));
          if (taken) co_return fail(ErrorCode::failed_condition, "taken");
          co_return tx.put(kCatalogPartition, name, who);
        };
        std::vector<store::DeclaredKey> declared(1);
        declared[0].partition = kCatalogPartition;
        declared[0].key = fmt::format("name {}", i);
        Result<store::Commit> done = store::Commit();
        const auto run = [&](int) -> Task<void> {
          done = co_await server.store->transact(declared, claim, Deadline::never());
        };
        server.all_at_once(1, run);
        if (done) {
          const std::lock_guard lock(claims[i].mutex);
          claims[i].winners.insert(who);
        }
        if (done || done.error().code == ErrorCode::failed_condition) break;
        // Lost to the other one: what became of the claim is not known; it is made again.
        (void)server.open(store_name);
        ++take_overs;
      }
    }
  };
  std::thread other([&] { contend("b"); });
  contend("a");
  other.join();

  Server judge;
  need(judge.open(store_name));
  int wrong = 0;
  int unknown = 0;
  std::map<std::string, int> won;
  const auto look = [&](int) -> Task<void> {
    for (int i = 0; i < names; ++i) {
      const auto stored =
          need(co_await judge.store->get(kCatalogPartition, row(fmt::format("name {}", i))));
      const auto& winners = claims[i].winners;
      if (!stored || winners.size() > 1) ++wrong;
      if (winners.size() == 1 && stored && *winners.begin() != *stored) ++wrong;
      if (winners.empty()) ++unknown;
      if (stored) ++won[*stored];
    }
  };
  judge.all_at_once(1, look);
  fmt::print("{} names: a won {}, b {}; {} takeovers, {} claims whose answer was lost, {} wrong\n",
             names, won["a"], won["b"], take_overs.load(), unknown, wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace dyad::trial
