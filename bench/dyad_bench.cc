#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "case.h"
#include "options.h"
#include "report.h"
#include "run_cases.h"
#include "run_engine.h"
#include "runtime/system_clock.h"
#include "runtime/threaded_runtime.h"
#include "server.h"

namespace dyad::bench {
namespace {

/// Names that no case has.
Result<> check_names(const Options& options, const Cases& cases) {
  std::vector<std::string> names = engine_case_names();
  std::vector<std::string> groups{std::string(kEngineGroup)};
  for (const auto& entry : cases) {
    names.push_back(entry->info().name);
    groups.push_back(entry->info().group);
  }
  const auto check = [](const std::vector<std::string>& asked,
                        const std::vector<std::string>& known, std::string_view what) -> Result<> {
    for (const std::string& name : asked) {
      if (std::ranges::find(known, name) == known.end())
        return fail(ErrorCode::invalid_argument, fmt::format("no {} is called '{}'; there are: {}",
                                                             what, name, fmt::join(known, ", ")));
    }
    return {};
  };
  DYAD_TRY(check(options.only, names, "case"));
  std::ranges::sort(groups);
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return check(options.groups, groups, "group");
}

void pin(std::optional<int> cpu) {
  if (!cpu) return;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(static_cast<unsigned>(*cpu), &cpus);
  if (::sched_setaffinity(0, sizeof cpus, &cpus) != 0)
    fmt::print(stderr, "cannot pin to CPU {}\n", *cpu);
}

/// Thousands of connections take as many descriptors, here and in the servers, which inherit it.
void raise_descriptor_limit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Servers that a wanted case loads, a bit each.
unsigned wanted_kinds(const Options& options, const Cases& cases) {
  unsigned kinds = 0;
  for (const auto& entry : cases)
    if (wanted(options, entry->info().name, entry->info().group)) kinds |= entry->info().kinds;
  return kinds;
}

bool any_engine_case(const Options& options) {
  return std::ranges::any_of(engine_case_names(), [&](const std::string& name) {
    return wanted(options, name, kEngineGroup);
  });
}

Result<Results> run_over_network(Bed& bed, const Cases& cases, Machine& machine) {
  const Options& options = bed.options;
  const unsigned kinds = wanted_kinds(options, cases);
  Results results;
  if (kinds == 0) return results;
  std::vector<Server> servers;
  if ((kinds & static_cast<unsigned>(ServerKind::dyad)) != 0) {
    DYAD_TRY_ASSIGN(Server dyad, options.endpoint.empty()
                                     ? start_dyad(options, bed.reactor, bed.scratch)
                                     : use_endpoint(options, bed.reactor));
    servers.push_back(std::move(dyad));
  }
  std::vector<std::string> left_out;
  for (Server& peer : start_peers(options, bed.reactor, bed.scratch, kinds, left_out)) {
    machine.servers.push_back(peer.name + " " + peer.version);
    servers.push_back(std::move(peer));
  }
  pin(options.generator_cpu);
  results = run_cases(bed, cases, servers);
  results.left_out.insert(results.left_out.begin(), left_out.begin(), left_out.end());
  for (Server& server : servers) {
    if (server.kind != ServerKind::dyad || !server.process) continue;
    if (const Result<> stopped = server.process->stop(); !stopped) {
      results.failed = true;
      results.left_out.push_back("dyad did not stop as it should: " + stopped.error().to_string());
    }
  }
  return results;
}

Result<> write_reports(const Options& options, const Machine& machine, const Results& results) {
  fmt::print("{}", text_report(options, machine, results));
  if (options.json.empty()) return {};
  std::ofstream file(options.json);
  file << json_report(options, machine, results);
  file.flush();
  if (!file) return fail(ErrorCode::io_error, options.json + " cannot be written");
  return {};
}

Result<> run(const Options& options) {
  const Cases cases = all_cases();
  DYAD_TRY(check_names(options, cases));
  if (options.list_peers) {
    for (const PeerName& peer : wanted_peers(options, wanted_kinds(options, cases)))
      fmt::print("{}\n", peer.name);
    return {};
  }
  DYAD_TRY_ASSIGN(const ScratchDirectory scratch,
                  ScratchDirectory::make(options.data_parent, options.keep_data));
  Machine machine = look_at_machine(scratch.file_system());
  if (machine.file_system == "tmpfs")
    fmt::print(stderr, "{} is in memory: durable writes cost nothing there; see --data-parent\n",
               options.data_parent);
  raise_descriptor_limit();
  const auto runtime = make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  Reactor reactor(runtime->clock(), "bench");
  const TextPool pool;
  const Progress progress(reactor.clock(), options.quiet);
  Bed bed{options, reactor, pool, scratch.path(), progress};
  DYAD_TRY_ASSIGN(Results results, run_over_network(bed, cases, machine));
  Result<> done;
  if (results.failed) done = fail(ErrorCode::conflict, "Dyad failed; what stands under 'Left out'");
  if (any_engine_case(options)) {
    pin(options.generator_cpu);
    auto more = run_engine_cases(bed, *runtime);
    if (more) std::move(more->begin(), more->end(), std::back_inserter(results.cases));
    // What was measured before is told all the same.
    if (!more) done = fail(std::move(more).error());
  }
  DYAD_TRY(write_reports(options, machine, results));
  return done;
}

}  // namespace
}  // namespace dyad::bench

int main(int argc, char** argv) {
  const auto options = dyad::bench::parse_options(argc, argv);
  if (!options) {
    fmt::print(stderr, "dyad_bench: {}\nTry --help.\n", options.error().message);
    return 2;
  }
  if (!*options) return 0;
  const dyad::Result<> done = dyad::bench::run(**options);
  if (done) return 0;
  fmt::print(stderr, "dyad_bench: {}\n", done.error().to_string());
  return 1;
}
