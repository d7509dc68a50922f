#include "options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace dyad::bench {
namespace {

constexpr std::uint32_t kMaxConnections = 10'000;
constexpr std::uint32_t kMaxRounds = 1000;

constexpr std::uint64_t kMaxCount = 1'000'000'000;

constexpr char kAbout[] =
    "Loads a Dyad server with signed requests and tells what one costs: operations a second, CPU "
    "of "
    "the server,\nlatencies, memory. Beside it the same on peers that are installed, in turns, and "
    "on the engine in this process.\nStarts a server of its own on a free port with a temporary "
    "data "
    "directory, unless --endpoint names one.\nFigures are medians over the rounds; those that have "
    "an "
    "aim are held against it.\n\n"
    "Groups: items (GetItem, PutItem, Query, redis GET and SET), objects (4 KiB), large (64 MiB, "
    "multipart, what the\nmachine's digests and disk do), list (ListObjectsV2, deletes), process "
    "(start, idle memory, connections, size),\noverwrite (PutObject after minutes of it), growth "
    "(p99 "
    "as a table grows), engine.";

/// How much of everything.
struct Scale {
  std::uint32_t rounds;
  double seconds;
  double warm_up_seconds;
  std::uint64_t keys;
  std::uint64_t list_keys;
  std::uint64_t deleted_keys;
  std::uint64_t multipart_mib;
  std::uint64_t growth_items;
  double overwrite_seconds;
  std::uint32_t idle_connections;
};
constexpr Scale kUsual{3, 2, 0.5, 20'000, 100'000, 100'000, 256, 300'000, 30, 1000};
constexpr Scale kQuick{1, 1, 0.3, 5000, 10'000, 5000, 64, 30'000, 5, 200};
/// The sizes that the aims speak of.
constexpr Scale kFull{3, 2, 0.5, 20'000, 1'000'000, 1'000'000, 1024, 10'000'000, 600, 10'000};

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
  app.add_option("--peers-in", options.peers, "Where peers are installed (bench/peers.py)");
  app.add_option("--peer", options.only_peers, "Only these of them, comma-separated")
      ->delimiter(',');
  app.add_flag("--no-peers", options.no_peers, "Dyad alone");
  app.add_flag("--list-peers", options.list_peers,
               "Only names the peers that would be measured, one a line");
  app.add_option("--region", options.region)->capture_default_str();
}

void add_load_options(CLI::App& app, Options& options) {
  app.add_option("-c,--connections", options.connections,
                 "Connections, and coroutines on the engine")
      ->check(CLI::Range(1u, kMaxConnections))
      ->capture_default_str();
  app.add_option("-r,--rounds", options.rounds, "(3; --quick: 1)")
      ->check(CLI::Range(1u, kMaxRounds));
  app.add_option("-s,--seconds", options.seconds, "Measured, of a case in a round (2; --quick: 1)")
      ->check(CLI::Range(0.1, 3600.0));
  app.add_option("-w,--warm-up", options.warm_up_seconds, "Seconds before (0.5; --quick: 0.3)")
      ->check(CLI::Range(0.0, 600.0));
  app.add_option("-k,--keys", options.keys,
                 "Items in each table and objects in the bucket (20000; --quick: 5000)")
      ->check(CLI::Range(std::uint64_t{1}, kMaxCount));
  app.add_option(
         "--rate", options.rate_per_s,
         "Open loop for the cases of single requests: so many a second, latency from when each "
         "was due")
      ->check(CLI::Range(0.0, 1e7));
  app.add_option("--only", options.only, "Names of cases, comma-separated")->delimiter(',');
  app.add_option("--group", options.groups, "Names of groups, comma-separated")->delimiter(',');
  auto* quick = app.add_flag("--quick", options.quick,
                             "Small sizes and one round; overwrite and growth only where named");
  app.add_flag("--full", options.full, "The sizes of the aims")->excludes(quick);
  app.add_flag("--memory-engine", options.memory_engine,
               "The memory engine instead of the embedded one");
}

void add_size_options(CLI::App& app, Options& options) {
  const auto count = CLI::Range(std::uint64_t{1}, kMaxCount);
  app.add_option("--list-keys", options.list_keys,
                 "Objects to list (100000; --quick: 10000; --full: 1000000)")
      ->check(count);
  app.add_option("--deleted-keys", options.deleted_keys,
                 "Objects deleted before a first page (100000; --quick: 5000; --full: 1000000)")
      ->check(count);
  app.add_option("--multipart-mib", options.multipart_mib,
                 "Of one upload (256; --quick: 64; --full: 1024)")
      ->check(CLI::Range(std::uint64_t{16}, std::uint64_t{100'000}));
  app.add_option("--growth-items", options.growth_items,
                 "From 10000 to (300000; --quick: 30000; --full: 10000000)")
      ->check(count);
  app.add_option("--overwrite-seconds", options.overwrite_seconds,
                 "Before it counts (30; --quick: 5; --full: 600)")
      ->check(CLI::Range(0.1, 86'400.0));
  app.add_option("--idle-connections", options.idle_connections,
                 "(1000; --quick: 200; --full: 10000)")
      ->check(CLI::Range(1u, kMaxConnections));
}

template <class T>
void choose(T& value, T chosen) {
  if (value == 0) value = chosen;
}

/// What the command line did not say.
void choose_scale(Options& options) {
  const Scale& scale = options.full ? kFull : options.quick ? kQuick : kUsual;
  choose(options.rounds, scale.rounds);
  choose(options.seconds, scale.seconds);
  if (options.warm_up_seconds < 0) options.warm_up_seconds = scale.warm_up_seconds;
  choose(options.keys, scale.keys);
  choose(options.list_keys, scale.list_keys);
  choose(options.deleted_keys, scale.deleted_keys);
  choose(options.multipart_mib, scale.multipart_mib);
  choose(options.growth_items, scale.growth_items);
  choose(options.overwrite_seconds, scale.overwrite_seconds);
  choose(options.idle_connections, scale.idle_connections);
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
  add_size_options(app, options);
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
  choose_scale(options);
  DYAD_TRY(complete(options, argv[0]));
  return std::optional<Options>(std::move(options));
}

}  // namespace dyad::bench
