#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace {

/// `dyad help COMMAND` is `dyad COMMAND --help`, as elsewhere.
std::vector<std::string> arguments_of(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.push_back("--help");
  }
  return arguments;
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

/// CLI11 would say that a command is missing, and not which word is none.
int no_such_command(const std::string& word, const std::vector<std::string>& commands) {
  std::string all;
  for (const std::string& name : commands) all += (all.empty() ? "" : ", ") + name;
  std::fprintf(stderr, "dyad: there is no command '%s'; there are %s\n", word.c_str(), all.c_str());
  std::fputs("Run with --help for more information.\n", stderr);
  return static_cast<int>(CLI::ExitCodes::ExtrasError);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Dyad: S3 and DynamoDB on one engine.\n"
      "An object is an item that has bytes: one server, one commit, one log. AWS SDKs, CLIs and "
      "tools\n"
      "work on it unchanged.",
      "dyad");
  app.set_version_flag("--version", "dyad " DYAD_VERSION);
  app.require_subcommand(1);
  app.footer(
      "First steps:\n"
      "  dyad serve                  a server on ./data, at http://127.0.0.1:4566\n"
      "  eval $(dyad env)            in another shell: endpoint, region and credentials\n"
      "  aws s3 mb s3://photos       any AWS SDK, CLI or tool\n"
      "`dyad help COMMAND` tells more.");
  int exit_code = 0;
  dyad::cli::add_serve_command(app, exit_code);
  dyad::cli::add_env_command(app, exit_code);
  dyad::cli::add_profile_command(app, exit_code);
  dyad::cli::add_status_command(app, exit_code);
  dyad::cli::add_verify_command(app, exit_code);
  dyad::cli::add_backup_command(app, exit_code);
  std::vector<std::string> arguments = arguments_of(argc, argv);
  const std::vector<std::string> commands = commands_of(app);
  if (!arguments.empty() && !arguments.front().starts_with('-') &&
      std::ranges::find(commands, arguments.front()) == commands.end())
    return no_such_command(arguments.front(), commands);
  // CLI11 takes them from the end.
  std::ranges::reverse(arguments);
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return exit_code;
}
