#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "backup/file_hash.h"
#include "base/result.h"
#include "base/timestamp.h"
#include "blob/blob_store.h"
#include "runtime/files.h"

namespace dyad::backup {

// A backup is a directory:
//   dyad-backup        the manifest, written last: without it this is no backup
//   UNFINISHED         there until then
//   data/              a data directory of one moment

constexpr const char* kManifestName = "dyad-backup";
constexpr const char* kUnfinishedName = "UNFINISHED";
constexpr const char* kDataName = "data";
/// Of the manifest's text. A newer one is refused, an older one read.
constexpr std::uint32_t kManifestVersion = 1;
constexpr std::size_t kMaxManifestLineBytes = 1024;

/// What a backup says of itself.
struct Summary {
  std::string server_version;  ///< Of the program that made it.
  std::int64_t made_ms = 0;    ///< Wall time at which it was begun.
  Timestamp moment;            ///< Everything at or before it, nothing after.
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t blobs = 0;  ///< Of the files.
};

struct Entry {
  std::string name;  ///< Under data/.
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;  ///< FileHash. Zero for a blob, whose frames carry their own.
  bool immutable = false;      ///< See HeldFile.
  blob::BlobId blob;           ///< Zero: not a blob.
};

/// Writes the manifest line by line; it has its name only when it is whole and durable.
class ManifestWriter {
 public:
  static Result<std::unique_ptr<ManifestWriter>> begin(Files& files, const std::string& backup,
                                                       const Summary& summary);
  Result<> add(const Entry& entry);
  Result<> finish();
  const Summary& summary() const { return summary_; }

 private:
  ManifestWriter(Files& files, std::string backup, Summary summary)
      : files_(files), backup_(std::move(backup)), summary_(std::move(summary)) {}
  Result<> line(std::string text);
  Result<> flush();

  Files& files_;
  const std::string backup_;
  Summary summary_;
  std::unique_ptr<AppendFile> out_;
  std::string buffer_;
  FileHash hash_;
};

/// Reads the manifest and hands on each file. Nothing of it is to be believed before this returned
/// well: read it once for the whole and once more for the files. Errors: not_found, with a sentence
/// that says whether this is an interrupted backup or none; corruption; unsupported: of a newer
/// release.
Result<Summary> read_manifest(Files& files, const std::string& backup,
                              const std::function<Result<>(const Entry&)>& visit);

}  // namespace dyad::backup
