#include <algorithm>
#include <functional>

#include "http_workload.h"
#include "load.h"
#include "redis_connection.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

using MakeWorkload = std::function<std::unique_ptr<HttpWorkload>(const TextPool&)>;

/// One request after the other on each connection, keys at random.
class RequestCase final : public Case {
 public:
  RequestCase(CaseInfo info, Dataset dataset, MakeWorkload make)
      : Case(std::move(info)), dataset_(dataset), make_(std::move(make)) {}

  Result<> prepare(Bed& bed, Server& server) override {
    return ensure_loaded(bed, server, dataset_);
  }

  Result<Measurement> measure(Bed& bed, Server& server, std::uint32_t round) override {
    std::uint64_t keys = key_count(bed.options, server);
    if (dataset_ == Dataset::pages) keys = pages_of(keys);
    const auto workload = make_(bed.pool);
    PhasePlan plan = closed_loop(bed.options);
    plan.rate_per_s = bed.options.rate_per_s;
    Measurement measured;
    DYAD_TRY_ASSIGN(
        measured.phase,
        run_workload(bed, server, *workload, KeyChoice(KeyChoice::Order::random, keys, round + 2),
                     plan, bed.options.connections));
    return measured;
  }

 private:
  const Dataset dataset_;
  const MakeWorkload make_;
};

/// The floor of a network answer: no signature, no JSON, one thread.
class RedisCase final : public Case {
 public:
  RedisCase(CaseInfo info, bool writes) : Case(std::move(info)), writes_(writes) {}

  Result<> prepare(Bed& bed, Server& server) override {
    return ensure_loaded(bed, server, Dataset::redis);
  }

  Result<Measurement> measure(Bed& bed, Server& server, std::uint32_t round) override {
    Measurement measured;
    DYAD_TRY_ASSIGN(measured.phase, sync_wait(bed.reactor, run(bed, server, round)));
    return measured;
  }

 private:
  Task<Result<Phase>> run(Bed& bed, const Server& server, std::uint32_t round) {
    KeyChoice keys(KeyChoice::Order::random, key_count(bed.options, server), round + 2);
    std::vector<std::unique_ptr<Driver>> drivers;
    for (std::uint32_t i = 0; i < bed.options.connections; ++i) {
      DYAD_CO_TRY_ASSIGN(std::unique_ptr<RedisConnection> connection,
                         co_await RedisConnection::open(bed.reactor, server.target.address));
      drivers.push_back(
          std::make_unique<RedisDriver>(std::move(connection), writes_, bed.pool, keys));
    }
    PhasePlan plan = closed_loop(bed.options);
    plan.rate_per_s = bed.options.rate_per_s;
    plan.subject = server.pid;
    DYAD_CO_TRY_ASSIGN(Phase phase, co_await run_phase(bed.reactor, drivers, plan));
    if (phase.errors > 0) co_return fail(ErrorCode::conflict, phase.first_error);
    co_return phase;
  }

  const bool writes_;
};

/// Objects replaced again and again for a long time, and then measured: compaction, segments and
/// the reaper have their part in it.
class OverwriteCase final : public Case {
 public:
  using Case::Case;

  Result<> prepare(Bed& bed, Server& server) override {
    return ensure_loaded(bed, server, Dataset::objects);
  }

  Result<Measurement> measure(Bed& bed, Server& server, std::uint32_t round) override {
    const auto workload = make_put_object(bed.pool);
    PhasePlan plan = closed_loop(bed.options);
    plan.warm_up_ms = static_cast<std::int64_t>(bed.options.overwrite_seconds * 1000);
    plan.measure_ms = std::max<std::int64_t>(plan.measure_ms, kMeasureMs);
    plan.progress = bed.progress.of(info().name);
    Measurement measured;
    DYAD_TRY_ASSIGN(
        measured.phase,
        run_workload(bed, server, *workload,
                     KeyChoice(KeyChoice::Order::random, key_count(bed.options, server), round + 2),
                     plan, bed.options.connections));
    return measured;
  }

 private:
  static constexpr std::int64_t kMeasureMs = 10'000;
};

constexpr unsigned kItemServers =
    ServerKind::dyad | ServerKind::dynalite | ServerKind::dynamodb_local;
constexpr unsigned kObjectServers = ServerKind::dyad | ServerKind::minio;

CaseInfo info_of(std::string name, std::string group, unsigned kinds, std::string unit = "ops") {
  CaseInfo info;
  info.name = std::move(name);
  info.group = std::move(group);
  info.unit = std::move(unit);
  info.kinds = kinds;
  return info;
}

}  // namespace

void add_item_cases(Cases& cases) {
  const auto add = [&](std::string name, Dataset dataset, MakeWorkload make) {
    cases.push_back(std::make_unique<RequestCase>(info_of(std::move(name), "items", kItemServers),
                                                  dataset, std::move(make)));
  };
  cases.push_back(std::make_unique<RedisCase>(
      info_of("redis GET", "items", static_cast<unsigned>(ServerKind::redis)), false));
  add("GetItem", Dataset::items, [](const TextPool&) { return make_get_item(); });
  cases.push_back(std::make_unique<RedisCase>(
      info_of("redis SET", "items", static_cast<unsigned>(ServerKind::redis)), true));
  add("PutItem", Dataset::items,
      [](const TextPool& pool) { return make_put_item(pool, PutItemKind::plain); });
  add("PutItem+condition", Dataset::items,
      [](const TextPool& pool) { return make_put_item(pool, PutItemKind::conditional); });
  add("PutItem+GSI", Dataset::indexed_items,
      [](const TextPool& pool) { return make_put_item(pool, PutItemKind::indexed); });
  cases.push_back(std::make_unique<RequestCase>(
      info_of("PutItem+stream", "items", static_cast<unsigned>(ServerKind::dyad)),
      Dataset::streamed_items,
      [](const TextPool& pool) { return make_put_item(pool, PutItemKind::streamed); }));
  cases.push_back(std::make_unique<RequestCase>(info_of("Query", "items", kItemServers, "items"),
                                                Dataset::pages,
                                                [](const TextPool&) { return make_query_page(); }));
}

void add_object_cases(Cases& cases) {
  cases.push_back(std::make_unique<RequestCase>(
      info_of("PutObject", "objects", kObjectServers), Dataset::objects,
      [](const TextPool& pool) { return make_put_object(pool); }));
  cases.push_back(std::make_unique<RequestCase>(info_of("GetObject", "objects", kObjectServers),
                                                Dataset::objects,
                                                [](const TextPool&) { return make_get_object(); }));
  CaseInfo overwrite =
      info_of("PutObject overwritten", "overwrite", static_cast<unsigned>(ServerKind::dyad));
  overwrite.once = true;
  cases.push_back(std::make_unique<OverwriteCase>(std::move(overwrite)));
}

}  // namespace dyad::bench
