#include "cli/serve_options.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/environment.h"
#include "cli/running_server.h"

namespace dyad::cli {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 1u << 20;

std::string twelve_digits(const std::string& text) {
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  return text.size() == 12 && digits ? std::string() : "must be twelve digits";
}

std::string variable_of(std::string_view name) {
  std::string variable = "DYAD_";
  for (const char c : name)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

/// Those of the options of a command that are settings: not --help, --config and --print-config.
std::vector<CLI::Option*> settings_of(const CLI::App& command) {
  std::vector<CLI::Option*> found;
  for (CLI::Option* option : const_cast<CLI::App&>(command).get_options())
    if (option->get_configurable() && !option->get_lnames().empty()) found.push_back(option);
  return found;
}

CLI::Option* find_setting(const CLI::App& command, const std::string& name) {
  for (CLI::Option* option : settings_of(command))
    if (option->get_lnames().front() == name) return option;
  return nullptr;
}

bool is_switch(const CLI::Option& option) {
  return option.get_expected_max() == 0 || option.get_items_expected_max() == 0;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// The number of the `nth` line that begins with that word; CLI11 tells no lines. 0: none does.
std::size_t line_of(const std::string& text, std::string_view word, std::size_t nth) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    const std::string_view content = trimmed(line);
    if (!content.starts_with(word)) continue;
    const std::string_view rest = content.substr(word.size());
    if (!rest.empty() && rest.find_first_of(" \t=]") != 0 && word != "[") continue;
    if (nth-- == 0) return number;
  }
  return 0;
}

std::string setting_names(const CLI::App& command) {
  std::string names;
  for (const CLI::Option* option : settings_of(command))
    names += (names.empty() ? "" : ", ") + option->get_lnames().front();
  return names;
}

/// As CLI11 reads a configuration of its own. Throws CLI::Error.
void take_value(CLI::Option& option, const CLI::ConfigItem& item) {
  if (is_switch(option)) {
    const std::string value = item.inputs.size() == 1 ? item.inputs.front() : std::string("?");
    if (value != "true" && value != "false")
      throw CLI::ValidationError(item.name, "must be true or false");
    option.add_result(value);
  } else {
    option.add_result(item.inputs);
  }
  option.run_callback();
}

std::string default_of(const CLI::Option& option) {
  if (is_switch(option)) return "false";
  return option.get_default_str();
}

std::string quoted(const std::string& value) {
  const bool bare = !value.empty() && (value == "true" || value == "false" ||
                                       value.find_first_not_of("0123456789") == std::string::npos);
  return bare ? value : "\"" + value + "\"";
}

std::string given_value(const CLI::Option& option) {
  return option.results().back();
}

}  // namespace

