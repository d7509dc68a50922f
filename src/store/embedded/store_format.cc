#include "store/embedded/store_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/format_version.h"
#include "store/embedded/meta_rows.h"

namespace dyad::store::embedded {
namespace {

constexpr std::string_view kMagic = "DYADSTOR";
constexpr std::size_t kMaxFormatBytes = 4096;

std::string format_path(const std::string& directory) {
  return directory + "/FORMAT";
}
std::string clean_path(const std::string& directory) {
  return directory + "/CLEAN";
}

std::string with_checksum(std::string content) {
  append_le64(content, checksum(content, 0));
  return content;
}

/// Without its checksum; none: it does not match.
std::optional<std::string_view> checked(std::string_view content) {
  if (content.size() < 8) return std::nullopt;
  const std::string_view body = content.substr(0, content.size() - 8);
  if (load_le<std::uint64_t>(content.data() + body.size()) != checksum(body, 0))
    return std::nullopt;
  return body;
}

}  // namespace

std::string held_directory(const std::string& directory) {
  return directory + "/held";
}
std::string log_directory(const std::string& directory) {
  return directory + "/log";
}
std::string rows_directory(const std::string& directory) {
  return directory + "/rows";
}

Result<StoreFormat> read_store_format(Files& files, const std::string& directory) {
  const std::string path = format_path(directory);
  DYAD_TRY_ASSIGN(const std::string content, read_file(files, path, kMaxFormatBytes));
  ByteReader in(content);
  StoreFormat format;
  const bool ours = in.bytes(kMagic.size()) == kMagic;
  format.version = in.le32();
  // Looked at before the rest, which a newer version may have changed.
  if (ours && in.ok() && format.version > kStoreFormatVersion)
    return newer_format(path, format.version, kStoreFormatVersion);
  format.salt = in.le64();
  if (!ours || !in.ok() || !checked(content) || format.version == 0)
    return fail(ErrorCode::corruption, fmt::format("{}: not a store's format file", path));
  return format;
}

Result<std::string> read_format_file(Files& files, const std::string& directory) {
  return read_file(files, format_path(directory), kMaxFormatBytes);
}

Result<StoreFormat> read_or_make_store_format(Files& files, Random& random,
                                              const std::string& directory) {
  Result<StoreFormat> found = read_store_format(files, directory);
  if (found || found.error().code != ErrorCode::not_found) return found;
  DYAD_TRY_ASSIGN(const std::vector<std::string> names, files.list(directory));
  const bool used = std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name == "log" || name == "rows";
  });
  if (used)
    return fail(ErrorCode::corruption,
                fmt::format("{}: missing, though there is a store", format_path(directory)));
  StoreFormat format;
  format.salt = random.next_u64();
  std::string content(kMagic);
  append_le32(content, format.version);
  append_le64(content, format.salt);
  DYAD_TRY(write_file(files, format_path(directory), with_checksum(std::move(content))));
  return format;
}

Result<std::unique_ptr<FileLock>> lock_store(Files& files, const std::string& directory) {
  Result<std::unique_ptr<FileLock>> lock = files.lock(directory + "/LOCK");
  if (lock || lock.error().code != ErrorCode::conflict) return lock;
  return fail(ErrorCode::conflict,
              fmt::format("{}: another process has this store open", directory));
}

Result<> write_clean_mark(Files& files, const std::string& directory, const LogPosition& tail) {
  return write_file(files, clean_path(directory), with_checksum(encode_position(tail)));
}

Result<std::optional<LogPosition>> read_clean_mark(Files& files, const std::string& directory) {
  const Result<std::string> content = read_file(files, clean_path(directory), kMaxFormatBytes);
  if (!content && content.error().code == ErrorCode::not_found) return std::optional<LogPosition>();
  if (!content) return fail(content.error());
  const std::optional<std::string_view> body = checked(*content);
  std::optional<LogPosition> tail;
  if (body) tail = decode_position(*body);
  if (!tail)
    return fail(ErrorCode::corruption,
                fmt::format("{}: not the mark of an orderly close", clean_path(directory)));
  return tail;
}

Result<> remove_clean_mark(Files& files, const std::string& directory) {
  Result<> removed = files.remove(clean_path(directory));
  if (!removed && removed.error().code == ErrorCode::not_found) return {};
  DYAD_TRY(std::move(removed));
  return files.sync_directory(directory);
}

}  // namespace dyad::store::embedded
