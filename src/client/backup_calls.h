#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "client/aws_client.h"

namespace dyad::client {

// The server's own operations of backups; docs/backup.md. Errors as in service_calls.h; the
// message of a refusal is a sentence for people.

struct BackupOrder {
  std::string directory;  ///< On the server's machine; empty: it makes a name.
  std::uint64_t bytes_per_second = 0;
  bool copy = false;  ///< Everything, where links would do.
};

struct BackupState {
  std::string state;  ///< "RUNNING", "DONE", "FAILED", "CANCELLED".
  std::uint64_t number = 0;
  std::string directory;
  std::uint64_t files_done = 0;
  std::uint64_t files_total = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t bytes_copied = 0;
  std::uint64_t objects = 0;
  std::uint64_t began_ms = 0;
  std::uint64_t ended_ms = 0;
  std::string error;
};

Task<Result<BackupState>> create_backup(AwsClient& client, BackupOrder order);
/// The one under way, or the last one.
Task<Result<BackupState>> describe_backup(AwsClient& client);
Task<Result<BackupState>> cancel_backup(AwsClient& client);

}  // namespace dyad::client
