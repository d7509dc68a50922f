#pragma once

#include "gateway/admin_frontend.h"
#include "runtime/worker_pool.h"
#include "server/backups.h"

namespace dyad::server {

/// CreateBackup, DescribeBackup and CancelBackup over Backups; docs/backup.md shows the documents.
class BackupAdmin final : public gateway::AdminHandler {
 public:
  BackupAdmin(Backups& backups, WorkerPool& workers) : backups_(backups), workers_(workers) {}
  Task<Result<std::string>> call(std::string operation, std::string_view body) override;

 private:
  Backups& backups_;
  WorkerPool& workers_;
};

}  // namespace dyad::server
