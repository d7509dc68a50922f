#include "backup/tree_writer.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "backup/file_hash.h"

namespace dyad::backup {
namespace {

constexpr std::size_t kPieceBytes = 1u << 20;
constexpr std::size_t kMaxNameBytes = 512;

/// All of the file in pieces, the zeros behind its bytes among them.
Result<> each_piece(Files& files, const HeldFile& file, Watch& watch,
                    const std::function<Result<>(std::string_view)>& visit) {
  std::shared_ptr<const RandomReadFile> bytes = file.bytes;
  if (!bytes) {
    DYAD_TRY_ASSIGN(bytes, files.open_read(file.path));
  }
  std::vector<char> piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, file.padded_bytes)));
  for (std::uint64_t at = 0; at < file.padded_bytes;) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), file.padded_bytes - at));
    const std::uint64_t own = file.size_bytes > at ? file.size_bytes - at : 0;
    const auto held = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, own));
    DYAD_TRY(watch.spend(held));
    if (held > 0) {
      DYAD_TRY_ASSIGN(const std::size_t got, bytes->read_at(at, {piece.data(), held}));
      if (got != held)
        return fail(ErrorCode::corruption, (file.path.empty() ? file.name : file.path) +
                                               ": shorter than its " +
                                               std::to_string(file.size_bytes) + " bytes");
    }
    std::fill(piece.begin() + static_cast<std::ptrdiff_t>(held),
              piece.begin() + static_cast<std::ptrdiff_t>(wanted), '\0');
    DYAD_TRY(visit({piece.data(), wanted}));
    at += wanted;
  }
  return {};
}

}  // namespace

bool is_safe_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  std::size_t part_begin = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i == name.size() || name[i] == '/') {
      const std::string_view part = name.substr(part_begin, i - part_begin);
      if (part.find_first_not_of('.') == std::string_view::npos) return false;
      part_begin = i + 1;
      continue;
    }
    const char c = name[i];
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_';
    if (!fine) return false;
  }
  return true;
}

Result<std::uint64_t> hash_file(Files& files, const HeldFile& file, Watch& watch) {
  FileHash hash;
  DYAD_TRY(each_piece(files, file, watch, [&](std::string_view piece) -> Result<> {
    hash.update(piece);
    return {};
  }));
  return hash.value();
}

Result<std::string> TreeWriter::place(const std::string& name) {
  if (!is_safe_name(name))
    return fail(ErrorCode::corruption, "a name that no file of a backup has: " + name);
  for (std::size_t slash = name.find('/'); slash != std::string::npos;
       slash = name.find('/', slash + 1)) {
    std::string directory = root_ + "/" + name.substr(0, slash);
    if (directories_.contains(directory)) continue;
    DYAD_TRY(files_.make_directory(directory));
    directories_.insert(std::move(directory));
  }
  return root_ + "/" + name;
}

Result<Written> TreeWriter::copy(const HeldFile& file, const std::string& target) {
  DYAD_TRY_ASSIGN(const auto out, files_.open_append(target, Files::Create::must_be_new));
  FileHash hash;
  DYAD_TRY(each_piece(files_, file, watch_, [&](std::string_view piece) -> Result<> {
    hash.update(piece);
    // The zeros behind the bytes are left to a hole.
    const std::uint64_t left = file.size_bytes - out->size_bytes();
    return out->append(piece.substr(0, static_cast<std::size_t>(std::min(piece.size(), left))));
  }));
  if (file.padded_bytes > file.size_bytes) DYAD_TRY(out->truncate(file.padded_bytes));
  DYAD_TRY(out->sync());
  DYAD_TRY(out->close());
  return Written{false, hash.value()};
}

Result<Written> TreeWriter::put(const HeldFile& file, const std::string& name, Share share,
                                bool with_checksum) {
  DYAD_TRY(watch_.go_on());
  DYAD_TRY_ASSIGN(const std::string target, place(name));
  const bool may_link = share == Share::link_where_possible && file.immutable &&
                        !file.path.empty() && file.size_bytes == file.padded_bytes;
  Result<> linked = fail(ErrorCode::unsupported, "not to be linked");
  if (may_link) linked = files_.link(file.path, target);
  if (!linked && linked.error().code != ErrorCode::unsupported)
    return fail(std::move(linked).error());
  Written written;
  if (!linked) {
    DYAD_TRY_ASSIGN(written, copy(file, target));
  } else {
    written.linked = true;
    if (with_checksum) {
      DYAD_TRY_ASSIGN(written.checksum, hash_file(files_, file, watch_));
    }
  }
  watch_.count(file.padded_bytes, !written.linked);
  return written;
}

Result<> TreeWriter::finish() {
  for (const std::string& directory : directories_) DYAD_TRY(files_.sync_directory(directory));
  return files_.sync_directory(root_);
}

}  // namespace dyad::backup
