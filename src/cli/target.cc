#include "cli/target.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/aws_files.h"
#include "cli/environment.h"
#include "cli/running_server.h"

namespace dyad::cli {
namespace {

using Values = std::map<std::string, std::string>;

/// What the two files say of one profile.
struct Profile {
  std::string name;
  Values config;
  Values credentials;
};

std::string value_of(const Values& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

std::string first_of(std::initializer_list<std::string> candidates) {
  for (const std::string& candidate : candidates)
    if (!candidate.empty()) return candidate;
  return {};
}

std::string variable(const char* name) {
  return environment(name).value_or("");
}

/// Of a file that AWS's tools may do without.
std::string text_of(Files& files, const std::string& path) {
  return read_aws_file(files, path).value_or("");
}

Result<Profile> read_profile(Files& files, const TargetArguments& arguments) {
  Profile profile;
  profile.name = first_of({arguments.profile, variable("AWS_PROFILE"), "default"});
  const auto config =
      section_values(text_of(files, aws_config_path()), config_section(profile.name));
  const auto credentials = section_values(text_of(files, aws_credentials_path()), profile.name);
  const bool asked_for = profile.name != "default";
  if (asked_for && !config && !credentials)
    return fail(ErrorCode::not_found,
                fmt::format("there is no profile {} in {} and {}\n  `dyad profile {}` writes it",
                            profile.name, aws_config_path(), aws_credentials_path(), profile.name));
  profile.config = config.value_or(Values());
  profile.credentials = credentials.value_or(Values());
  return profile;
}

crypto::Credentials credentials_of(const Values& values) {
  return {value_of(values, "aws_access_key_id"), value_of(values, "aws_secret_access_key"),
          value_of(values, "aws_session_token")};
}

/// A profile named on the command line comes before the environment; one that the environment
/// names, behind it. The configuration may hold credentials too.
crypto::Credentials find_credentials(const TargetArguments& arguments, const Profile& profile) {
  const crypto::Credentials from_environment{variable("AWS_ACCESS_KEY_ID"),
                                             variable("AWS_SECRET_ACCESS_KEY"),
                                             variable("AWS_SESSION_TOKEN")};
  if (arguments.profile.empty() && !from_environment.access_key_id.empty()) return from_environment;
  const crypto::Credentials own = credentials_of(profile.credentials);
  return own.access_key_id.empty() ? credentials_of(profile.config) : own;
}

Result<Target> find_as_aws_does(Session& session, const TargetArguments& arguments) {
  DYAD_TRY_ASSIGN(const Profile profile, read_profile(session.files(), arguments));
  const std::string endpoint = first_of(
      {arguments.endpoint, variable("AWS_ENDPOINT_URL"), value_of(profile.config, "endpoint_url")});
  if (endpoint.empty())
    return fail(ErrorCode::not_found,
                fmt::format("profile {} names no endpoint; say --endpoint URL, or set "
                            "AWS_ENDPOINT_URL",
                            profile.name));
  Target target;
  DYAD_TRY_ASSIGN(target.client.endpoint, client::Endpoint::parse(endpoint));
  target.client.credentials = find_credentials(arguments, profile);
  if (target.client.credentials.access_key_id.empty() ||
      target.client.credentials.secret_access_key.empty())
    return fail(ErrorCode::not_found,
                "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or say "
                "--profile NAME\n  for a server on this machine:  eval $(dyad env --data DIR)");
  target.client.region =
      first_of({arguments.region, variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"),
                value_of(profile.config, "region"), "us-east-1"});
  target.client.ca_path = expand_home(first_of(
      {arguments.ca_bundle, variable("AWS_CA_BUNDLE"), value_of(profile.config, "ca_bundle")}));
  target.found_by =
      arguments.profile.empty() ? std::string("environment") : "profile " + profile.name;
  return target;
}

Result<Target> find_by_directory(Session& session, const std::string& data_directory) {
  DYAD_TRY_ASSIGN(const RunningServer server, find_running_server(session.files(), data_directory));
  return Target{server.client, "data directory " + data_directory};
}

}  // namespace

void add_target_options(CLI::App& command, TargetArguments& arguments) {
  const auto data = command.add_option("--data", arguments.data_directory,
                                       "The server of this data directory, on this machine");
  data->type_name("DIR");
  command
      .add_option("--endpoint", arguments.endpoint,
                  "Any server, like http://127.0.0.1:4566; credentials as AWS's tools find them")
      ->type_name("URL")
      ->excludes(data);
  command.add_option("--profile", arguments.profile, "A profile of ~/.aws/config")
      ->type_name("NAME")
      ->excludes(data);
  command.add_option("--region", arguments.region, "Region that requests are signed for")
      ->type_name("R")
      ->excludes(data);
  command.add_option("--ca-bundle", arguments.ca_bundle, "PEM file of what is trusted, for https")
      ->type_name("FILE")
      ->excludes(data);
}

Result<Target> find_target(Session& session, const TargetArguments& arguments) {
  if (!arguments.data_directory.empty())
    return find_by_directory(session, arguments.data_directory);
  if (!arguments.endpoint.empty() || !arguments.profile.empty() ||
      environment("AWS_ENDPOINT_URL") || environment("AWS_PROFILE"))
    return find_as_aws_does(session, arguments);
  return find_by_directory(session, environment("DYAD_DATA").value_or(kDefaultDataDirectory));
}

}  // namespace dyad::cli
