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

  std::string peers;                    ///< Where they are installed; empty: none.
  std::vector<std::string> only_peers;  ///< Their names; empty: all.
  bool no_peers = false;
  bool list_peers = false;  ///< Only say which of them would be measured.

  std::uint32_t connections = 64;
  // 0 (below 0: the warm-up) until parse_options() has chosen.
  std::uint32_t rounds = 0;
  double seconds = 0;
  double warm_up_seconds = -1;
  std::uint64_t keys = 0;
  double rate_per_s = 0;            ///< Open loop of the request cases; 0: closed.
  std::vector<std::string> only;    ///< Names of cases.
  std::vector<std::string> groups;  ///< Neither: the groups that run as a rule.
  bool quick = false;
  bool full = false;
  bool memory_engine = false;

  // Sizes of single cases; 0 until parse_options() has chosen.
  std::uint64_t list_keys = 0;
  std::uint64_t deleted_keys = 0;
  std::uint64_t multipart_mib = 0;
  std::uint64_t growth_items = 0;
  double overwrite_seconds = 0;
  std::uint32_t idle_connections = 0;

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
