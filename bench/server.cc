#include "server.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "http_setup.h"
#include "redis_connection.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

constexpr int kMaxReadyAttempts = 1200;
constexpr useconds_t kReadyPauseUs = 50'000;
/// What peers take for keys: DynamoDB Local wants letters and digits alone.
constexpr const char* kPeerAccessKey = "AKIDPEERSBENCH000000";
constexpr const char* kPeerSecretKey = "peersbenchsecretaccesskeyof40characters0";

Result<> ask_ready(Reactor& reactor, const Server& server) {
  switch (server.kind) {
    case ServerKind::dyad:
      return sync_wait(reactor, ask_health(reactor, server.target));
    case ServerKind::redis:
      return sync_wait(reactor, ask_redis_ping(reactor, server.target.address));
    case ServerKind::dynalite:
    case ServerKind::dynamodb_local:
      return sync_wait(reactor, ask_tables(reactor, server.target));
    case ServerKind::minio:
      return sync_wait(reactor, ask_buckets(reactor, server.target));
  }
  DYAD_CHECK(false);
}

Result<> await_ready(Reactor& reactor, Server& server) {
  Result<> ready;
  for (int i = 0; i < kMaxReadyAttempts; ++i) {
    ready = ask_ready(reactor, server);
    if (ready || !server.process) return ready;
    if (!server.process->running())
      return fail(ErrorCode::cancelled,
                  server.name + " did not start: " + server.process->log_end());
    ::usleep(kReadyPauseUs);
  }
  return ready;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

Result<Server> start_peer(const Options& options, Reactor& reactor, const std::string& scratch,
                          const PeerName& peer) {
  const std::string home = options.peers + "/" + peer.name;
  Server server;
  server.kind = peer.kind;
  server.name = peer.name;
  server.version = first_line(home + "/version");
  server.data = scratch + "/" + peer.name;
  DYAD_TRY_ASSIGN(server.target.address, free_address());
  server.target.credentials = {kPeerAccessKey, kPeerSecretKey, ""};
  std::error_code error;
  std::filesystem::create_directories(server.data, error);
  if (error) return fail(ErrorCode::io_error, server.data + ": " + error.message());
  ServerSpec spec;
  spec.command = {home + "/serve"};
  const std::string& address = server.target.address;
  spec.environment = {{"PORT", address.substr(address.rfind(':') + 1)},
                      {"DATA", server.data},
                      {"ACCESS_KEY", kPeerAccessKey},
                      {"SECRET_KEY", kPeerSecretKey}};
  spec.log = scratch + "/" + peer.name + ".log";
  spec.cpu = options.server_cpu;
  DYAD_TRY_ASSIGN(ServerProcess process, ServerProcess::start(spec));
  server.pid = process.pid();
  server.process.emplace(std::move(process));
  DYAD_TRY(await_ready(reactor, server));
  return server;
}

bool is_installed(const Options& options, const PeerName& peer) {
  return ::access((options.peers + "/" + peer.name + "/installed").c_str(), R_OK) == 0;
}

}  // namespace

ServerSpec dyad_command(const Options& options, const std::string& data,
                        const std::string& address) {
  ServerSpec spec;
  spec.command = {options.server, "serve", "--data",   data,
                  "--listen",     address, "--region", options.region};
  spec.environment = {{"DYAD_ROOT_ACCESS_KEY_ID", options.access_key},
                      {"DYAD_ROOT_SECRET_ACCESS_KEY", options.secret_key}};
  spec.log = data + ".log";
  spec.cpu = options.server_cpu;
  return spec;
}

Result<Server> start_dyad(const Options& options, Reactor& reactor, const std::string& scratch) {
  Server server;
  server.data = scratch + "/dyad";
  server.target.region = options.region;
  server.target.credentials = {options.access_key, options.secret_key, ""};
  DYAD_TRY_ASSIGN(server.target.address, free_address());
  DYAD_TRY_ASSIGN(ServerProcess process,
                  ServerProcess::start(dyad_command(options, server.data, server.target.address)));
  server.pid = process.pid();
  server.process.emplace(std::move(process));
  DYAD_TRY(await_ready(reactor, server));
  return server;
}

Result<Server> use_endpoint(const Options& options, Reactor& reactor) {
  Server server;
  server.target.address = options.endpoint;
  server.target.region = options.region;
  server.target.credentials = {options.access_key, options.secret_key, ""};
  server.pid = options.server_pid;
  DYAD_TRY(await_ready(reactor, server));
  return server;
}

std::vector<PeerName> wanted_peers(const Options& options, unsigned kinds) {
  std::vector<PeerName> wanted;
  if (options.peers.empty() || options.no_peers) return wanted;
  for (const PeerName& peer : kPeers) {
    const bool named = options.only_peers.empty() ||
                       std::ranges::find(options.only_peers, peer.name) != options.only_peers.end();
    if (named && (kinds & static_cast<unsigned>(peer.kind)) != 0) wanted.push_back(peer);
  }
  return wanted;
}

std::vector<Server> start_peers(const Options& options, Reactor& reactor,
                                const std::string& scratch, unsigned kinds,
                                std::vector<std::string>& left_out) {
  std::vector<Server> peers;
  for (const PeerName& peer : wanted_peers(options, kinds)) {
    if (!is_installed(options, peer)) {
      left_out.push_back(fmt::format("{}: it is not installed in {}", peer.name, options.peers));
    } else if (Result<Server> started = start_peer(options, reactor, scratch, peer); started) {
      peers.push_back(std::move(*started));
      continue;
    } else {
      left_out.push_back(fmt::format("{}: {}", peer.name, started.error().to_string()));
    }
    fmt::print(stderr, "left out: {}\n", left_out.back());
  }
  return peers;
}

}  // namespace dyad::bench
