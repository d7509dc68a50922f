#include <fmt/core.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/running_server.h"
#include "cli/shell_words.h"

namespace dyad::cli {
namespace {

/// What an SDK would take for more than what `dyad env` says: other credentials, other endpoints.
constexpr const char* kInTheWay[] = {"AWS_PROFILE",
                                     "AWS_DEFAULT_PROFILE",
                                     "AWS_SESSION_TOKEN",
                                     "AWS_ENDPOINT_URL_S3",
                                     "AWS_ENDPOINT_URL_DYNAMODB",
                                     "AWS_ENDPOINT_URL_STS",
                                     "AWS_SECURITY_TOKEN",
                                     "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};
constexpr const char* kSet[] = {
    "AWS_ENDPOINT_URL",      "AWS_REGION",    "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"};

struct Arguments {
  std::string data_directory;
  std::string shell = "sh";
  bool unset = false;
};

std::string statements(const RunningServer& server, Shell shell) {
  std::string text;
  for (const char* name : kInTheWay) text += unset_statement(shell, name) + "\n";
  const auto set = [&](std::string_view name, std::string_view value) {
    text += export_statement(shell, name, value) + "\n";
  };
  set("AWS_ENDPOINT_URL", server.said.endpoint);
  set("AWS_REGION", server.said.region);
  set("AWS_DEFAULT_REGION", server.said.region);
  set("AWS_ACCESS_KEY_ID", server.client.credentials.access_key_id);
  set("AWS_SECRET_ACCESS_KEY", server.client.credentials.secret_access_key);
  if (!server.said.certificate.empty()) {
    set("AWS_CA_BUNDLE", server.said.certificate);
    set("NODE_EXTRA_CA_CERTS", server.said.certificate);
  }
  return text;
}

int env(const Arguments& arguments) {
  const Shell shell = arguments.shell == "fish" ? Shell::fish : Shell::posix;
  std::string text;
  if (arguments.unset) {
    for (const char* name : kSet) text += unset_statement(shell, name) + "\n";
  } else {
    Session session;
    const Result<RunningServer> server = require_running_server(session, arguments.data_directory);
    if (!server) {
      fmt::print(stderr, "dyad: {}\n", server.error().message);
      return 1;
    }
    text = statements(*server, shell);
  }
  // All or nothing: half of it would mix this server's endpoint with somebody else's credentials.
  fmt::print("{}", text);
  if (::isatty(STDOUT_FILENO) == 1)
    fmt::print(stderr, "\nTo set a shell up, let it read this:  {}\n",
               shell == Shell::fish ? "dyad env --shell fish | source" : "eval $(dyad env)");
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

void add_env_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("env", "Print what sets a shell up for the server: eval $(dyad env)");
  add_data_option(*command, arguments->data_directory);
  command->add_option("--shell", arguments->shell, "Whose words: sh (bash, zsh, dash too) or fish")
      ->capture_default_str()
      ->check(CLI::IsMember({"sh", "bash", "zsh", "fish"}));
  command->add_flag("--unset", arguments->unset, "Print what takes it back instead");
  command->footer(
      "  eval $(dyad env)                  sh, bash, zsh\n"
      "  dyad env --shell fish | source    fish\n"
      "  eval $(dyad env --unset)          takes it back\n\n"
      "Sets AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION and the root's AWS_ACCESS_KEY_ID and\n"
      "AWS_SECRET_ACCESS_KEY, which AWS's SDKs and CLI read; where the server's certificate signs\n"
      "itself, AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS too. Unsets what would override them.\n"
      "The server is asked first. If it does not answer, nothing is printed to standard output, "
      "so\n"
      "the shell stays as it is; standard error says what to do, and the exit status is 1.");
  command->callback([arguments, &exit_code] { exit_code = env(*arguments); });
}

}  // namespace dyad::cli
