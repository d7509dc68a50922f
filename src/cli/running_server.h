#pragma once

#include <optional>
#include <string>

#include "cli/session.h"
#include "client/aws_client.h"
#include "server/announcement.h"

namespace CLI {
class App;
}

namespace dyad::cli {

/// The server of a data directory, as it says itself, and how to speak to it.
struct RunningServer {
  std::string data_directory;
  server::Announcement said;
  client::ClientOptions client;
};

/// Where `dyad serve` keeps its data if nothing says otherwise.
constexpr const char* kDefaultDataDirectory = "./data";

/// --data, for commands that look for the server of a data directory. None was given: `directory`
/// is the environment's DYAD_DATA or the default.
void add_data_option(CLI::App& command, std::string& directory);

/// From server.json and root-credentials of the directory; asks nobody. Errors are sentences that
/// say what to do. not_found: no server was started there.
Result<RunningServer> find_running_server(Files& files, const std::string& data_directory);

/// Asks it one signed question: it is up, it is the one that wrote server.json, and it takes these
/// credentials. Errors say which of these is not so, and what to do.
Result<> prove_running(Session& session, const RunningServer& server);

/// Both.
Result<RunningServer> require_running_server(Session& session, const std::string& data_directory);

}  // namespace dyad::cli
