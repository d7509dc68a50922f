#include "blob/blob_files.h"

#include <optional>
#include <set>

#include "base/bytes.h"

namespace dyad::blob {
namespace {

constexpr std::uint64_t kBlobsPerDirectoryBits = 12;

std::string hex64(std::uint64_t value) {
  std::string bytes;
  append_be64(bytes, value);
  return to_hex(bytes);
}

std::string subdirectory_name(BlobId id) {
  return hex64(id.value() >> kBlobsPerDirectoryBits);
}

Result<> fine_if_not_there(Result<> done) {
  if (!done && done.error().code == ErrorCode::not_found) return {};
  return done;
}

}  // namespace

std::string blob_path(const std::string& directory, BlobId id) {
  return blob_subdirectory(directory, id) + "/" + hex64(id.value());
}

std::string blob_subdirectory(const std::string& directory, BlobId id) {
  return directory + "/" + subdirectory_name(id);
}

Result<std::vector<BlobId>> list_blob_files(Files& files, const std::string& directory,
                                            BlobId after, std::size_t limit) {
  std::vector<BlobId> ids;
  DYAD_TRY_ASSIGN(const std::vector<std::string> names, files.list(directory));
  const std::string first = subdirectory_name(after);
  for (const std::string& name : names) {
    if (name.size() != first.size() || name < first) continue;
    DYAD_TRY_ASSIGN(const std::vector<std::string> blobs, files.list(directory + "/" + name));
    for (const std::string& blob : blobs) {
      const std::optional<std::string> bytes = from_hex(blob);
      if (!bytes || bytes->size() != 8)
        return fail(ErrorCode::corruption, directory + "/" + name + "/" + blob + " is no blob");
      const BlobId id(load_be64(bytes->data()));
      if (id > after) ids.push_back(id);
      if (ids.size() == limit) return ids;
    }
  }
  return ids;
}

Result<> erase_blob_files(Files& files, const std::string& directory,
                          const std::vector<BlobId>& ids) {
  std::set<std::string> changed;
  for (const BlobId id : ids) {
    DYAD_TRY(fine_if_not_there(files.remove(blob_path(directory, id))));
    changed.insert(blob_subdirectory(directory, id));
  }
  for (const std::string& path : changed) DYAD_TRY(fine_if_not_there(files.sync_directory(path)));
  return {};
}

}  // namespace dyad::blob
