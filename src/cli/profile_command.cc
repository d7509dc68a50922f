#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <string>

#include "cli/aws_files.h"
#include "cli/commands.h"
#include "cli/running_server.h"

namespace dyad::cli {
namespace {

struct Arguments {
  std::string name;
  std::string data_directory;
  bool force = false;
  bool remove = false;
};

/// One of the two files, as it is and as it shall be.
struct AwsFile {
  std::string path;
  std::string section;
  std::string text;
  bool secret = false;
};

struct ProfileFiles {
  AwsFile config;
  AwsFile credentials;
};

Result<ProfileFiles> read_files(Files& files, const std::string& name) {
  ProfileFiles both;
  both.config = {aws_config_path(), config_section(name), {}, false};
  both.credentials = {aws_credentials_path(), name, {}, true};
  for (AwsFile* file : {&both.config, &both.credentials}) {
    DYAD_TRY_ASSIGN(file->text, read_aws_file(files, file->path));
  }
  return both;
}

Result<> check_owner(const ProfileFiles& both, const Arguments& arguments) {
  if (arguments.force) return {};
  for (const AwsFile* file : {&both.config, &both.credentials}) {
    if (owner_of_section(file->text, file->section) == Owner::somebody_else)
      return fail(ErrorCode::already_exists,
                  fmt::format("[{}] in {} was not written by `dyad profile`, so it stays as it is\n"
                              "  choose another name, or say --force",
                              file->section, file->path));
  }
  return {};
}

/// A value that could begin a line of its own would write into other profiles.
Result<> check_settings(const Settings& settings) {
  for (const auto& [name, value] : settings)
    for (const unsigned char c : value)
      if (c < 0x20 || c == 0x7f)
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("{} has a control character in it, which no AWS profile can hold", name));
  return {};
}

/// The secret first: a profile that names an endpoint has its credentials from the beginning.
Result<> write_files(Files& files, const ProfileFiles& both) {
  for (const AwsFile* file : {&both.credentials, &both.config}) {
    Result<> written = write_aws_file(files, file->path, file->text, file->secret);
    if (!written) return written;
  }
  return {};
}

Result<std::string> add(Session& session, const Arguments& arguments) {
  DYAD_TRY_ASSIGN(const RunningServer server,
                  require_running_server(session, arguments.data_directory));
  DYAD_TRY_ASSIGN(ProfileFiles both, read_files(session.files(), arguments.name));
  DYAD_TRY(check_owner(both, arguments));
  Settings config = {{"region", server.said.region}, {"endpoint_url", server.said.endpoint}};
  if (!server.said.certificate.empty()) config.emplace_back("ca_bundle", server.said.certificate);
  const Settings credentials = {
      {"aws_access_key_id", server.client.credentials.access_key_id},
      {"aws_secret_access_key", server.client.credentials.secret_access_key}};
  DYAD_TRY(check_settings(config));
  DYAD_TRY(check_settings(credentials));
  both.config.text = with_section(both.config.text, both.config.section, config);
  both.credentials.text =
      with_section(both.credentials.text, both.credentials.section, credentials);
  DYAD_TRY(write_files(session.files(), both));
  return fmt::format(
      "profile {} speaks to {} (region {})\n  {}\n  {}\nTry:  aws --profile {} s3 ls\n",
      arguments.name, server.said.endpoint, server.said.region, both.config.path,
      both.credentials.path, arguments.name);
}

Result<std::string> remove(Session& session, const Arguments& arguments) {
  DYAD_TRY_ASSIGN(ProfileFiles both, read_files(session.files(), arguments.name));
  DYAD_TRY(check_owner(both, arguments));
  bool any = false;
  // The endpoint last: without it the credentials would be sent to AWS.
  for (AwsFile* file : {&both.credentials, &both.config}) {
    if (owner_of_section(file->text, file->section) == Owner::nobody) continue;
    any = true;
    DYAD_TRY(write_aws_file(session.files(), file->path, without_section(file->text, file->section),
                            file->secret));
  }
  if (!any)
    return fail(ErrorCode::not_found,
                fmt::format("there is no profile {} in {} and {}", arguments.name, both.config.path,
                            both.credentials.path));
  return fmt::format("profile {} is removed\n", arguments.name);
}

int profile(const Arguments& arguments) {
  Result<std::string> done = Result<std::string>(std::string());
  if (const Result<> fit = check_profile_name(arguments.name); !fit) {
    done = Result<std::string>(fit.error());
  } else {
    Session session;
    done = arguments.remove ? remove(session, arguments) : add(session, arguments);
  }
  if (!done) {
    fmt::print(stderr, "dyad: {}\n", done.error().message);
    return 1;
  }
  fmt::print("{}", *done);
  return 0;
}

}  // namespace

void add_profile_command(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("profile", "Write an AWS profile for the server: aws --profile NAME ...");
  command->add_option("NAME", arguments->name, "The profile's name")->required();
  add_data_option(*command, arguments->data_directory);
  command->add_flag("--force", arguments->force,
                    "Take a profile of that name over, whoever wrote it");
  command->add_flag("--remove", arguments->remove, "Remove the profile again; asks no server");
  command->footer(
      "Writes region, endpoint and credentials to ~/.aws/config and ~/.aws/credentials, or where\n"
      "AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say. Everything else in these files stays "
      "as\n"
      "it is. AWS's CLI and the SDKs of 2023 and later read the endpoint from there.\n"
      "The server must be up: it is asked first.");
  command->callback([arguments, &exit_code] { exit_code = profile(*arguments); });
}

}  // namespace dyad::cli
