#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "cli/commands.h"
#include "runtime/signals.h"
#include "runtime/sync_wait.h"
#include "server/data_directory.h"
#include "server/node.h"

namespace dyad::cli {
namespace {

struct ServeArguments {
  server::NodeOptions node;
  std::string log_level = "info";
  bool log_json = false;
  std::uint32_t cache_mib = 256;
  std::uint32_t reserve_mib = 256;
};

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

void set_up_logs(const ServeArguments& arguments) {
  using log::Level;
  log::set_level(arguments.log_level == "debug"     ? Level::debug
                 : arguments.log_level == "warning" ? Level::warning
                 : arguments.log_level == "error"   ? Level::error
                                                    : Level::info);
  log::use_json(arguments.log_json);
}

/// What a person needs to begin. The secret is shown once, when it is made.
void print_banner(const server::Node& node, const server::NodeOptions& options) {
  const auth::RootCredential& root = node.root();
  fmt::print("Dyad {} serves S3 and DynamoDB\n", DYAD_VERSION);
  fmt::print("  endpoint    {}://{}\n", node.secure() ? "https" : "http", node.address());
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
  std::fflush(stdout);
}

/// Until SIGTERM or SIGINT; SIGHUP reads the certificate anew.
Task<void> wait_for_end(server::Node& node, Signals& signals) {
  while (true) {
    const Result<int> signal = co_await signals.next();
    if (!signal || *signal != SIGHUP) co_return;
    const Result<> reloaded = node.reload();
    if (reloaded) {
      log::info("reloaded", "what=certificate");
    } else {
      log::error("reload refused; the former certificate stays", "error=\"{}\"",
                 reloaded.error().message);
    }
  }
}

int serve(ServeArguments arguments) {
  set_up_logs(arguments);
  Signals::block({SIGTERM, SIGINT, SIGHUP});
  std::signal(SIGPIPE, SIG_IGN);
  server::NodeOptions& options = arguments.node;
  options.cache_bytes = std::uint64_t{arguments.cache_mib} << 20;
  options.reserve_bytes = std::uint64_t{arguments.reserve_mib} << 20;
  options.root_access_key_id = environment("DYAD_ROOT_ACCESS_KEY_ID");
  options.root_secret_access_key = environment("DYAD_ROOT_SECRET_ACCESS_KEY");

  Result<std::unique_ptr<server::Node>> node = server::Node::start(options);
  if (!node) {
    fmt::print(stderr, "dyad: {}\n", node.error().message);
    return 1;
  }
  Result<std::unique_ptr<Signals>> signals =
      Signals::receive((*node)->reactor(), {SIGTERM, SIGINT, SIGHUP});
  int exit_code = 0;
  if (signals) {
    print_banner(**node, options);
    sync_wait((*node)->reactor(), wait_for_end(**node, **signals));
    log::info("stopping", "what=\"requests under way are finished\"");
  } else {
    fmt::print(stderr, "dyad: {}\n", signals.error().message);
    exit_code = 1;
  }
  if (signals) {
    const auto close = [](Signals& open) -> Task<void> {
      open.close();
      co_return;
    };
    sync_wait((*node)->reactor(), close(**signals));
    signals->reset();
  }
  if (const Result<> stopped = (*node)->stop(); !stopped) {
    fmt::print(stderr, "dyad: while stopping: {}\n", stopped.error().message);
    exit_code = 1;
  }
  log::info("stopped");
  return exit_code;
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<ServeArguments>();
  server::NodeOptions& node = arguments->node;
  CLI::App* command = app.add_subcommand("serve", "Run the server on a data directory");
  command->add_option("--data", node.data_directory, "Data directory; made where it is missing")
      ->required()
      ->type_name("DIR");
  command->add_option("--listen", node.listen, "Address to listen on; port 0: any free one")
      ->capture_default_str()
      ->type_name("ADDR:PORT");
  command->add_option("--region", node.region, "AWS region that requests must be signed for")
      ->capture_default_str()
      ->type_name("R");
  command->add_option("--account", node.account_id, "AWS account id, twelve digits")
      ->capture_default_str()
      ->check([](const std::string& text) {
        const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
        return text.size() == 12 && digits ? std::string() : "must be twelve digits";
      })
      ->type_name("ID");
  command->add_option("--tls-cert", node.tls_certificate, "PEM file: certificate chain, for HTTPS")
      ->type_name("FILE");
  command->add_option("--tls-key", node.tls_key, "PEM file: the certificate's key")
      ->type_name("FILE");
  command->add_flag("--insecure", node.insecure, "Allow plain HTTP beyond loopback");
  command->add_option("--threads", node.reactors, "Reactor threads; 0: one a core")
      ->capture_default_str()
      ->check(CLI::Range(0u, 256u));
  command->add_option("--max-connections", node.max_connections, "More are closed at once")
      ->capture_default_str();
  command->add_option("--cache-mib", arguments->cache_mib, "Memory for cached rows")
      ->capture_default_str()
      ->check(CLI::Range(8u, 1u << 20));
  command
      ->add_option("--reserve-mib", arguments->reserve_mib,
                   "Refuse writes below this much free disk; reads and deletes go on")
      ->capture_default_str();
  command->add_option("--log-level", arguments->log_level, "debug, info, warning or error")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  command->add_flag("--log-json", arguments->log_json, "One JSON object a line");
  command->footer(
      "The first start makes root credentials, shows them once, and keeps them in "
      "DIR/root-credentials.\n"
      "DYAD_ROOT_ACCESS_KEY_ID and DYAD_ROOT_SECRET_ACCESS_KEY override them.\n"
      "GET /health and GET /metrics (Prometheus) answer without a signature.\n"
      "SIGTERM finishes what is under way; SIGHUP reads the certificate anew.");
  command->callback([arguments, &exit_code] { exit_code = serve(*arguments); });
}

}  // namespace dyad::cli
