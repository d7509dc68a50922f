#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "cases.h"
#include "http_setup.h"
#include "options.h"
#include "report.h"
#include "run.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "runtime/threaded_runtime.h"
#include "server_process.h"

namespace dyad::bench {
namespace {

constexpr int kMaxHealthAttempts = 600;
constexpr useconds_t kHealthPauseUs = 50'000;

Result<> check_names(const Options& options) {
  for (const std::string& name : options.only) {
    bool known = false;
    for (const HttpCaseName& entry : kHttpCases) known = known || entry.name == name;
    for (const EngineCaseName& entry : kEngineCases) known = known || entry.name == name;
    if (!known) return fail(ErrorCode::invalid_argument, "--only: no case is called " + name);
  }
  return {};
}

void pin(std::optional<int> cpu) {
  if (!cpu) return;
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(static_cast<unsigned>(*cpu), &cpus);
  if (::sched_setaffinity(0, sizeof cpus, &cpus) != 0)
    fmt::print(stderr, "cannot pin to CPU {}\n", *cpu);
}

Result<> await_health(Reactor& reactor, const std::string& address, ServerProcess* server) {
  Target target;
  target.address = address;
  Result<> healthy;
  for (int i = 0; i < kMaxHealthAttempts; ++i) {
    healthy = sync_wait(reactor, ask_health(reactor, target));
    if (healthy || server == nullptr) return healthy;
    if (!server->running())
      return fail(ErrorCode::cancelled, "the server did not start: " + server->log_end());
    ::usleep(kHealthPauseUs);
  }
  return healthy;
}

bool any_wanted(const Options& options, bool over_http) {
  bool any = false;
  if (over_http) {
    for (const HttpCaseName& entry : kHttpCases) any = any || wanted(options, entry.name);
  } else {
    for (const EngineCaseName& entry : kEngineCases) any = any || wanted(options, entry.name);
  }
  return any && (over_http ? options.http : options.engine);
}

Result<std::vector<CaseResult>> run_over_http(const Options& options, Reactor& reactor,
                                              std::optional<ServerProcess>& server) {
  const std::string address = server ? server->address() : options.endpoint;
  const pid_t pid = server ? server->pid() : options.server_pid;
  DYAD_TRY(await_health(reactor, address, server ? &*server : nullptr));
  DYAD_TRY_ASSIGN(std::vector<CaseResult> results, run_http_cases(options, reactor, address, pid));
  if (server) DYAD_TRY(server->stop());
  return results;
}

Result<> write_reports(const Options& options, const Machine& machine,
                       const std::vector<CaseResult>& results) {
  fmt::print("{}", text_report(options, machine, results));
  if (options.json.empty()) return {};
  std::ofstream file(options.json);
  file << json_report(options, machine, results);
  file.flush();
  if (!file) return fail(ErrorCode::io_error, options.json + " cannot be written");
  return {};
}

Result<> run(const Options& options) {
  DYAD_TRY(check_names(options));
  DYAD_TRY_ASSIGN(const ScratchDirectory scratch,
                  ScratchDirectory::make(options.data_parent, options.keep_data));
  const Machine machine = look_at_machine(scratch.file_system());
  if (machine.file_system == "tmpfs")
    fmt::print(stderr, "{} is in memory: durable writes cost nothing there; see --data-parent\n",
               options.data_parent);
  const bool over_http = any_wanted(options, true);
  std::optional<ServerProcess> server;
  if (over_http && options.endpoint.empty()) {
    ServerSpec spec;
    spec.program = options.server;
    spec.directory = scratch.path();
    spec.region = options.region;
    spec.root = {options.access_key, options.secret_key, ""};
    spec.cpu = options.server_cpu;
    DYAD_TRY_ASSIGN(ServerProcess started, ServerProcess::start(spec));
    server.emplace(std::move(started));
  }
  pin(options.generator_cpu);

  const auto runtime = make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  Reactor reactor(runtime->clock(), "bench");
  std::vector<CaseResult> results;
  if (over_http) {
    DYAD_TRY_ASSIGN(results, run_over_http(options, reactor, server));
  }
  Result<> done;
  if (any_wanted(options, false)) {
    auto more = run_engine_cases(options, *runtime, reactor, scratch.path());
    if (more) std::move(more->begin(), more->end(), std::back_inserter(results));
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
