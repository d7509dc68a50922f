#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "runtime/files.h"

namespace dyad::server {

/// What a running server says of itself, in `server.json` of its data directory, so that commands
/// which are told a directory find the server. It is there while the server listens; a killed one
/// leaves it behind, so who reads it asks the server too (`started_ms` is also in /metrics).
struct Announcement {
  std::string version;
  std::string endpoint;  ///< "http://127.0.0.1:4566": what a client on this machine is told.
  std::string region;
  std::string account_id;
  std::string access_key_id;  ///< The root's. The secret is never here.
  /// The root pair came from DYAD_ROOT_ACCESS_KEY_ID and DYAD_ROOT_SECRET_ACCESS_KEY.
  bool root_from_environment = false;
  /// A certificate that signs itself, as an absolute path: what clients must be told to trust.
  /// Empty: none, or one that is signed by somebody else.
  std::string certificate;
  std::int64_t pid = 0;
  std::int64_t started_ms = 0;  ///< Wall time.
};

std::string announcement_path(const std::string& data_directory);

/// Atomic, with mode 0600; not durable.
Result<> announce(Files& files, const std::string& data_directory, const Announcement& said);
/// Fine if it is gone.
Result<> withdraw_announcement(Files& files, const std::string& data_directory);
/// not_found: no server was started there, or it was stopped; corruption: the file is none.
Result<Announcement> read_announcement(Files& files, const std::string& data_directory);

/// For `listen` with the port chosen ("0.0.0.0:4566"): the URL that a client on this machine uses.
/// Numbers, never localhost, for which there may be no or two addresses.
std::string local_endpoint(const std::string& listen, bool secure);

/// Whether a process of that id is there; it need not be a server.
bool process_exists(std::int64_t pid);

}  // namespace dyad::server
