#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/serve_options.h"
#include "cli/shell_words.h"
#include "runtime/signals.h"
#include "runtime/sync_wait.h"
#include "server/announcement.h"
#include "server/data_directory.h"
#include "server/node.h"

namespace dyad::cli {
namespace {

/// What a reload may change; everything else waits for the next start.
const std::set<std::string> kReloadable = {"log-level", "max-connections"};

struct ServeArguments {
  std::string config_path;
  bool print_config = false;
};

/// What a running server was told, and where that came from, so that it can be read again.
struct Told {
  ServeOptions::Given given;
  std::string config_path;
  std::map<std::string, std::string> values;
};

log::Level level_of(const std::string& name) {
  using log::Level;
  return name == "debug"     ? Level::debug
         : name == "warning" ? Level::warning
         : name == "error"   ? Level::error
                             : Level::info;
}

/// What a person needs to begin. The secret is shown once, when it is made.
void print_banner(const server::Node& node, const server::NodeOptions& options) {
  const auth::RootCredential& root = node.root();
  fmt::print("Dyad {} serves S3 and DynamoDB\n", DYAD_VERSION);
  fmt::print("  endpoint    {}\n", server::local_endpoint(node.address(), node.secure()));
  fmt::print("  region      {}\n", options.region);
  fmt::print("  account     {}\n", options.account_id);
  fmt::print("  data        {}\n", options.data_directory);
  if (root.made_now) {
    fmt::print("  access key  {}\n", root.credential.access_key_id);
    fmt::print("  secret key  {}\n", root.credential.secret_access_key);
    fmt::print("These credentials were made now and are shown once; they are kept in {}\n",
               server::root_credentials_path(options.data_directory));
  } else {
    fmt::print("  access key  {}  (the secret is {})\n", root.credential.access_key_id,
               options.root_access_key_id
                   ? "the one of DYAD_ROOT_SECRET_ACCESS_KEY"
                   : "in " + server::root_credentials_path(options.data_directory));
  }
  fmt::print("\nIn another shell:\n  eval $(dyad env --data {})\n  aws s3 mb s3://photos\n",
             shell_word(options.data_directory));
  if (const std::string certificate = node.own_certificate(); !certificate.empty())
    fmt::print(
        "\nThe certificate signs itself. AWS SDKs and CLI trust it when told:\n"
        "  export AWS_CA_BUNDLE={}\n  export NODE_EXTRA_CA_CERTS={}\n",
        shell_word(certificate), shell_word(certificate));
  std::fflush(stdout);
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text.empty() ? "none" : text;
}

/// Reads file and certificate anew; all of it is taken, or nothing.
Result<> reload(server::Node& node, Told& told) {
  std::map<std::string, std::string> values;
  DYAD_TRY_ASSIGN(const ServeSettings fresh,
                  read_serve_settings(told.given, told.config_path, &values));
  std::set<std::string> taken, for_the_next_start;
  for (const auto& [name, value] : values) {
    if (value == told.values.at(name)) continue;
    (kReloadable.contains(name) ? taken : for_the_next_start).insert(name);
  }
  DYAD_TRY(node.reload(fresh.node));  // The one step that can fail.
  if (node.secure()) taken.insert("certificate");
  log::set_level(level_of(fresh.log_level));
  for (const std::string& name : taken)
    if (values.contains(name)) told.values[name] = values[name];
  log::info("reloaded", "taken={} needs_restart={}", joined(taken), joined(for_the_next_start));
  return {};
}

/// Until SIGTERM or SIGINT; SIGHUP reloads.
Task<void> wait_for_end(server::Node& node, Signals& signals, Told& told) {
  while (true) {
    const Result<int> signal = co_await signals.next();
    if (!signal || *signal != SIGHUP) co_return;
    const Result<> reloaded = reload(node, told);
    if (!reloaded)
      log::error("reload refused; all stays as it was", "error=\"{}\"", reloaded.error().message);
  }
}

int complain(const Error& error) {
  fmt::print(stderr, "dyad: {}\n", error.message);
  return 1;
}

int run(const ServeSettings& settings, Told told) {
  log::set_level(level_of(settings.log_level));
  log::use_json(settings.log_json);
  Signals::block({SIGTERM, SIGINT, SIGHUP});
  std::signal(SIGPIPE, SIG_IGN);
  Result<std::unique_ptr<server::Node>> node = server::Node::start(settings.node);
  if (!node) return complain(node.error());
  Result<std::unique_ptr<Signals>> signals =
      Signals::receive((*node)->reactor(), {SIGTERM, SIGINT, SIGHUP});
  int exit_code = 0;
  if (signals) {
    print_banner(**node, settings.node);
    sync_wait((*node)->reactor(), wait_for_end(**node, **signals, told));
    log::info("stopping", "what=\"requests under way are finished\"");
    const auto close = [](Signals& open) -> Task<void> {
      open.close();
      co_return;
    };
    sync_wait((*node)->reactor(), close(**signals));
    signals->reset();
  } else {
    exit_code = complain(signals.error());
  }
  if (const Result<> stopped = (*node)->stop(); !stopped) {
    fmt::print(stderr, "dyad: while stopping: {}\n", stopped.error().message);
    exit_code = 1;
  }
  log::info("stopped");
  return exit_code;
}

int serve(const ServeOptions& options, const ServeArguments& arguments) {
  Told told;
  told.given = options.given();
  told.config_path = arguments.config_path;
  const Result<ServeSettings> settings =
      read_serve_settings(told.given, told.config_path, &told.values);
  if (!settings) return complain(settings.error());
  return run(*settings, std::move(told));
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("serve", "Run the server on a data directory");
  auto options = std::make_shared<ServeOptions>(*command);
  auto arguments = std::make_shared<ServeArguments>();
  command
      ->add_option("--config", arguments->config_path,
                   "File of settings; where none is named, DIR/dyad.toml if it is there")
      ->envname("DYAD_CONFIG")
      ->configurable(false)
      ->type_name("FILE");
  command
      ->add_flag("--print-config", arguments->print_config,
                 "Print such a file, with all settings and their defaults, and end")
      ->configurable(false);
  command->footer(
      "Every option may stand in the file (cache-mib = 512) and in the environment\n"
      "(DYAD_CACHE_MIB=512). The command line comes first, then the environment, then the file.\n\n"
      "The first start makes root credentials, shows them once, and keeps them in\n"
      "DIR/root-credentials. DYAD_ROOT_ACCESS_KEY_ID and DYAD_ROOT_SECRET_ACCESS_KEY override "
      "them.\n"
      "GET /health and GET /metrics (Prometheus) answer without a signature.\n"
      "SIGTERM finishes what is under way. SIGHUP reads file and certificate anew; the log says\n"
      "what was taken and what waits for a restart.");
  command->callback([options, arguments, &exit_code] {
    if (arguments->print_config) {
      fmt::print("{}", options->as_file());
      return;
    }
    exit_code = serve(*options, *arguments);
  });
}

}  // namespace dyad::cli
