#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http_connection.h"
#include "options.h"
#include "server_process.h"

namespace dyad::bench {

/// What is measured: Dyad and its peers. A bit each.
enum class ServerKind : std::uint8_t {
  dyad = 1,
  redis = 2,
  dynalite = 4,
  dynamodb_local = 8,
  minio = 16,
};
constexpr unsigned operator|(ServerKind a, ServerKind b) {
  return static_cast<unsigned>(a) | static_cast<unsigned>(b);
}
constexpr unsigned operator|(unsigned a, ServerKind b) {
  return a | static_cast<unsigned>(b);
}

struct PeerName {
  ServerKind kind;
  const char* name;  ///< As in peers.toml, and of its folder.
};
inline constexpr PeerName kPeers[] = {
    {ServerKind::redis, "redis"},
    {ServerKind::dynalite, "dynalite"},
    {ServerKind::dynamodb_local, "dynamodb-local"},
    {ServerKind::minio, "minio"},
};

/// One that runs.
struct Server {
  ServerKind kind = ServerKind::dyad;
  std::string name = "dyad";
  std::string version;  ///< Empty: the one of this checkout.
  Target target;
  pid_t pid = 0;  ///< 0: unknown.
  std::optional<ServerProcess> process;
  std::string data;              ///< Its directory, if it is ours.
  std::set<std::string> loaded;  ///< Data that is in it already; the cases' names for them.
};

/// How Dyad is started with its data in `data`, listening on `address`.
ServerSpec dyad_command(const Options& options, const std::string& data,
                        const std::string& address);

/// The address is taken, the process runs, and it answers. From the main thread.
Result<Server> start_dyad(const Options& options, Reactor& reactor, const std::string& scratch);
/// --endpoint.
Result<Server> use_endpoint(const Options& options, Reactor& reactor);
/// Peers that the options ask for, and that `kinds` names.
std::vector<PeerName> wanted_peers(const Options& options, unsigned kinds);
/// Starts them; why one is not installed, or does not start, goes to `left_out`.
std::vector<Server> start_peers(const Options& options, Reactor& reactor,
                                const std::string& scratch, unsigned kinds,
                                std::vector<std::string>& left_out);

}  // namespace dyad::bench
