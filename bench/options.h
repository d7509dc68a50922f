#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace dyad::bench {

struct Options {
  std::string server;           ///< The program; empty: build/<dir>/dyad beside this one.
  std::string endpoint;         ///< "host:port" of a server that runs; empty: start one.
  std::int32_t server_pid = 0;  ///< Of --endpoint, for its CPU.
  std::string access_key;       ///< Of --endpoint.
  std::string secret_key;
  std::string region = "us-east-1";

  std::uint32_t connections = 64;
  std::uint32_t rounds = 5;
  double seconds = 3;
  double warm_up_seconds = 1;
  std::uint64_t keys = 20'000;
  std::vector<std::string> only;  ///< Names of cases; empty: all.
  bool http = true;
  bool engine = true;
  bool memory_engine = false;

  std::string data_parent = "/var/tmp";
  bool keep_data = false;
  std::optional<int> generator_cpu;
  std::optional<int> server_cpu;
  std::string json;  ///< File to write; empty: none.
  bool quiet = false;
  std::string command;  ///< As it was called, for the report.
};

/// None: --help was asked for and given. invalid_argument: says what is wrong.
Result<std::optional<Options>> parse_options(int argc, char** argv);

}  // namespace dyad::bench
