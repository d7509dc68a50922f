#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/node_options.h"

namespace CLI {
class App;
}

namespace dyad::cli {

/// All that `dyad serve` can be told.
struct ServeSettings {
  server::NodeOptions node;
  std::string log_level = "info";
  bool log_json = false;
};

/// One setting has one name everywhere: `--cache-mib` on the command line, DYAD_CACHE_MIB in the
/// environment, `cache-mib = 512` in a file; that is the order in which they count.
class ServeOptions {
 public:
  /// Adds the options to `command`.
  explicit ServeOptions(CLI::App& command);
  ServeOptions(const ServeOptions&) = delete;

  /// What stood in the command line and the environment, by name.
  using Given = std::map<std::string, std::vector<std::string>>;
  Given given() const;
  void give(const Given& given);

  /// Reads what the file says of settings that are not given. invalid_argument names file and line;
  /// not_found: there is no such file.
  Result<> read_file(const std::string& path);

  /// All settings with what they mean, as a file that changes nothing: those that are given stand
  /// in it, the others are commented out with their defaults.
  std::string as_file() const;
  /// The value of each setting, as text.
  std::map<std::string, std::string> values() const;

  ServeSettings settings() const;

 private:
  CLI::App& command_;
  ServeSettings settings_;
  std::uint32_t cache_mib_ = 256;
  std::uint32_t reserve_mib_ = 256;
  std::uint32_t stop_seconds_ = 30;
  std::uint32_t request_memory_mib_ = 256;
  std::uint32_t head_memory_mib_ = 64;
  std::uint32_t slow_client_seconds_ = 20;
  std::string domain_;
  std::string sigv2_ = "accept";
};

/// The file's name in a data directory.
std::string default_config_path(const std::string& data_directory);

/// Settings of what was given and the file: `config_path`, or where that is empty the data
/// directory's dyad.toml, if there is one. `values`, if not null: as ServeOptions::values().
Result<ServeSettings> read_serve_settings(const ServeOptions::Given& given,
                                          const std::string& config_path,
                                          std::map<std::string, std::string>* values);

}  // namespace dyad::cli
