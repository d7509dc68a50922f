#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <string>

#include "base/log.h"
#include "cli/commands.h"
#include "server/verify.h"

namespace dyad::cli {
namespace {

int verify(const std::string& data_directory) {
  log::set_level(log::Level::warning);
  const Result<server::VerifyOutcome> outcome = server::verify_data_directory(data_directory);
  if (!outcome) {
    fmt::print(stderr, "dyad: {}\n", outcome.error().message);
    return 1;
  }
  fmt::print("{}", outcome->summary);
  for (const std::string& damage : outcome->damages) fmt::print("damage: {}\n", damage);
  if (outcome->damages.empty()) {
    fmt::print("content: rows, indexes, log and bytes agree\n");
    return 0;
  }
  fmt::print("{} damages found\n", outcome->damages.size());
  return 2;
}

}  // namespace

void add_verify_command(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::string data_directory;
    bool offline = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("verify", "Prove that rows, indexes, log and bytes agree");
  command->add_option("DIR", arguments->data_directory, "Data directory")->required();
  command
      ->add_flag("--offline", arguments->offline,
                 "Read the directory itself; no server may run on it")
      ->required();
  command->footer(
      "Reads everything. Exit status: 0 all is well, 1 it could not be checked, 2 damage was found "
      "and\n"
      "named. What a crash left unfinished is no damage: it is recovered first, as a start would.");
  command->callback([arguments, &exit_code] { exit_code = verify(arguments->data_directory); });
}

}  // namespace dyad::cli
