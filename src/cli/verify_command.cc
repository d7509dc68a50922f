#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <string>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/human_numbers.h"
#include "cli/progress_line.h"
#include "protocol/json_writer.h"
#include "runtime/system_clock.h"
#include "server/verify.h"

namespace dyad::cli {
namespace {

constexpr int kDamaged = 2;

struct Arguments {
  std::string data_directory;
  bool offline = false;
  bool quiet = false;
  bool json = false;
};

void print_text(const server::VerifyOutcome& outcome) {
  for (const auto& [name, count] : outcome.counts)
    fmt::print("{:<22}{:>16}\n", name, grouped(count));
  for (const std::string& damage : outcome.damages) fmt::print("damage: {}\n", damage);
  if (outcome.damages.empty()) {
    fmt::print("content: rows, indexes, log and bytes agree\n");
  } else {
    fmt::print("{} damages found\n", outcome.damages.size());
  }
}

/// "log segments" is logSegments.
std::string json_name(const std::string& words) {
  std::string name;
  bool raise = false;
  for (const char c : words) {
    if (c != ' ') name += raise ? static_cast<char>(c - 'a' + 'A') : c;
    raise = c == ' ';
  }
  return name;
}

void print_json(const server::VerifyOutcome& outcome) {
  std::string text = "{\n";
  for (const auto& [name, count] : outcome.counts)
    text += fmt::format("  \"{}\": {},\n", json_name(name), count);
  text += "  \"damages\": [";
  for (const std::string& damage : outcome.damages) {
    if (&damage != &outcome.damages.front()) text += ", ";
    protocol::append_json_string(text, damage);
  }
  fmt::print("{}]\n}}\n", text);
}

int verify(const Arguments& arguments) {
  if (!arguments.offline) {
    fmt::print(stderr,
               "dyad: verify reads the data directory itself, which only works while no server "
               "runs on it\n  stop the server, then:  dyad verify --offline {}\n"
               "  a running server checks what it reads as it reads it\n",
               arguments.data_directory);
    return 1;
  }
  log::set_level(log::Level::warning);
  const SystemClock clock;
  ProgressLine line(stderr,
                    arguments.quiet ? ProgressLine::Style::quiet : ProgressLine::style_for(stderr),
                    clock);
  const Result<server::VerifyOutcome> outcome = server::verify_data_directory(
      arguments.data_directory, [&line](const server::VerifyStep& step) {
        line.update(step.what, step.done, step.total, step.bytes);
      });
  line.end();
  if (!outcome) {
    fmt::print(stderr, "dyad: {}\n", outcome.error().message);
    return 1;
  }
  if (arguments.json) {
    print_json(*outcome);
  } else {
    print_text(*outcome);
  }
  return outcome->damages.empty() ? 0 : kDamaged;
}

}  // namespace

void add_verify_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("verify", "Prove that rows, indexes, log and bytes agree");
  command->add_option("DIR", arguments->data_directory, "Data directory")->required();
  command->add_flag("--offline", arguments->offline,
                    "Read the directory itself; no server may run on it");
  command->add_flag("--quiet", arguments->quiet, "Do not tell how far it is");
  command->add_flag("--json", arguments->json, "One JSON object, for programs");
  command->footer(
      "Reads everything, and tells on standard error how far it is. Exit status: 0 all is well,\n"
      "1 it could not be checked, 2 damage was found and named. What a crash left unfinished is "
      "no\n"
      "damage: it is recovered first, as a start would.");
  command->callback([arguments, &exit_code] { exit_code = verify(*arguments); });
}

}  // namespace dyad::cli
