#include "options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace dyad::bench {
namespace {

constexpr std::uint32_t kMaxConnections = 10'000;
constexpr std::uint32_t kMaxRounds = 1000;

constexpr char kAbout[] =
    "Loads a Dyad server with signed requests and tells what one costs: operations a second, CPU "
    "of the "
    "server\nfor each, latencies. Beside it, the same operations on the engine in this process, "
    "without "
    "HTTP.\nStarts a server of its own on a free port with a temporary data directory, unless "
    "--endpoint "
    "names one.\nCases run in turns, round by round; the figures are medians over the rounds.";

void add_server_options(CLI::App& app, Options& options) {
  app.add_option("--server", options.server,
                 "The server's program (default: dyad, one directory above this program)");
  app.add_option("--endpoint", options.endpoint, "HOST:PORT of a running server, numeric");
  app.add_option("--server-pid", options.server_pid,
                 "Process of --endpoint, so that its CPU can be told");
  app.add_option("--access-key", options.access_key, "For --endpoint")
      ->envname("AWS_ACCESS_KEY_ID");
  app.add_option("--secret-key", options.secret_key, "For --endpoint")
      ->envname("AWS_SECRET_ACCESS_KEY");
  app.add_option("--region", options.region)->capture_default_str();
}

void add_load_options(CLI::App& app, Options& options) {
  app.add_option("-c,--connections", options.connections,
                 "Connections, and coroutines on the engine")
      ->check(CLI::Range(1u, kMaxConnections))
      ->capture_default_str();
  app.add_option("-r,--rounds", options.rounds)
      ->check(CLI::Range(1u, kMaxRounds))
      ->capture_default_str();
  app.add_option("-s,--seconds", options.seconds, "Measured, of a case in a round")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_option("-w,--warm-up", options.warm_up_seconds, "Seconds before")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  app.add_option("-k,--keys", options.keys, "Items in each table and objects in the bucket")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
      ->capture_default_str();
  app.add_option("--only", options.only, "Names of cases, comma-separated")->delimiter(',');
  app.add_flag("!--no-http", options.http, "The engine's cases only");
  app.add_flag("!--no-engine", options.engine, "The server's cases only");
  app.add_flag("--memory-engine", options.memory_engine,
               "The memory engine instead of the embedded one");
}

void add_machine_options(CLI::App& app, Options& options) {
  app.add_option("--data-parent", options.data_parent, "Where temporary data directories are made")
      ->capture_default_str();
  app.add_flag("--keep-data", options.keep_data, "Do not remove them");
  app.add_option("--generator-cpu", options.generator_cpu, "Pin this program to one CPU");
  app.add_option("--server-cpu", options.server_cpu, "Pin the server to one CPU");
  app.add_option("--json", options.json, "Also write all figures to this file");
  app.add_flag("-q,--quiet", options.quiet, "Nothing but the table");
}

Result<> complete(Options& options, const char* program) {
  if (options.endpoint.empty()) {
    if (options.server_pid != 0)
      return fail(ErrorCode::invalid_argument, "--server-pid is for --endpoint only");
    options.access_key = "AKIDDYADBENCH0000000";
    options.secret_key = "dyad/bench/secret+access/key/of/40/chars";
    if (options.server.empty()) {
      std::error_code error;
      const auto self = std::filesystem::canonical("/proc/self/exe", error);
      const auto here = error ? std::filesystem::path(program) : self;
      options.server = (here.parent_path().parent_path() / "dyad").string();
    }
    return {};
  }
  if (!options.server.empty() || options.server_cpu)
    return fail(ErrorCode::invalid_argument, "--server and --server-cpu do not go with --endpoint");
  if (options.access_key.empty() || options.secret_key.empty())
    return fail(ErrorCode::invalid_argument, "--endpoint needs --access-key and --secret-key");
  return {};
}

}  // namespace

Result<std::optional<Options>> parse_options(int argc, char** argv) {
  Options options;
  CLI::App app(kAbout, "dyad_bench");
  add_server_options(app, options);
  add_load_options(app, options);
  add_machine_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    return std::optional<Options>();
  } catch (const CLI::Error& error) {
    return fail(ErrorCode::invalid_argument, error.what());
  }
  options.command = "dyad_bench";
  for (int i = 1; i < argc; ++i) {
    options.command.append(" ").append(argv[i]);
    // A secret on the command line is not repeated in reports.
    if (std::string_view(argv[i]) == "--secret-key" && i + 1 < argc) {
      options.command.append(" ***");
      ++i;
    }
  }
  DYAD_TRY(complete(options, argv[0]));
  return std::optional<Options>(std::move(options));
}

}  // namespace dyad::bench