ServeOptions::ServeOptions(CLI::App& command) : command_(command) {
  server::NodeOptions& node = settings_.node;
  node.data_directory = kDefaultDataDirectory;
  const auto add = [&command](const std::string& name, auto& value, const std::string& what) {
    return command.add_option("--" + name, value, what)
        ->envname(variable_of(name))
        ->capture_default_str();
  };
  const auto add_switch = [&command](const std::string& name, bool& value,
                                     const std::string& what) {
    command.add_flag("--" + name, value, what)->envname(variable_of(name));
  };
  add("data", node.data_directory, "Data directory; made where it is missing")->type_name("DIR");
  add("listen", node.listen, "Address to listen on; port 0: any free one")->type_name("ADDR:PORT");
  add("region", node.region, "AWS region that requests must be signed for")->type_name("R");
  add("account", node.account_id, "AWS account id, twelve digits")
      ->check(twelve_digits)
      ->type_name("ID");
  add("tls-cert", node.tls_certificate, "PEM file: certificate chain, for HTTPS")
      ->type_name("FILE");
  add("tls-key", node.tls_key, "PEM file: the certificate's key")->type_name("FILE");
  add_switch("tls", node.tls_self_signed,
             "HTTPS with a certificate of the server's own making, kept in the data directory");
  add_switch("insecure", node.insecure, "Allow plain HTTP beyond loopback");
  add("threads", node.reactors, "Reactor threads; 0: one a core")->check(CLI::Range(0u, 256u));
  add("max-connections", node.max_connections, "More are closed at once")
      ->check(CLI::Range(1u, 1'000'000u));
  add("max-connections-per-second", node.max_connections_per_s,
      "New ones of one client address; 0: any number")
      ->check(CLI::Range(0u, 1'000'000u));
  add("max-requests-per-second", node.max_requests_per_s,
      "Requests of one client address; 0: any number")
      ->check(CLI::Range(0u, 1'000'000u));
  add("request-memory-mib", request_memory_mib_,
      "Memory that request bodies may take together; beyond it requests are told to slow down")
      ->check(CLI::Range(32u, 1u << 20));
  add("head-memory-mib", head_memory_mib_,
      "Memory that large request heads may take together; beyond it they are told to slow down")
      ->check(CLI::Range(8u, 1u << 20));
  add("max-wait-ms", node.max_wait_ms,
      "Refuse requests while they wait longer than so many ms for their turn; 0: never")
      ->check(CLI::Range(0u, 60'000u));
  add("slow-client-seconds", slow_client_seconds_,
      "What a client may take for a request's head, and for a body beyond its rate")
      ->check(CLI::Range(1u, 3600u));
  add("slow-client-bytes-per-second", node.slow_client_bytes_per_s,
      "The slowest that bodies may come and answers be taken")
      ->check(CLI::Range(1, 1 << 30));
  add("domain", domain_, "Domain under which buckets are hosts, beside localhost; several: a,b")
      ->type_name("NAME");
  add("sigv2", sigv2_, "S3's signatures of version 2: accept or refuse")
      ->check(CLI::IsMember({"accept", "refuse"}));
  add("cache-mib", cache_mib_, "Memory for cached rows")->check(CLI::Range(8u, 1u << 20));
  add("reserve-mib", reserve_mib_,
      "Refuse writes below this much free disk; reads and deletes go on");
  add("backup-directory", node.backup_directory,
      "Where `dyad backup create` may make backups; none: the data directory's name with -backups")
      ->type_name("DIR");
  add("stop-seconds", stop_seconds_, "What a stop lets requests under way take")
      ->check(CLI::Range(0u, 86'400u));
  add("log-level", settings_.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  add_switch("log-json", settings_.log_json, "One JSON object a line");
}

ServeOptions::Given ServeOptions::given() const {
  Given given;
  for (const CLI::Option* option : settings_of(command_))
    if (option->count() > 0) given[option->get_lnames().front()] = option->results();
  return given;
}

void ServeOptions::give(const Given& given) {
  for (const auto& [name, values] : given) {
    CLI::Option* option = find_setting(command_, name);
    option->add_result(values);
    option->run_callback();
  }
}

Result<> ServeOptions::read_file(const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  std::ifstream file(path);
  if (error || !file.good())
    return fail(ErrorCode::not_found, path + ": the configuration cannot be read" +
                                          (error ? ": " + error.message() : std::string()));
  if (bytes > kMaxFileBytes)
    return fail(ErrorCode::too_large, path + ": a configuration has at most 1 MiB");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto refuse = [&](std::size_t line, const std::string& why) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}:{}: {}", path, line, why));
  };
  const Given given_elsewhere = given();
  try {
    std::istringstream stream(text);
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(stream)) {
      if (!item.parents.empty())
        return refuse(line_of(text, "[", 0), "a configuration has no sections, only name = value");
      const std::size_t line = line_of(text, item.name, 0);
      CLI::Option* option = find_setting(command_, item.name);
      if (option == nullptr)
        return refuse(line, fmt::format("there is no setting '{}'; there are {}", item.name,
                                        setting_names(command_)));
      // CLI11 tells a name that stands there twice as one with two values.
      if (const std::size_t again = line_of(text, item.name, 1); again > 0)
        return refuse(again, "'" + item.name + "' stands here twice");
      if (item.inputs.size() != 1)
        return refuse(line, "'" + item.name + "' takes one value; quotes hold one together");
      if (given_elsewhere.contains(item.name)) continue;
      try {
        take_value(*option, item);
      } catch (const CLI::Error& wrong) {
        return refuse(line, wrong.what());
      }
    }
  } catch (const CLI::Error& wrong) {
    return fail(ErrorCode::invalid_argument, path + ": " + wrong.what());
  }
  return {};
}

std::string ServeOptions::as_file() const {
  std::string text =
      "# Settings of `dyad serve`, read from --config FILE or DIR/dyad.toml. The command line and\n"
      "# the environment come before what stands here.\n";
  for (const CLI::Option* option : settings_of(command_)) {
    const std::string& name = option->get_lnames().front();
    text += fmt::format("\n# {}. Environment: {}\n", option->get_description(), variable_of(name));
    const bool is_given = option->count() > 0;
    text += fmt::format("{}{} = {}\n", is_given ? "" : "# ", name,
                        quoted(is_given ? given_value(*option) : default_of(*option)));
  }
  return text;
}

std::map<std::string, std::string> ServeOptions::values() const {
  std::map<std::string, std::string> values;
  for (const CLI::Option* option : settings_of(command_))
    values[option->get_lnames().front()] =
        option->count() > 0 ? given_value(*option) : default_of(*option);
  return values;
}

ServeSettings ServeOptions::settings() const {
  ServeSettings settings = settings_;
  settings.node.cache_bytes = std::uint64_t{cache_mib_} << 20;
  settings.node.reserve_bytes = std::uint64_t{reserve_mib_} << 20;
  settings.node.request_memory_bytes = std::uint64_t{request_memory_mib_} << 20;
  settings.node.head_memory_bytes = std::uint64_t{head_memory_mib_} << 20;
  settings.node.slow_client_ms = std::int64_t{slow_client_seconds_} * 1000;
  settings.node.accept_sigv2 = sigv2_ == "accept";
  settings.node.domains.clear();
  std::istringstream domains(domain_);
  for (std::string domain; std::getline(domains, domain, ',');)
    if (!domain.empty()) settings.node.domains.push_back(domain);
  settings.node.shutdown_grace_ms = std::int64_t{stop_seconds_} * 1000;
  settings.node.root_access_key_id = environment("DYAD_ROOT_ACCESS_KEY_ID");
  settings.node.root_secret_access_key = environment("DYAD_ROOT_SECRET_ACCESS_KEY");
  return settings;
}

std::string default_config_path(const std::string& data_directory) {
  return data_directory + "/dyad.toml";
}

Result<ServeSettings> read_serve_settings(const ServeOptions::Given& given,
                                          const std::string& config_path,
                                          std::map<std::string, std::string>* values) {
  CLI::App command;
  ServeOptions options(command);
  options.give(given);
  const std::string data_directory = options.settings().node.data_directory;
  const std::string own = default_config_path(data_directory);
  std::error_code ignored;
  if (!config_path.empty()) {
    DYAD_TRY(options.read_file(config_path));
  } else if (std::filesystem::exists(own, ignored)) {
    DYAD_TRY(options.read_file(own));
    if (options.settings().node.data_directory != data_directory)
      return fail(ErrorCode::invalid_argument,
                  own + ": 'data' cannot stand in a file that lies in the data directory");
  }
  if (values != nullptr) *values = options.values();
  return options.settings();
}

}  // namespace dyad::cli
