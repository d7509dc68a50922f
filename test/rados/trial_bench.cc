#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "blob/rados/rados_blob_store.h"
#include "trial.h"

namespace dyad::trial {
namespace {

using store::Body;
using store::PartitionId;
using store::Transaction;

constexpr std::int64_t kCaseUs = 4'000'000;

/// Runs `one` in `width` coroutines for kCaseUs and prints what it did.
void measure(Server& server, const std::string& name, int width,
             const std::function<Task<Result<>>(int, int)>& one) {
  Clock& clock = server.runtime->clock();
  std::mutex mutex;
  std::vector<std::int64_t> took_us;
  const std::int64_t begin_us = clock.steady_us();
  const auto loop = [&](int worker) -> Task<void> {
    for (int i = 0; clock.steady_us() - begin_us < kCaseUs; ++i) {
      const std::int64_t from_us = clock.steady_us();
      need(co_await one(worker, i));
      const std::lock_guard lock(mutex);
      took_us.push_back(clock.steady_us() - from_us);
    }
  };
  server.all_at_once(width, loop);
  const double seconds = static_cast<double>(clock.steady_us() - begin_us) / 1e6;
  std::sort(took_us.begin(), took_us.end());
  fmt::print("{:<44} {:>3} at once {:>8.0f}/s  p50 {:>7} us  p99 {:>7} us\n", name, width,
             static_cast<double>(took_us.size()) / seconds, took_us[took_us.size() / 2],
             took_us[took_us.size() * 99 / 100]);
  std::fflush(stdout);
}

void bench_raw(Server& server) {
  const auto write_full = [&](std::size_t bytes) {
    return [&server, bytes](int worker, int i) -> Task<Result<>> {
      librados::ObjectWriteOperation operation;
      operation.write_full(store::rados::buffer_of(std::string(bytes, 'x')));
      std::string object = fmt::format("raw.{}.{}", worker, i % 8);
      co_return co_await server.cluster->write_later(std::move(object), std::move(operation));
    };
  };
  const auto keys_and_append = [&](int worker, int) -> Task<Result<>> {
    librados::ObjectWriteOperation operation;
    std::map<std::string, librados::bufferlist> keys;
    keys.emplace(fmt::format("key {}", worker), store::rados::buffer_of(std::string(200, 'x')));
    operation.omap_set(keys);
    operation.append(store::rados::buffer_of(std::string(100, 'x')));
    std::string object = fmt::format("rawlog.{}", worker);
    co_return co_await server.cluster->write_later(std::move(object), std::move(operation));
  };
  for (const int width : {1, 32}) {
    measure(server, "librados: one key and an append, an object each", width, keys_and_append);
  }
  for (const int width : {1, 32})
    measure(server, "librados: write_full 4 KiB", width, write_full(4096));
  for (const int width : {1, 4})
    measure(server, "librados: write_full 4 MiB", width, write_full(4u << 20));
}

void bench_transactions(Server& server) {
  std::vector<PartitionId> ids;
  const auto prepare = [&](int) -> Task<void> {
    const Body make = [&](Transaction& tx) -> Task<Result<>> {
      ids.clear();
      for (int i = 0; i < 4; ++i) {
        DYAD_CO_TRY_ASSIGN(const PartitionId made, tx.create_partition());
        ids.push_back(made);
      }
      co_return Result<>();
    };
    need(co_await server.store->transact({}, make, Deadline::never()));
  };
  server.all_at_once(1, prepare);
  const auto over = [&](int partitions) {
    return [&server, &ids, partitions](int worker, int i) -> Task<Result<>> {
      const Body body = [&](Transaction& tx) -> Task<Result<>> {
        for (int n = 0; n < partitions; ++n) {
          const PartitionId id = ids[(worker + n) % ids.size()];
          DYAD_CO_TRY(
              tx.put(id, row(fmt::format("{}.{}", worker, i % 1000)), std::string(200, 'x')));
          DYAD_CO_TRY(tx.append(id, std::string(100, 'x')));
        }
        co_return Result<>();
      };
      const auto done = co_await server.store->transact({}, body, Deadline::never());
      if (!done) co_return fail(done.error());
      co_return Result<>();
    };
  };
  for (const int width : {1, 32, 256}) {
    measure(server, "transaction in one partition, row and entry", width, over(1));
  }
  for (const int width : {1, 32, 256}) {
    measure(server, "transaction over two partitions", width, over(2));
  }
  const auto get = [&](int worker, int i) -> Task<Result<>> {
    const std::string key = row(fmt::format("{}.{}", worker, i % 1000));
    const auto value = co_await server.store->get(ids[worker % ids.size()], key);
    if (!value) co_return fail(value.error());
    co_return Result<>();
  };
  for (const int width : {1, 32}) measure(server, "get", width, get);
}

void bench_blobs(Server& server) {
  blob::RadosBlobOptions options;
  options.name = "benchblobs";
  options.take_over = true;
  const std::unique_ptr<blob::BlobStore> blobs =
      need(blob::open_rados_blob_store(*server.runtime, server.cluster, options));
  std::atomic<std::uint64_t> last = 0;
  const auto write = [&](std::size_t bytes) {
    return [&, bytes](int, int) -> Task<Result<>> {
      DYAD_CO_TRY_ASSIGN(const auto writer, co_await blobs->create("bench", bytes));
      const std::string content(bytes, 'x');
      DYAD_CO_TRY(co_await writer->write(std::span<const char>(content.data(), content.size())));
      DYAD_CO_TRY(co_await writer->finish());
      DYAD_CO_TRY(co_await blobs->settled(writer->id(), true));
      last = writer->id().value();
      co_return Result<>();
    };
  };
  const auto read = [&](std::size_t bytes) {
    return [&, bytes](int, int) -> Task<Result<>> {
      DYAD_CO_TRY_ASSIGN(const auto reader, co_await blobs->open(blob::BlobId(last)));
      std::string content(bytes, '\0');
      DYAD_CO_TRY(co_await reader->read_at(0, std::span<char>(content.data(), content.size())));
      co_return Result<>();
    };
  };
  for (const int width : {1, 32}) measure(server, "blob of 4 KiB, written", width, write(4096));
  for (const int width : {1, 32}) measure(server, "blob of 4 KiB, read", width, read(4096));
  for (const int width : {1, 4}) measure(server, "blob of 4 MiB, written", width, write(4u << 20));
  for (const int width : {1, 4}) measure(server, "blob of 4 MiB, read", width, read(4u << 20));
}

}  // namespace

int bench() {
  Server server;
  need(server.open("bench"));
  bench_raw(server);
  bench_transactions(server);
  bench_blobs(server);
  return 0;
}

}  // namespace dyad::trial
