#include "results.h"

#include <algorithm>

namespace dyad::bench {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

double ratio(double a, double b) {
  return b > 0 ? a / b : 0;
}

double per_operation(std::int64_t us, const Phase& phase) {
  return ratio(static_cast<double>(us), static_cast<double>(phase.operations));
}

double cpu_s(const Phase& phase) {
  return phase.subject_cpu ? static_cast<double>(phase.subject_cpu->total_us) * 1e-6 : 0;
}

double percentile(const Phase& phase, double fraction) {
  return static_cast<double>(phase.latency_us.percentile(fraction));
}

}  // namespace

const std::vector<Figure>& figures() {
  static const std::vector<Figure> all = {
      {"operations_per_second",
       [](const Phase& p) { return ratio(static_cast<double>(p.operations), p.seconds); }},
      {"units_per_second",
       [](const Phase& p) { return ratio(static_cast<double>(p.units), p.seconds); }},
      {"units_per_core_second",
       [](const Phase& p) { return ratio(static_cast<double>(p.units), cpu_s(p)); }},
      {"cpu_us",
       [](const Phase& p) {
         return p.subject_cpu ? per_operation(p.subject_cpu->total_us, p) : 0;
       }},
      {"cpu_user_us",
       [](const Phase& p) { return p.subject_cpu ? per_operation(p.subject_cpu->user_us, p) : 0; }},
      {"cpu_system_us",
       [](const Phase& p) {
         return p.subject_cpu ? per_operation(p.subject_cpu->system_us, p) : 0;
       }},
      {"generator_cpu_us", [](const Phase& p) { return per_operation(p.own_cpu.total_us, p); }},
      {"p50_us", [](const Phase& p) { return percentile(p, 0.5); }},
      {"p99_us", [](const Phase& p) { return percentile(p, 0.99); }},
      {"p999_us", [](const Phase& p) { return percentile(p, 0.999); }},
      {"resident_mib",
       [](const Phase& p) {
         return p.subject_memory ? static_cast<double>(p.subject_memory->resident_bytes) / kMiB : 0;
       }},
      {"peak_mib",
       [](const Phase& p) {
         return p.subject_memory ? static_cast<double>(p.subject_memory->peak_bytes) / kMiB : 0;
       }},
      {"other_cpus_busy",
       [](const Phase& p) {
         return ratio(static_cast<double>(p.others_cpu_us) * 1e-6, p.seconds);
       }},
  };
  return all;
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

Spread spread_of(const CaseResult& result, std::string_view figure) {
  std::vector<double> values;
  for (const Figure& candidate : figures()) {
    if (candidate.name != figure) continue;
    for (const Phase& phase : result.rounds) values.push_back(candidate.of(phase));
  }
  return spread_of(std::move(values));
}

std::uint64_t errors_of(const CaseResult& result) {
  std::uint64_t errors = 0;
  for (const Phase& phase : result.rounds) errors += phase.errors;
  return errors;
}

std::optional<double> median_of(const Results& results, std::string_view name,
                                std::string_view server, std::string_view figure) {
  for (const CaseResult& result : results.cases) {
    if (result.name != name || result.server != server || result.rounds.empty()) continue;
    const double median = spread_of(result, figure).median;
    // Zero is what an unknown CPU gives.
    if (median > 0) return median;
  }
  return std::nullopt;
}

std::optional<double> fact_of(const Results& results, std::string_view name) {
  for (const FactResult& fact : results.facts)
    if (fact.name == name && !fact.values.empty()) return spread_of(fact.values).median;
  return std::nullopt;
}

}  // namespace dyad::bench
