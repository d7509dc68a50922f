#pragma once

#include <optional>
#include <string>

#include "cli/session.h"
#include "client/aws_client.h"

namespace CLI {
class App;
}

namespace dyad::cli {

/// What a command line says of the server that a command is a client of.
struct TargetArguments {
  std::string data_directory;
  std::string endpoint;
  std::string profile;
  std::string region;
  std::string ca_bundle;
};

void add_target_options(CLI::App& command, TargetArguments& arguments);

struct Target {
  client::ClientOptions client;
  std::string found_by;  ///< "environment", "profile x" or "data directory x", for people.
};

/// Whose server it is: that of --data; else what --endpoint and --profile say, completed by the
/// environment and the profile as AWS's tools do; else the environment's, where AWS_ENDPOINT_URL or
/// AWS_PROFILE is set; else that of the default data directory. Asks nobody. Errors are sentences
/// that say what to do.
Result<Target> find_target(Session& session, const TargetArguments& arguments);

}  // namespace dyad::cli
