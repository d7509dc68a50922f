#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/commands.h"

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
      "`dyad COMMAND --help` tells more.");
  int exit_code = 0;
  dyad::cli::add_serve_command(app, exit_code);
  dyad::cli::add_env_command(app, exit_code);
  dyad::cli::add_profile_command(app, exit_code);
  dyad::cli::add_status_command(app, exit_code);
  dyad::cli::add_verify_command(app, exit_code);
  dyad::cli::add_backup_command(app, exit_code);
  CLI11_PARSE(app, argc, argv);
  return exit_code;
}
