#include "server/start_errors.h"

#include <fmt/core.h>
#include <unistd.h>

#include "server/announcement.h"

namespace dyad::server {
namespace {

constexpr std::size_t kMaxRegionChars = 63;

std::string who_has_it_open(Files& files, const std::string& data_directory) {
  const Result<Announcement> said = read_announcement(files, data_directory);
  if (!said || !process_exists(said->pid)) return "another process has it open";
  return fmt::format("the server with process id {}, at {}, has it open", said->pid,
                     said->endpoint);
}

}  // namespace

Error explain_open_error(Files& files, const std::string& data_directory, Error error) {
  switch (error.code) {
    case ErrorCode::conflict:
      error.message =
          fmt::format("{}: {}\n  stop that one first, or choose another directory: --data DIR",
                      data_directory, who_has_it_open(files, data_directory));
      break;
    case ErrorCode::permission_denied:
    case ErrorCode::io_error:
    case ErrorCode::not_found:
      error.message = fmt::format(
          "{}\n  expected a directory that user {} may write, or could make: --data DIR",
          error.message, ::geteuid());
      break;
    case ErrorCode::no_space:
      error.message += "\n  the disk is full; make room, or choose another directory: --data DIR";
      break;
    case ErrorCode::unsupported:
      error.message +=
          "\n  a newer Dyad wrote it; use that one, this one would damage what it does not know";
      break;
    case ErrorCode::corruption:
      error.message +=
          fmt::format("\n  `dyad verify --offline {}` names all that is damaged", data_directory);
      break;
    default:
      break;
  }
  return error;
}

Error explain_listen_error(const std::string& address, Error error) {
  const std::size_t colon = address.find_last_of(':');
  const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
  if (error.code == ErrorCode::already_exists)
    error.message = fmt::format(
        "the address {0} is taken: another program, or another Dyad, listens there\n"
        "  which one:       ss -ltnp 'sport = :{1}'\n"
        "  choose another:  --listen 127.0.0.1:PORT, where port 0 is any free one",
        address, port);
  if (error.code == ErrorCode::permission_denied)
    error.message += "\n  ports below 1024 are for root; choose another: --listen 127.0.0.1:4566";
  if (error.code == ErrorCode::not_found || error.code == ErrorCode::invalid_argument)
    error.message +=
        "\n  expected an address of this machine and a port, as 127.0.0.1:4566, "
        "[::1]:4566 or 0.0.0.0:4566";
  return error;
}

Result<> check_region(const std::string& region) {
  constexpr const char* kFit = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (!region.empty() && region.size() <= kMaxRegionChars &&
      region.find_first_not_of(kFit) == std::string::npos)
    return {};
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("'{}' is no region; expected letters, digits and dashes, as us-east-1", region));
}

}  // namespace dyad::server
