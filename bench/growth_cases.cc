#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cpu_usage.h"
#include "http_setup.h"
#include "load.h"
#include "results.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

constexpr std::uint64_t kFewItems = 10'000;
constexpr std::int64_t kMinMeasureMs = 5'000;
/// What the load leaves behind (compactions) is not what is asked about: it is waited for until
/// the server needs less than a hundredth of a processor, or this long.
constexpr std::int64_t kSettleLimitUs = 900 * 1'000'000LL;
constexpr std::int64_t kSettleLookUs = 2'000'000;
constexpr std::int64_t kSettledCpuUs = kSettleLookUs / 100;
/// Caches are to hold what is read.
constexpr std::int64_t kGrownWarmUpMs = 10'000;
/// Of the peak: what the open loop asks for.
constexpr double kLoad = 0.5;

/// Latency as the table grows, at a rate that does not: half of what a small table takes at most.
/// And at half of what the grown one takes, where that is less.
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
      DYAD_TRY_ASSIGN(side.rate_per_s, half_of_peak(bed, server, side, kFewItems));
      DYAD_TRY_ASSIGN(side.p99_us, p99_us(bed, server, side, side.rate_per_s, kFewItems, 0));
      tell(measured, side, kFewItems, side.rate_per_s, side.p99_us);
    }
    const std::uint64_t many = std::max(bed.options.growth_items, kFewItems + 1);
    bed.progress.say(fmt::format("growth: loading {} items", many));
    DYAD_TRY(fill(bed, server, kFewItems, many));
    DYAD_TRY(settle(bed, server));
    for (Side& side : sides) {
      DYAD_TRY_ASSIGN(const double grown_us,
                      p99_us(bed, server, side, side.rate_per_s, many, kGrownWarmUpMs));
      tell(measured, side, many, side.rate_per_s, grown_us);
      tell_ratio(measured, side, "", grown_us);
      DYAD_TRY_ASSIGN(const double own_rate, half_of_peak(bed, server, side, many));
      if (own_rate >= side.rate_per_s) continue;
      DYAD_TRY_ASSIGN(const double own_us, p99_us(bed, server, side, own_rate, many, 0));
      tell(measured, side, many, own_rate, own_us);
      tell_ratio(measured, side, " at half of its own peak", own_us);
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

  static Result<> settle(const Bed& bed, const Server& server) {
    const std::int64_t begin_us = bed.reactor.clock().steady_us();
    DYAD_TRY_ASSIGN(CpuTimes before, cpu_times_of(server.pid));
    for (;;) {
      ::usleep(kSettleLookUs);
      DYAD_TRY_ASSIGN(const CpuTimes now, cpu_times_of(server.pid));
      const std::int64_t took_us = bed.reactor.clock().steady_us() - begin_us;
      const bool settled = (now - before).total_us < kSettledCpuUs;
      if (settled || took_us >= kSettleLimitUs) {
        bed.progress.say(fmt::format("growth: {} {} s after the load",
                                     settled ? "the server is idle" : "the server still compacts",
                                     took_us / 1'000'000));
        return {};
      }
      before = now;
    }
  }

  /// Operations a second.
  static Result<double> half_of_peak(Bed& bed, Server& server, const Side& side,
                                     std::uint64_t items) {
    DYAD_TRY_ASSIGN(const Phase peak,
                    run_workload(bed, server, *side.workload, choice(items),
                                 closed_loop(bed.options), bed.options.connections));
    return std::max(1.0, kLoad * static_cast<double>(peak.operations) / peak.seconds);
  }

  /// The median of as many measurements as there are rounds.
  static Result<double> p99_us(Bed& bed, Server& server, const Side& side, double rate_per_s,
                               std::uint64_t items, std::int64_t warm_up_ms) {
    PhasePlan plan = closed_loop(bed.options);
    plan.measure_ms = std::max(plan.measure_ms, kMinMeasureMs);
    plan.rate_per_s = rate_per_s;
    std::vector<double> all;
    for (std::uint32_t i = 0; i < bed.options.rounds; ++i) {
      if (i == 0) plan.warm_up_ms = std::max(plan.warm_up_ms, warm_up_ms);
      DYAD_TRY_ASSIGN(const Phase phase, run_workload(bed, server, *side.workload, choice(items),
                                                      plan, bed.options.connections));
      all.push_back(static_cast<double>(phase.latency_us.percentile(0.99)));
      bed.progress.say(fmt::format("growth: {} of {} items: p99 {:.0f} us at {:.0f} a second",
                                   side.name, items, all.back(), rate_per_s));
      plan.warm_up_ms = closed_loop(bed.options).warm_up_ms;
    }
    return spread_of(std::move(all)).median;
  }

  static void tell(Measurement& measured, const Side& side, std::uint64_t items, double rate_per_s,
                   double p99_us) {
    const std::string name =
        fmt::format("growth, {}: p99 of {} items at {:.0f}/s", side.name, items, rate_per_s);
    measured.facts.push_back({name, "us", p99_us});
  }
  static void tell_ratio(Measurement& measured, const Side& side, std::string_view which,
                         double grown_us) {
    measured.facts.push_back({fmt::format("growth, {}: p99 ratio{}", side.name, which), "x",
                              grown_us / std::max(1.0, side.p99_us)});
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
