#include "runtime/file_tree.h"

namespace dyad {
namespace {

Result<> remove_below(Files& files, const std::string& path, int depth) {
  if (depth > kMaxTreeDepth)
    return fail(ErrorCode::too_large, path + ": more directories within each other than there are");
  DYAD_TRY_ASSIGN(const std::vector<std::string> names, files.list(path));
  for (const std::string& name : names) {
    const std::string one = path + "/" + name;
    // First as a name: what a link leads to is none of ours.
    Result<> removed = files.remove(one);
    if (removed || removed.error().code == ErrorCode::not_found) continue;
    const Result<FileInfo> info = files.info(one);
    if (!info || !info->is_directory) return removed;
    DYAD_TRY(remove_below(files, one, depth + 1));
  }
  return files.remove_directory(path);
}

}  // namespace

Result<> remove_tree(Files& files, const std::string& path) {
  const Result<FileInfo> info = files.info(path);
  if (!info && info.error().code == ErrorCode::not_found) return {};
  if (!info) return fail(info.error());
  if (files.remove(path)) return {};
  if (!info->is_directory) return files.remove(path);
  return remove_below(files, path, 1);
}

}  // namespace dyad
