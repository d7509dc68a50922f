#include <fmt/core.h>
#include <unistd.h>

#include "cases.h"
#include "engine.h"
#include "run.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

class EngineRun {
 public:
  EngineRun(const Options& options, Reactor& reactor, Engine& engine)
      : options_(options), reactor_(reactor), engine_(engine) {}

  Result<> load() {
    for (const auto operation :
         {Engine::Operation::transact, Engine::Operation::put_item,
          Engine::Operation::put_item_indexed, Engine::Operation::put_object}) {
      PhasePlan plan;
      plan.operations = options_.keys;
      DYAD_TRY(run(operation, KeyChoice(KeyChoice::Order::in_turn, options_.keys, 1), plan));
    }
    return {};
  }

  Result<std::vector<CaseResult>> measure() {
    std::vector<CaseResult> results;
    for (const EngineCaseName& entry : kEngineCases)
      if (wanted(options_, entry.name)) results.push_back({entry.name, false, {}});
    for (std::uint32_t round = 0; round < options_.rounds; ++round) {
      std::size_t next = 0;
      for (const EngineCaseName& entry : kEngineCases) {
        if (!wanted(options_, entry.name)) continue;
        DYAD_TRY_ASSIGN(Phase phase, measure_one(entry, round));
        results[next++].rounds.push_back(std::move(phase));
      }
    }
    return results;
  }

 private:
  Result<Phase> run(Engine::Operation operation, KeyChoice keys, PhasePlan plan) {
    std::vector<std::unique_ptr<Driver>> drivers;
    for (std::uint32_t i = 0; i < options_.connections; ++i)
      drivers.push_back(engine_.make_driver(operation, pool_, keys));
    plan.subject = ::getpid();
    DYAD_TRY_ASSIGN(Phase phase, sync_wait(reactor_, run_phase(reactor_, drivers, plan)));
    if (phase.errors > 0) return fail(ErrorCode::conflict, phase.first_error);
    DYAD_TRY(sync_wait(reactor_, engine_.trim()));
    return phase;
  }

  Result<Phase> measure_one(const EngineCaseName& entry, std::uint32_t round) {
    PhasePlan plan;
    plan.warm_up_ms = static_cast<std::int64_t>(options_.warm_up_seconds * 1000);
    plan.measure_ms = static_cast<std::int64_t>(options_.seconds * 1000);
    DYAD_TRY_ASSIGN(
        Phase phase,
        run(entry.which, KeyChoice(KeyChoice::Order::random, options_.keys, round + 2), plan));
    if (!options_.quiet)
      fmt::print(stderr, "round {}: {}: {:.0f} operations a second\n", round + 1, entry.name,
                 static_cast<double>(phase.operations) / phase.seconds);
    return phase;
  }

  const Options& options_;
  Reactor& reactor_;
  Engine& engine_;
  const TextPool pool_;
};

}  // namespace

Result<std::vector<CaseResult>> run_engine_cases(const Options& options, Runtime& runtime,
                                                 Reactor& reactor, const std::string& directory) {
  std::optional<std::string> place;
  if (!options.memory_engine) place = directory + "/engine";
  DYAD_TRY_ASSIGN(std::unique_ptr<Engine> engine,
                  sync_wait(reactor, Engine::open(runtime, std::move(place))));
  EngineRun run(options, reactor, *engine);
  Result<std::vector<CaseResult>> results;
  if (Result<> loaded = run.load(); !loaded) {
    results = fail(std::move(loaded).error());
  } else {
    results = run.measure();
  }
  DYAD_TRY(sync_wait(reactor, engine->close()));
  return results;
}

}  // namespace dyad::bench
