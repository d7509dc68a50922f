#include "runtime/files.h"

#include <algorithm>

namespace dyad {
namespace {

std::string parent_directory(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<> write_whole(Files& files, const std::string& path, std::string_view content) {
  DYAD_TRY_ASSIGN(auto file, files.open_append(path, Files::Create::truncate));
  DYAD_TRY(file->append(content));
  DYAD_TRY(file->sync());
  return file->close();
}

}  // namespace

Result<std::string> read_file(Files& files, const std::string& path, std::size_t limit_bytes) {
  DYAD_TRY_ASSIGN(auto file, files.open_read(path));
  DYAD_TRY_ASSIGN(const std::uint64_t size_bytes, file->size_bytes());
  if (size_bytes > limit_bytes) {
    return fail(ErrorCode::too_large, path + ": " + std::to_string(size_bytes) +
                                          " bytes, expected at most " +
                                          std::to_string(limit_bytes));
  }
  std::string content(size_bytes, '\0');
  DYAD_TRY_ASSIGN(const std::size_t got, file->read_at(0, content));
  content.resize(got);
  return content;
}

Result<> write_file(Files& files, const std::string& path, std::string_view content) {
  const std::string preparing = path + std::string(kPreparingSuffix);
  if (auto written = write_whole(files, preparing, content); !written) {
    // What is left of it is in nobody's way; the first error is the one that counts.
    (void)files.remove(preparing);
    return written;
  }
  DYAD_TRY(files.rename(preparing, path));
  return files.sync_directory(parent_directory(path));
}

}  // namespace dyad
