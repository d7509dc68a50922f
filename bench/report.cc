#include "report.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>

#include "crypto/amz_date.h"
#include "runtime/system_clock.h"
#include "sample_data.h"

namespace dyad::bench {
namespace {

double per_operation(std::int64_t us, const Phase& phase) {
  return phase.operations == 0 ? 0
                               : static_cast<double>(us) / static_cast<double>(phase.operations);
}

double rate(const Phase& phase) {
  return phase.seconds > 0 ? static_cast<double>(phase.operations) / phase.seconds : 0;
}

/// A figure of a phase: its name in the JSON and how it is taken.
struct Figure {
  const char* name;
  std::function<double(const Phase&)> of;
};

const std::vector<Figure>& figures() {
  static const std::vector<Figure> all = {
      {"operations_per_second", rate},
      {"cpu_us",
       [](const Phase& p) {
         return p.subject_cpu ? per_operation(p.subject_cpu->total_us(), p) : 0;
       }},
      {"cpu_user_us",
       [](const Phase& p) { return p.subject_cpu ? per_operation(p.subject_cpu->user_us, p) : 0; }},
      {"cpu_system_us",
       [](const Phase& p) {
         return p.subject_cpu ? per_operation(p.subject_cpu->system_us, p) : 0;
       }},
      {"generator_cpu_us", [](const Phase& p) { return per_operation(p.own_cpu.total_us(), p); }},
      {"p50_us", [](const Phase& p) { return static_cast<double>(p.latency_us.percentile(0.5)); }},
      {"p99_us", [](const Phase& p) { return static_cast<double>(p.latency_us.percentile(0.99)); }},
      {"p999_us",
       [](const Phase& p) { return static_cast<double>(p.latency_us.percentile(0.999)); }},
      {"other_cpus_busy",
       [](const Phase& p) {
         return p.seconds > 0 ? static_cast<double>(p.others_cpu_us) * 1e-6 / p.seconds : 0;
       }},
  };
  return all;
}

Spread spread_of(const CaseResult& result, std::string_view figure) {
  std::vector<double> values;
  for (const Figure& candidate : figures()) {
    if (candidate.name != figure) continue;
    for (const Phase& phase : result.rounds) values.push_back(candidate.of(phase));
  }
  return bench::spread_of(std::move(values));
}

std::uint64_t errors_of(const CaseResult& result) {
  std::uint64_t errors = 0;
  for (const Phase& phase : result.rounds) errors += phase.errors;
  return errors;
}

std::string range(const Spread& spread) {
  return fmt::format("{:.1f}..{:.1f}", spread.min, spread.max);
}

void append_case(std::string& out, const CaseResult& result) {
  const auto median = [&](std::string_view figure) { return spread_of(result, figure).median; };
  const Spread rate = spread_of(result, "operations_per_second");
  const Spread cpu = spread_of(result, "cpu_us");
  const bool known = !result.rounds.empty() && result.rounds.front().subject_cpu.has_value();
  fmt::format_to(std::back_inserter(out),
                 "{:<22} {:>8.0f} {:>15} {:>8} {:>13} {:>7.1f} {:>7.1f} {:>7.1f} {:>8.0f} {:>8.0f} "
                 "{:>8.0f} {:>6.2f} {:>7}\n",
                 result.name, rate.median, fmt::format("{:.0f}..{:.0f}", rate.min, rate.max),
                 known ? fmt::format("{:.1f}", cpu.median) : "-", known ? range(cpu) : "-",
                 median("cpu_user_us"), median("cpu_system_us"),
                 result.over_http ? median("generator_cpu_us") : 0.0, median("p50_us"),
                 median("p99_us"), median("p999_us"), median("other_cpus_busy"), errors_of(result));
}

void append_section(std::string& out, std::string_view title,
                    const std::vector<CaseResult>& results, bool over_http) {
  bool begun = false;
  for (const CaseResult& result : results) {
    if (result.over_http != over_http) continue;
    if (!begun) {
      fmt::format_to(std::back_inserter(out),
                     "\n{}\n{:<22} {:>8} {:>15} {:>8} {:>13} {:>7} {:>7} {:>7} {:>8} {:>8} {:>8} "
                     "{:>6} {:>7}\n",
                     title, "", "ops/s", "min..max", "CPU us", "min..max", "user", "system",
                     over_http ? "client" : "", "p50 us", "p99 us", "p99.9", "others", "errors");
      begun = true;
    }
    append_case(out, result);
  }
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

void append_json_case(std::string& out, const CaseResult& result) {
  fmt::format_to(std::back_inserter(out), "    {{\"name\": {}, \"over\": \"{}\", \"errors\": {}",
                 json_string(result.name), result.over_http ? "http" : "engine", errors_of(result));
  for (const Figure& figure : figures()) {
    const Spread spread = spread_of(result, figure.name);
    fmt::format_to(
        std::back_inserter(out),
        ",\n     \"{}\": {{\"median\": {:.3f}, \"min\": {:.3f}, \"max\": {:.3f}, \"rounds\": [",
        figure.name, spread.median, spread.min, spread.max);
    for (std::size_t i = 0; i < result.rounds.size(); ++i)
      fmt::format_to(std::back_inserter(out), "{}{:.3f}", i == 0 ? "" : ", ",
                     figure.of(result.rounds[i]));
    out += "]}";
  }
  out += "}";
}

std::string first_value(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

Machine look_at_machine(std::string file_system) {
  Machine machine;
  machine.date = crypto::to_iso_date(SystemClock().wall_ms());
  machine.cpu = first_value("/proc/cpuinfo", "model name");
  cpu_set_t cpus;
  if (::sched_getaffinity(0, sizeof cpus, &cpus) == 0)
    machine.cpus = static_cast<unsigned>(CPU_COUNT(&cpus));
  utsname name;
  if (::uname(&name) == 0)
    machine.kernel = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
  machine.file_system = std::move(file_system);
  return machine;
}

std::string text_report(const Options& options, const Machine& machine,
                        const std::vector<CaseResult>& results) {
  std::string out = fmt::format(
      "{}  {} x {}, {}, data on {}\n{}\n{} connections, {} rounds of {} s after {} s, {} keys, "
      "items of "
      "{} bytes, objects of {}\n",
      machine.date, machine.cpus, machine.cpu, machine.kernel, machine.file_system, options.command,
      options.connections, options.rounds, options.seconds, options.warm_up_seconds, options.keys,
      kItemBytes, kObjectBytes);
  append_section(out, "Over HTTP, each request signed (CPU: the server's, an operation)", results,
                 true);
  append_section(out, "The engine in one process, without HTTP (CPU: the process's, an operation)",
                 results, false);
  out +=
      "\nMedians over the rounds. A closed loop: p50 is about connections / (ops/s). others: CPUs "
      "that "
      "other programs kept busy.\n";
  return out;
}

std::string json_report(const Options& options, const Machine& machine,
                        const std::vector<CaseResult>& results) {
  std::string out = fmt::format(
      "{{\n  \"date\": {}, \"cpu\": {}, \"cpus\": {}, \"kernel\": {}, \"file_system\": {},\n"
      "  \"command\": {}, \"connections\": {}, \"rounds\": {}, \"seconds\": {}, "
      "\"warm_up_seconds\": {}, "
      "\"keys\": {},\n  \"cases\": [\n",
      json_string(machine.date), json_string(machine.cpu), machine.cpus,
      json_string(machine.kernel), json_string(machine.file_system), json_string(options.command),
      options.connections, options.rounds, options.seconds, options.warm_up_seconds, options.keys);
  for (std::size_t i = 0; i < results.size(); ++i) {
    append_json_case(out, results[i]);
    out += i + 1 < results.size() ? ",\n" : "\n";
  }
  return out + "  ]\n}\n";
}

}  // namespace dyad::bench
