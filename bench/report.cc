#include "report.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "aims.h"
#include "crypto/amz_date.h"
#include "runtime/system_clock.h"
#include "sample_data.h"

namespace dyad::bench {
namespace {

std::string short_number(double value) {
  if (value >= 1e6) return fmt::format("{:.1f}M", value / 1e6);
  return fmt::format("{:.0f}", value);
}

std::string range(const Spread& spread) {
  return short_number(spread.min) + ".." + short_number(spread.max);
}

constexpr const char* kHead =
    "{:<38} {:>8} {:>15} {:>8} {:>8} {:>7} {:>7} {:>7} {:>8} {:>8} {:>8} "
    "{:>7} {:>7} {:>6} {:>6}\n";

/// "1.23 GB" of bytes is a rate in MB; everything else is counted.
std::string unit_rate(const CaseResult& result, std::string_view figure) {
  const double median = spread_of(result, figure).median;
  if (median == 0) return "-";
  return result.unit == "bytes" ? fmt::format("{:.0f}MB", median / 1e6) : short_number(median);
}

/// How many times what this server does Dyad does, a second.
std::string times_of(const Results& results, const CaseResult& result) {
  constexpr std::string_view figure = "units_per_second";
  const auto ours = median_of(results, result.name, "dyad", figure);
  const auto theirs = median_of(results, result.name, result.server, figure);
  if (result.server == "dyad" || result.server == "engine" || !ours || !theirs) return "";
  return fmt::format("{:.1f}", *ours / *theirs);
}

void append_case(std::string& out, const Results& results, const CaseResult& result) {
  const auto median = [&](std::string_view figure) { return spread_of(result, figure).median; };
  const auto told = [](double value) {
    return value > 0 ? fmt::format("{:.1f}", value) : std::string("-");
  };
  std::string name = result.name;
  if (result.unit != "ops") name += ", " + result.unit;
  const bool peer = result.server != "dyad" && result.server != "engine";
  if (peer && !name.starts_with(result.server)) name = "  " + result.server;
  fmt::format_to(
      std::back_inserter(out), fmt::runtime(kHead), name, unit_rate(result, "units_per_second"),
      result.unit == "bytes" ? "" : range(spread_of(result, "units_per_second")),
      unit_rate(result, "units_per_core_second"), told(median("cpu_us")),
      told(median("cpu_user_us")), told(median("cpu_system_us")), told(median("generator_cpu_us")),
      short_number(median("p50_us")), short_number(median("p99_us")),
      short_number(median("p999_us")), told(median("resident_mib")), told(median("peak_mib")),
      fmt::format("{:.2f}", median("other_cpus_busy")), times_of(results, result));
}

void append_cases(std::string& out, std::string_view title, const Results& results, bool engine) {
  bool begun = false;
  for (const CaseResult& result : results.cases) {
    if ((result.server == "engine") != engine) continue;
    if (!begun) {
      fmt::format_to(std::back_inserter(out), "\n{}\n", title);
      fmt::format_to(std::back_inserter(out), fmt::runtime(kHead), "", "/s", "min..max", "/core s",
                     "CPU us", "user", "system", "client", "p50 us", "p99 us", "p99.9", "MiB",
                     "peak", "others", "Dyad x");
      begun = true;
    }
    append_case(out, results, result);
  }
}

void append_facts(std::string& out, const Results& results) {
  if (results.facts.empty()) return;
  out += "\nFigures of their own\n";
  for (const FactResult& fact : results.facts) {
    const Spread spread = spread_of(fact.values);
    fmt::format_to(std::back_inserter(out), "{:<42} {:>12.2f} {:<5}  {:.2f}..{:.2f}\n", fact.name,
                   spread.median, fact.unit, spread.min, spread.max);
  }
}

void append_aims(std::string& out, const std::vector<Aim>& aims) {
  if (aims.empty()) return;
  out += "\nAims\n";
  for (const Aim& aim : aims)
    fmt::format_to(std::back_inserter(out), "{:<42} {:>10.2f}  {} {:g} {:<18} {}\n", aim.what,
                   aim.measured, aim.at_most ? "at most " : "at least", aim.aim, aim.unit,
                   aim.met() ? "met" : "not met");
}

void append_left_out(std::string& out, const Results& results) {
  if (results.left_out.empty()) return;
  out += "\nLeft out\n";
  for (const std::string& line : results.left_out) out += line + "\n";
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

void append_json_values(std::string& out, const std::vector<double>& values) {
  const Spread spread = spread_of(values);
  fmt::format_to(std::back_inserter(out),
                 "{{\"median\": {:.3f}, \"min\": {:.3f}, \"max\": {:.3f}, \"rounds\": [",
                 spread.median, spread.min, spread.max);
  for (std::size_t i = 0; i < values.size(); ++i)
    fmt::format_to(std::back_inserter(out), "{}{:.3f}", i == 0 ? "" : ", ", values[i]);
  out += "]}";
}

void append_json_case(std::string& out, const CaseResult& result) {
  fmt::format_to(std::back_inserter(out),
                 "    {{\"name\": {}, \"server\": {}, \"unit\": {}, \"errors\": {}",
                 json_string(result.name), json_string(result.server), json_string(result.unit),
                 errors_of(result));
  for (const Figure& figure : figures()) {
    std::vector<double> values;
    for (const Phase& phase : result.rounds) values.push_back(figure.of(phase));
    fmt::format_to(std::back_inserter(out), ",\n     \"{}\": ", figure.name);
    append_json_values(out, values);
  }
  out += "}";
}

void append_json_fact(std::string& out, const FactResult& fact) {
  fmt::format_to(std::back_inserter(out),
                 "    {{\"name\": {}, \"unit\": {}, \"value\": ", json_string(fact.name),
                 json_string(fact.unit));
  append_json_values(out, fact.values);
  out += "}";
}

void append_json_aim(std::string& out, const Aim& aim) {
  fmt::format_to(std::back_inserter(out),
                 "    {{\"what\": {}, \"unit\": {}, \"at_most\": {}, \"aim\": {:g}, "
                 "\"measured\": {:.3f}, \"met\": {}}}",
                 json_string(aim.what), json_string(aim.unit), aim.at_most, aim.aim, aim.measured,
                 aim.met());
}

void append_json_string(std::string& out, const std::string& text) {
  out += "    " + json_string(text);
}

template <class T>
void append_json_list(std::string& out, const char* name, const std::vector<T>& all,
                      void (*append)(std::string&, const T&)) {
  fmt::format_to(std::back_inserter(out), ",\n  \"{}\": [\n", name);
  for (std::size_t i = 0; i < all.size(); ++i) {
    append(out, all[i]);
    out += i + 1 < all.size() ? ",\n" : "\n";
  }
  out += "  ]";
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

std::string text_report(const Options& options, const Machine& machine, const Results& results) {
  std::string out = fmt::format(
      "{}  {} x {}, {}, data on {}\n{}\n{} connections, {} rounds of {} s after {} s, {} keys, "
      "items of {} bytes, objects of {}\n",
      machine.date, machine.cpus, machine.cpu, machine.kernel, machine.file_system, options.command,
      options.connections, options.rounds, options.seconds, options.warm_up_seconds, options.keys,
      kItemBytes, kObjectBytes);
  if (!machine.servers.empty()) out += fmt::format("beside {}\n", fmt::join(machine.servers, ", "));
  if (options.rate_per_s > 0)
    out += fmt::format("open loop: {} operations a second\n", options.rate_per_s);
  append_cases(out, "Over the network (CPU: the server's, an operation)", results, false);
  append_cases(out, "The engine in this process (CPU: its own, an operation)", results, true);
  append_facts(out, results);
  append_aims(out, held_against_aims(results));
  append_left_out(out, results);
  out +=
      "\nMedians over the rounds. /core s: by the CPU seconds that the server used. A closed loop: "
      "p50 is about\nconnections / (ops/s). others: CPUs that other programs kept busy. MiB: "
      "resident after the case, and its peak.\n";
  return out;
}

std::string json_report(const Options& options, const Machine& machine, const Results& results) {
  std::string out = fmt::format(
      "{{\n  \"date\": {}, \"cpu\": {}, \"cpus\": {}, \"kernel\": {}, \"file_system\": {},\n"
      "  \"servers\": {}, \"command\": {}, \"connections\": {}, \"rounds\": {}, "
      "\"seconds\": {}, \"warm_up_seconds\": {}, \"keys\": {}",
      json_string(machine.date), json_string(machine.cpu), machine.cpus,
      json_string(machine.kernel), json_string(machine.file_system),
      json_string(fmt::format("{}", fmt::join(machine.servers, ", "))),
      json_string(options.command), options.connections, options.rounds, options.seconds,
      options.warm_up_seconds, options.keys);
  append_json_list(out, "cases", results.cases, append_json_case);
  append_json_list(out, "facts", results.facts, append_json_fact);
  append_json_list(out, "aims", held_against_aims(results), append_json_aim);
  append_json_list(out, "left_out", results.left_out, append_json_string);
  return out + "\n}\n";
}

}  // namespace dyad::bench
