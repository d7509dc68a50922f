#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "http_setup.h"
#include "load.h"
#include "results.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

constexpr std::uint64_t kFewItems = 10'000;
constexpr std::int64_t kMinMeasureMs = 5'000;
/// What the load leaves behind (memtables, compactions) is not what is asked about.
constexpr std::int64_t kGrownWarmUpMs = 10'000;
/// Of the peak: what the open loop asks for.
constexpr double kLoad = 0.5;

/// Latency as the table grows, at a rate that does not: half of what a small table takes at most.
class GrowthCase final : public Case {
 public:
  using Case::Case;

  Result<Measurement> measure(Bed& bed, Server&, std::uint32_t) override {
    if (!bed.options.endpoint.empty()) return Measurement();
    const std::string directory = bed.scratch + "/growth";
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return fail(ErrorCode::io_error, directory + ": " + error.message());
    DYAD_TRY_ASSIGN(Server server, start_dyad(bed.options, bed.reactor, directory));
    Measurement measured;
    DYAD_TRY(grow(bed, server, measured));
    DYAD_TRY(server.process->stop());
    return measured;
  }

 private:
  struct Side {
    std::string name;
    std::unique_ptr<HttpWorkload> workload;
    double rate_per_s = 0;
    double p99_us = 0;
  };

  Result<> grow(Bed& bed, Server& server, Measurement& measured) {
    DYAD_TRY(sync_wait(bed.reactor, make_tables(bed.reactor, server.target)));
    DYAD_TRY(fill(bed, server, 0, kFewItems));
    std::vector<Side> sides;
    sides.push_back({"reads", make_get_item()});
    sides.push_back({"writes", make_put_item(bed.pool, PutItemKind::plain)});
    for (Side& side : sides) {
      DYAD_TRY_ASSIGN(const Phase peak,
                      run_workload(bed, server, *side.workload, choice(kFewItems),
                                   closed_loop(bed.options), bed.options.connections));
      side.rate_per_s = std::max(1.0, kLoad * static_cast<double>(peak.operations) / peak.seconds);
      DYAD_TRY_ASSIGN(side.p99_us, p99_us(bed, server, side, kFewItems, 0));
      tell(measured, side.name, kFewItems, side.p99_us);
    }
    const std::uint64_t many = std::max(bed.options.growth_items, kFewItems + 1);
    bed.progress.say(fmt::format("growth: loading {} items", many));
    DYAD_TRY(fill(bed, server, kFewItems, many));
    for (Side& side : sides) {
      DYAD_TRY_ASSIGN(const double grown_us, p99_us(bed, server, side, many, kGrownWarmUpMs));
      tell(measured, side.name, many, grown_us);
      measured.facts.push_back({fmt::format("growth, {}: p99 ratio", side.name), "x",
                                grown_us / std::max(1.0, side.p99_us)});
    }
    return {};
  }

  static KeyChoice choice(std::uint64_t count) {
    return KeyChoice(KeyChoice::Order::random, count, 2);
  }

  static Result<> fill(Bed& bed, Server& server, std::uint64_t from, std::uint64_t to) {
    const auto workload = make_put_item(bed.pool, PutItemKind::plain);
    DYAD_TRY(run_workload(bed, server, *workload, KeyChoice(KeyChoice::Order::in_turn, to, 1, from),
                          counted(bed, server, to - from, "loading"), bed.options.connections));
    return {};
  }

  /// The median of as many measurements as there are rounds.
  static Result<double> p99_us(Bed& bed, Server& server, const Side& side, std::uint64_t items,
                               std::int64_t warm_up_ms) {
    PhasePlan plan = closed_loop(bed.options);
    plan.measure_ms = std::max(plan.measure_ms, kMinMeasureMs);
    plan.rate_per_s = side.rate_per_s;
    std::vector<double> all;
    for (std::uint32_t i = 0; i < bed.options.rounds; ++i) {
      if (i == 0) plan.warm_up_ms = std::max(plan.warm_up_ms, warm_up_ms);
      DYAD_TRY_ASSIGN(const Phase phase, run_workload(bed, server, *side.workload, choice(items),
                                                      plan, bed.options.connections));
      all.push_back(static_cast<double>(phase.latency_us.percentile(0.99)));
      bed.progress.say(fmt::format("growth: {} of {} items: p99 {:.0f} us at {:.0f} a second",
                                   side.name, items, all.back(), side.rate_per_s));
      plan.warm_up_ms = closed_loop(bed.options).warm_up_ms;
    }
    return spread_of(std::move(all)).median;
  }

  static void tell(Measurement& measured, const std::string& side, std::uint64_t items,
                   double p99_us) {
    measured.facts.push_back(
        {fmt::format("growth, {}: p99 at {} items", side, items), "us", p99_us});
  }
};

}  // namespace

void add_growth_cases(Cases& cases) {
  CaseInfo info;
  info.name = "growth";
  info.group = "growth";
  info.once = true;
  cases.push_back(std::make_unique<GrowthCase>(std::move(info)));
}

}  // namespace dyad::bench
