#include "backup/restore.h"

#include <fmt/format.h>

#include "blob/check_file.h"
#include "runtime/file_tree.h"

namespace dyad::backup {
namespace {

constexpr const char* kRestoringSuffix = ".restoring";

std::string without_end_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<> expect_nothing_at(Files& files, const std::string& data) {
  const Result<FileInfo> found = files.info(data);
  if (found) {
    const auto names = files.list(data);
    if (!names || !names->empty())
      return fail(ErrorCode::already_exists,
                  data +
                      ": there is something already, and nothing is ever overwritten\n"
                      "  restore into another directory, or move this one away");
  } else if (found.error().code != ErrorCode::not_found) {
    return fail(found.error());
  }
  if (!files.info(data + kRestoringSuffix)) return {};
  return fail(ErrorCode::already_exists,
              data + kRestoringSuffix + ": a restore that was interrupted, or is under way\n" +
                  "  if none is, it may be removed:  rm -r " + data + kRestoringSuffix);
}

class Restoring {
 public:
  Restoring(Files& files, const std::string& backup, const std::string& target, Share share,
            Watch& watch)
      : files_(files),
        from_(backup + "/" + kDataName + "/"),
        target_(target),
        share_(share),
        watch_(watch),
        tree_(files, target, watch) {}

  Result<> run(const std::string& backup) {
    DYAD_TRY(files_.make_directory(target_));
    DYAD_TRY(read_manifest(files_, backup, [this](const Entry& entry) { return put(entry); }));
    return tree_.finish();
  }

 private:
  Result<> put(const Entry& entry) {
    HeldFile file;
    file.name = entry.name;
    file.path = from_ + entry.name;
    file.size_bytes = file.padded_bytes = entry.bytes;
    file.immutable = entry.immutable;
    const Result<FileInfo> info = files_.info(file.path);
    if (!info && info.error().code != ErrorCode::not_found) return fail(info.error());
    if (!info) return fail(damaged(file.path, "it is missing"));
    if (info->size_bytes != entry.bytes || info->is_directory)
      return fail(damaged(file.path, fmt::format("it has {} bytes and should have {}",
                                                 info->size_bytes, entry.bytes)));
    if (entry.blob != blob::BlobId()) DYAD_TRY(check_blob(file, entry.blob));
    const bool is_blob = entry.blob != blob::BlobId();
    DYAD_TRY_ASSIGN(const Written written, tree_.put(file, entry.name, share_, !is_blob));
    if (!is_blob && written.checksum != entry.checksum)
      return fail(damaged(file.path, "its checksum is not the one it was made with"));
    return {};
  }

  Result<> check_blob(const HeldFile& file, blob::BlobId id) {
    DYAD_TRY_ASSIGN(const auto bytes, files_.open_read(file.path));
    const Result<> good = blob::check_blob_file(
        *bytes, id, [this](std::uint64_t piece) { return watch_.spend(piece); });
    if (!good && good.error().code == ErrorCode::corruption)
      return fail(damaged(file.path, good.error().message));
    return good;
  }

  static Error damaged(const std::string& path, const std::string& how) {
    return Error(ErrorCode::corruption, path + ": the backup is damaged: " + how);
  }

  Files& files_;
  const std::string from_;
  const std::string target_;
  const Share share_;
  Watch& watch_;
  TreeWriter tree_;
};

}  // namespace

Result<Summary> restore_backup(Files& files, const std::string& backup_given,
                               const std::string& data_given, Share share, Watch& watch) {
  const std::string backup = without_end_slashes(backup_given);
  const std::string data = without_end_slashes(data_given);
  DYAD_TRY_ASSIGN(const Summary summary, read_manifest(files, backup, {}));
  DYAD_TRY(expect_nothing_at(files, data));
  watch.expect(summary.files, summary.bytes);
  const std::string unfinished = data + kRestoringSuffix;
  Result<> restored = Restoring(files, backup, unfinished, share, watch).run(backup);
  // Takes the place of an empty directory, and of nothing else.
  if (restored) restored = files.rename(unfinished, data);
  if (!restored) {
    (void)remove_tree(files, unfinished);
    return fail(std::move(restored).error());
  }
  DYAD_TRY(files.sync_directory(parent_of(data)));
  return summary;
}

}  // namespace dyad::backup
