#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cases.h"
#include "http_connection.h"
#include "http_setup.h"
#include "run.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

class HttpRun {
 public:
  HttpRun(const Options& options, Reactor& reactor, std::string address, pid_t server_pid)
      : options_(options), reactor_(reactor), server_pid_(server_pid) {
    target_.address = std::move(address);
    target_.region = options.region;
    target_.credentials = {options.access_key, options.secret_key, ""};
  }

  Result<> load() {
    say("making tables and bucket");
    DYAD_TRY(sync_wait(reactor_, make_tables_and_bucket(reactor_, target_)));
    const bool items = wants(HttpCase::get_item) || wants(HttpCase::put_item);
    const bool objects = wants(HttpCase::put_object) || wants(HttpCase::get_object);
    if (items) DYAD_TRY(load_with(HttpCase::put_item, "items"));
    if (wants(HttpCase::put_item_indexed))
      DYAD_TRY(load_with(HttpCase::put_item_indexed, "indexed items"));
    if (objects) DYAD_TRY(load_with(HttpCase::put_object, "objects"));
    return {};
  }

  Result<std::vector<CaseResult>> measure() {
    std::vector<CaseResult> results;
    for (const HttpCaseName& entry : kHttpCases)
      if (wants(entry.which)) results.push_back({entry.name, true, {}});
    for (std::uint32_t round = 0; round < options_.rounds; ++round) {
      for (CaseResult& result : results) {
        DYAD_TRY_ASSIGN(Phase phase, measure_one(result.name, round));
        result.rounds.push_back(std::move(phase));
      }
    }
    return results;
  }

 private:
  bool wants(HttpCase which) const {
    const auto* entry = std::ranges::find(kHttpCases, which, &HttpCaseName::which);
    return wanted(options_, entry->name);
  }

  void say(std::string_view what) const {
    if (!options_.quiet) fmt::print(stderr, "{}\n", what);
  }

  std::unique_ptr<HttpWorkload> make_workload(HttpCase which) const {
    switch (which) {
      case HttpCase::get_item:
        return make_get_item();
      case HttpCase::put_item:
        return make_put_item(pool_, false);
      case HttpCase::put_item_indexed:
        return make_put_item(pool_, true);
      case HttpCase::put_object:
        return make_put_object(pool_);
      case HttpCase::get_object:
        return make_get_object();
    }
    DYAD_CHECK(false);
  }

  Result<Phase> run(const HttpWorkload& workload, KeyChoice keys, PhasePlan plan) {
    return sync_wait(reactor_, connect_and_run(workload, keys, plan));
  }

  Task<Result<Phase>> connect_and_run(const HttpWorkload& workload, KeyChoice& keys,
                                      PhasePlan plan) {
    std::vector<std::unique_ptr<Driver>> drivers;
    for (std::uint32_t i = 0; i < options_.connections; ++i) {
      DYAD_CO_TRY_ASSIGN(std::unique_ptr<HttpConnection> connection,
                         co_await HttpConnection::open(reactor_, target_, workload.form()));
      drivers.push_back(std::make_unique<HttpDriver>(std::move(connection), workload, keys));
    }
    plan.subject = server_pid_;
    DYAD_CO_TRY_ASSIGN(Phase phase, co_await run_phase(reactor_, drivers, plan));
    if (phase.errors > 0) co_return fail(ErrorCode::conflict, phase.first_error);
    co_return phase;
  }

  Result<> load_with(HttpCase which, std::string_view what) {
    say(fmt::format("loading {} {}", options_.keys, what));
    const auto workload = make_workload(which);
    PhasePlan plan;
    plan.operations = options_.keys;
    DYAD_TRY(run(*workload, KeyChoice(KeyChoice::Order::in_turn, options_.keys, 1), plan));
    return {};
  }

  Result<Phase> measure_one(const std::string& name, std::uint32_t round) {
    const auto* entry = std::ranges::find_if(
        kHttpCases, [&](const HttpCaseName& candidate) { return candidate.name == name; });
    const auto workload = make_workload(entry->which);
    PhasePlan plan;
    plan.warm_up_ms = static_cast<std::int64_t>(options_.warm_up_seconds * 1000);
    plan.measure_ms = static_cast<std::int64_t>(options_.seconds * 1000);
    DYAD_TRY_ASSIGN(
        Phase phase,
        run(*workload, KeyChoice(KeyChoice::Order::random, options_.keys, round + 2), plan));
    say(fmt::format("round {}: {}: {:.0f} operations a second", round + 1, name,
                    static_cast<double>(phase.operations) / phase.seconds));
    return phase;
  }

  const Options& options_;
  Reactor& reactor_;
  const pid_t server_pid_;
  Target target_;
  const TextPool pool_;
};

}  // namespace

bool wanted(const Options& options, std::string_view name) {
  return options.only.empty() || std::ranges::find(options.only, name) != options.only.end();
}

Result<std::vector<CaseResult>> run_http_cases(const Options& options, Reactor& reactor,
                                               std::string address, pid_t server_pid) {
  HttpRun run(options, reactor, std::move(address), server_pid);
  DYAD_TRY(run.load());
  return run.measure();
}

}  // namespace dyad::bench
