#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "base/sanitized.h"
#include "test/hostile/wire.h"
#include "test/support/server_process.h"
#include "test/support/temporary_directory.h"

namespace dyad::proof {

/// What all tests of the program count; printed at its end.
struct HostileCounts {
  std::size_t requests = 0;     ///< Hostile ones, each with its own expectation.
  std::size_t connections = 0;  ///< Opened to do harm.
};
HostileCounts& counts();

/// A server with a bucket "bkt" and a table "tbl" (hash key "k") that holds an item "kept".
class HostileServer {
 public:
  /// `environment` is set for the server alone.
  explicit HostileServer(const std::map<std::string, std::string>& environment);

  const std::string& address() const { return address_; }
  Wire connect() const {
    ++counts().connections;
    return Wire(address_);
  }
  /// One request of DynamoDB or S3 on a connection of its own; 0: no answer.
  int ask(const Fields& fields, std::string_view body, std::string* answer = nullptr) const;
  int dynamodb(std::string target, std::string_view json, std::string* answer = nullptr) const;
  /// It answers, and the item is there.
  bool serves() const;
  std::uint64_t resident_kib() const { return memory_kib(process_->pid(), "VmRSS:"); }
  std::uint64_t peak_kib() const { return memory_kib(process_->pid(), "VmHWM:"); }
  std::size_t sockets() const { return open_sockets(process_->pid()); }
  bool stop() { return process_->stop(30'000).has_value(); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> process_;
  std::string address_;
};

}  // namespace dyad::proof
