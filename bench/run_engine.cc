#include "run_engine.h"

#include <fmt/core.h>
#include <unistd.h>

#include "engine.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

struct EngineCaseName {
  Engine::Operation which;
  const char* name;
};

constexpr EngineCaseName kEngineCases[] = {
    {Engine::Operation::transact, "engine/transact"},
    {Engine::Operation::get_item, "engine/GetItem"},
    {Engine::Operation::put_item, "engine/PutItem"},
    {Engine::Operation::put_item_indexed, "engine/PutItem+GSI"},
    {Engine::Operation::put_item_logged, "engine/PutItem+images"},
    {Engine::Operation::put_object, "engine/PutObject"},
    {Engine::Operation::get_object, "engine/GetObject"},
};

class EngineRun {
 public:
  EngineRun(const Bed& bed, Engine& engine)
      : options_(bed.options),
        progress_(bed.progress),
        reactor_(bed.reactor),
        pool_(bed.pool),
        engine_(engine) {}

  Result<> load() {
    for (const auto operation :
         {Engine::Operation::transact, Engine::Operation::put_item,
          Engine::Operation::put_item_indexed, Engine::Operation::put_item_logged,
          Engine::Operation::put_object}) {
      PhasePlan plan;
      plan.operations = options_.keys;
      DYAD_TRY(run(operation, KeyChoice(KeyChoice::Order::in_turn, options_.keys, 1), plan));
    }
    return {};
  }

  Result<std::vector<CaseResult>> measure() {
    std::vector<CaseResult> results;
    for (const EngineCaseName& entry : kEngineCases)
      if (wanted(options_, entry.name, kEngineGroup))
        results.push_back({entry.name, "engine", "ops", {}});
    for (std::uint32_t round = 0; round < options_.rounds; ++round) {
      std::size_t next = 0;
      for (const EngineCaseName& entry : kEngineCases) {
        if (!wanted(options_, entry.name, kEngineGroup)) continue;
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
    progress_.say(fmt::format("round {} of {}: {}: {:.0f} ops a second", round + 1, options_.rounds,
                              entry.name, static_cast<double>(phase.operations) / phase.seconds));
    return phase;
  }

  const Options& options_;
  const Progress& progress_;
  Reactor& reactor_;
  const TextPool& pool_;
  Engine& engine_;
};

}  // namespace

std::vector<std::string> engine_case_names() {
  std::vector<std::string> names;
  for (const EngineCaseName& entry : kEngineCases) names.emplace_back(entry.name);
  return names;
}

Result<std::vector<CaseResult>> run_engine_cases(const Bed& bed, Runtime& runtime) {
  std::optional<std::string> place;
  if (!bed.options.memory_engine) place = bed.scratch + "/engine";
  DYAD_TRY_ASSIGN(std::unique_ptr<Engine> engine,
                  sync_wait(bed.reactor, Engine::open(runtime, std::move(place))));
  bed.progress.say("engine: loading");
  EngineRun run(bed, *engine);
  Result<std::vector<CaseResult>> results;
  if (Result<> loaded = run.load(); !loaded) {
    results = fail(std::move(loaded).error());
  } else {
    results = run.measure();
  }
  DYAD_TRY(sync_wait(bed.reactor, engine->close()));
  return results;
}

}  // namespace dyad::bench
