#include "load.h"

#include <fmt/format.h>

#include <algorithm>

#include "http_connection.h"
#include "http_setup.h"
#include "redis_connection.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

/// Ten million items at a few thousand a second.
constexpr std::int64_t kLimitMs = 3600 * 1000;
/// A peer that is slow to load is not worth the wait.
constexpr std::int64_t kPeerLimitMs = 180 * 1000;

Task<Result<Phase>> connect_and_run(Bed& bed, const Server& server, const HttpWorkload& workload,
                                    KeyChoice& keys, PhasePlan plan, std::uint32_t connections) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (std::uint32_t i = 0; i < connections; ++i) {
    DYAD_CO_TRY_ASSIGN(std::unique_ptr<HttpConnection> connection,
                       co_await HttpConnection::open(bed.reactor, server.target, workload.form()));
    drivers.push_back(std::make_unique<HttpDriver>(std::move(connection), workload, keys));
  }
  plan.subject = server.pid;
  DYAD_CO_TRY_ASSIGN(Phase phase, co_await run_phase(bed.reactor, drivers, plan));
  if (phase.errors > 0) co_return fail(ErrorCode::conflict, server.name + ": " + phase.first_error);
  co_return phase;
}

Task<Result<>> load_redis(Bed& bed, const Server& server, std::uint64_t count) {
  KeyChoice keys(KeyChoice::Order::in_turn, count, 1);
  std::vector<std::unique_ptr<Driver>> drivers;
  for (std::uint32_t i = 0; i < bed.options.connections; ++i) {
    DYAD_CO_TRY_ASSIGN(std::unique_ptr<RedisConnection> connection,
                       co_await RedisConnection::open(bed.reactor, server.target.address));
    drivers.push_back(std::make_unique<RedisDriver>(std::move(connection), true, bed.pool, keys));
  }
  const PhasePlan plan = counted(bed, server, count, "loading");
  DYAD_CO_TRY_ASSIGN(const Phase phase, co_await run_phase(bed.reactor, drivers, plan));
  if (phase.errors > 0) co_return fail(ErrorCode::conflict, phase.first_error);
  co_return Result<>();
}

constexpr std::string_view name_of(Dataset dataset) {
  switch (dataset) {
    case Dataset::items:
      return "items";
    case Dataset::indexed_items:
      return "indexed items";
    case Dataset::streamed_items:
      return "items with a stream";
    case Dataset::pages:
      return "pages of items";
    case Dataset::objects:
      return "objects";
    case Dataset::redis:
      return "values";
  }
  DYAD_CHECK(false);
}

Result<> load_dataset(Bed& bed, Server& server, Dataset dataset) {
  const std::uint64_t keys = key_count(bed.options, server);
  switch (dataset) {
    case Dataset::items:
      return load_with(bed, server, *make_put_item(bed.pool, PutItemKind::plain), keys);
    case Dataset::indexed_items:
      return load_with(bed, server, *make_put_item(bed.pool, PutItemKind::indexed), keys);
    case Dataset::streamed_items:
      DYAD_TRY(sync_wait(bed.reactor, make_streamed_table(bed.reactor, server.target)));
      return load_with(bed, server, *make_put_item(bed.pool, PutItemKind::streamed), keys);
    case Dataset::pages:
      return load_with(bed, server, *make_batch_write_page(bed.pool),
                       pages_of(keys) * (kPageItems / kBatchItems));
    case Dataset::objects:
      return load_with(bed, server, *make_put_object(bed.pool), keys);
    case Dataset::redis:
      return sync_wait(bed.reactor, load_redis(bed, server, keys));
  }
  DYAD_CHECK(false);
}

}  // namespace

std::uint64_t key_count(const Options& options, const Server& server) {
  return server.kind == ServerKind::dyad || server.kind == ServerKind::redis
             ? options.keys
             : std::max<std::uint64_t>(1, options.keys / 4);
}

std::uint64_t pages_of(std::uint64_t keys) {
  return std::max<std::uint64_t>(1, keys / kPageItems);
}

PhasePlan closed_loop(const Options& options) {
  PhasePlan plan;
  plan.warm_up_ms = static_cast<std::int64_t>(options.warm_up_seconds * 1000);
  plan.measure_ms = static_cast<std::int64_t>(options.seconds * 1000);
  return plan;
}

PhasePlan counted(const Bed& bed, const Server& server, std::uint64_t operations,
                  std::string_view what) {
  PhasePlan plan;
  plan.operations = operations;
  plan.limit_ms = server.kind == ServerKind::dyad ? kLimitMs : kPeerLimitMs;
  plan.subject = server.pid;
  plan.progress = bed.progress.of(fmt::format("{}: {}", server.name, what));
  return plan;
}

Result<Phase> run_workload(Bed& bed, const Server& server, const HttpWorkload& workload,
                           KeyChoice keys, PhasePlan plan, std::uint32_t connections) {
  return sync_wait(bed.reactor, connect_and_run(bed, server, workload, keys, plan, connections));
}

Result<> load_with(Bed& bed, const Server& server, const HttpWorkload& workload,
                   std::uint64_t count, std::string_view what) {
  DYAD_TRY(run_workload(bed, server, workload, KeyChoice(KeyChoice::Order::in_turn, count, 1),
                        counted(bed, server, count, what), bed.options.connections));
  return {};
}

Result<> ensure_loaded(Bed& bed, Server& server, Dataset dataset) {
  const std::string name(name_of(dataset));
  if (server.loaded.contains(name)) return {};
  if (dataset == Dataset::objects) {
    DYAD_TRY(ensure_bucket(bed, server, kBucketName));
  } else if (dataset != Dataset::redis && server.loaded.insert("tables").second) {
    DYAD_TRY(sync_wait(bed.reactor, make_tables(bed.reactor, server.target)));
  }
  bed.progress.say(fmt::format("{}: loading {}", server.name, name));
  DYAD_TRY(load_dataset(bed, server, dataset));
  server.loaded.insert(name);
  return {};
}

Result<> ensure_bucket(Bed& bed, Server& server, std::string_view bucket) {
  if (!server.loaded.insert("bucket " + std::string(bucket)).second) return {};
  return sync_wait(bed.reactor, make_bucket(bed.reactor, server.target, std::string(bucket)));
}

}  // namespace dyad::bench
