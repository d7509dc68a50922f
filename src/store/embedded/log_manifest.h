#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "runtime/files.h"

namespace dyad::store::embedded {

/// Which files make up the log: without it, a segment that somebody removed would look like one
/// that was let go. The file `log/SEGMENTS`, replaced atomically whenever a segment goes.
struct LogManifest {
  /// From here on every id up to the newest is there as a segment.
  std::uint64_t chain_from = 1;
  /// Below chain_from: what is still there for followers.
  std::set<std::uint64_t> segments;
  std::set<std::uint64_t> kept;

  bool operator==(const LogManifest&) const = default;
};

/// None: there is no manifest. corruption: it is not one.
Result<std::optional<LogManifest>> read_log_manifest(Files& files, const std::string& directory);
constexpr const char* kLogManifestName = "SEGMENTS";
std::string encode_log_manifest(const LogManifest& manifest);
/// Durable when it returns.
Result<> write_log_manifest(Files& files, const std::string& directory,
                            const LogManifest& manifest);

}  // namespace dyad::store::embedded
