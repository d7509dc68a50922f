#include "cli/running_server.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>

#include "auth/credentials.h"
#include "cli/environment.h"
#include "cli/shell_words.h"
#include "client/metric_samples.h"
#include "client/service_calls.h"
#include "server/data_directory.h"

namespace dyad::cli {
namespace {

std::string serve_command(const std::string& data_directory) {
  return "dyad serve --data " + shell_word(data_directory);
}

Error no_server(const std::string& data_directory) {
  return Error(ErrorCode::not_found,
               fmt::format("no server runs on the data directory {}\n"
                           "  start one:            {}\n"
                           "  or name another one:  --data DIR, or set DYAD_DATA",
                           data_directory, serve_command(data_directory)));
}

Error killed_server(const RunningServer& server, const std::string& why) {
  const bool there = server::process_exists(server.said.pid);
  return Error(
      ErrorCode::cancelled,
      fmt::format("the server of {} does not answer at {}: {}\n  {}\n  start it again:  {}",
                  server.data_directory, server.said.endpoint, why,
                  there
                      ? fmt::format("process {} is there, but it need not be that server any more",
                                    server.said.pid)
                      : fmt::format("its process {} is gone: it was killed, or its machine was",
                                    server.said.pid),
                  serve_command(server.data_directory)));
}

Error another_server(const RunningServer& server, const std::string& how) {
  return Error(ErrorCode::conflict,
               fmt::format("what answers at {} is not the server of {}: {}\n"
                           "  that server was killed, and something else took its port\n"
                           "  start it again, at a free port:  {} --listen 127.0.0.1:0",
                           server.said.endpoint, server.data_directory, how,
                           serve_command(server.data_directory)));
}

Result<crypto::Credentials> root_pair(Files& files, const RunningServer& server) {
  if (!server.said.root_from_environment) {
    const std::string path = server::root_credentials_path(server.data_directory);
    Result<auth::AccessKeyPair> pair = auth::read_root_pair(files, path);
    if (!pair) return fail(std::move(pair).error());
    return crypto::Credentials{pair->access_key_id, pair->secret_access_key, {}};
  }
  const auto key_id = environment("DYAD_ROOT_ACCESS_KEY_ID");
  const auto secret = environment("DYAD_ROOT_SECRET_ACCESS_KEY");
  if (key_id && secret && *key_id == server.said.access_key_id)
    return crypto::Credentials{*key_id, *secret, {}};
  return fail(
      ErrorCode::not_found,
      fmt::format(
          "the server of {} was started with DYAD_ROOT_ACCESS_KEY_ID={}; set "
          "DYAD_ROOT_ACCESS_KEY_ID\n  and DYAD_ROOT_SECRET_ACCESS_KEY to the same pair here",
          server.data_directory, server.said.access_key_id));
}

struct Proof {
  client::CallerIdentity caller;
  std::int64_t started_ms = 0;
};

Task<Result<Proof>> ask(client::AwsClient& client) {
  Proof proof;
  DYAD_CO_TRY_ASSIGN(proof.caller, co_await client::get_caller_identity(client));
  DYAD_CO_TRY_ASSIGN(const client::Answer metrics, co_await client.get_unsigned("/metrics"));
  const client::MetricSamples samples(metrics.body);
  const double started_s = samples.value("dyad_start_time_seconds").value_or(0);
  proof.started_ms = std::llround(started_s * 1000);
  co_return proof;
}

}  // namespace

void add_data_option(CLI::App& command, std::string& directory) {
  directory = kDefaultDataDirectory;
  command.add_option("--data", directory, "Data directory of the server")
      ->envname("DYAD_DATA")
      ->capture_default_str()
      ->type_name("DIR");
}

Result<RunningServer> find_running_server(Files& files, const std::string& data_directory) {
  RunningServer server;
  server.data_directory = data_directory;
  Result<server::Announcement> said = server::read_announcement(files, data_directory);
  if (!said && said.error().code == ErrorCode::not_found) return fail(no_server(data_directory));
  if (!said) return fail(std::move(said).error());
  server.said = std::move(*said);
  DYAD_TRY_ASSIGN(server.client.endpoint, client::Endpoint::parse(server.said.endpoint));
  DYAD_TRY_ASSIGN(server.client.credentials, root_pair(files, server));
  server.client.region = server.said.region;
  server.client.ca_path = server.said.certificate;
  return server;
}

Result<> prove_running(Session& session, const RunningServer& server) {
  const Result<Proof> proof = session.call<Proof>(server.client, ask);
  if (!proof) {
    const Error& error = proof.error();
    switch (error.code) {
      case ErrorCode::cancelled:
      case ErrorCode::deadline_exceeded:
      case ErrorCode::io_error:
        return fail(killed_server(server, error.message));
      case ErrorCode::permission_denied:
      case ErrorCode::corruption:
      case ErrorCode::invalid_argument:
        return fail(another_server(server, error.message));
      default:
        return fail(error);
    }
  }
  if (proof->started_ms != server.said.started_ms ||
      proof->caller.account_id != server.said.account_id)
    return fail(another_server(server, "it started at another time"));
  return {};
}

Result<RunningServer> require_running_server(Session& session, const std::string& data_directory) {
  DYAD_TRY_ASSIGN(RunningServer server, find_running_server(session.files(), data_directory));
  DYAD_TRY(prove_running(session, server));
  return server;
}

}  // namespace dyad::cli
