#include "backup/manifest.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "backup/tree_writer.h"
#include "base/format_version.h"

namespace dyad::backup {
namespace {

// Text, a line a fact, fields parted by one space:
//   dyad-backup 1
//   server 0.4.0
//   made 1763860000000
//   moment 123456789
//   file BYTES CHECKSUM(hex) fixed|open NAME
//   blob BYTES ID NAME
//   end FILES BYTES BLOBS CHECKSUM(hex), of all lines before
constexpr std::size_t kPieceBytes = 256u << 10;

template <class T>
bool parse_number(std::string_view text, T& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t space = line.find(' ');
    fields.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return fields;
    line.remove_prefix(space + 1);
  }
}

class Reader {
 public:
  Reader(Files& files, const std::string& backup,
         const std::function<Result<>(const Entry&)>& visit)
      : files_(files), path_(backup + "/" + kManifestName), visit_(visit) {}

  Result<Summary> read() {
    DYAD_TRY_ASSIGN(const auto file, files_.open_read(path_));
    std::string rest;
    std::string piece(kPieceBytes, '\0');
    for (std::uint64_t at = 0;;) {
      DYAD_TRY_ASSIGN(const std::size_t got, file->read_at(at, {piece.data(), piece.size()}));
      if (got == 0) break;
      at += got;
      rest.append(piece, 0, got);
      std::size_t begin = 0;
      for (std::size_t end; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
        if (end - begin > kMaxManifestLineBytes) return fail(damaged());
        DYAD_TRY(take(std::string_view(rest).substr(begin, end - begin)));
      }
      rest.erase(0, begin);
      if (rest.size() > kMaxManifestLineBytes) return fail(damaged());
    }
    if (!ended_ || !rest.empty()) return fail(damaged());
    return found_;
  }

 private:
  Error damaged() const {
    return Error(ErrorCode::corruption,
                 fmt::format("{}: line {}: the manifest is damaged", path_, lines_ + 1));
  }

  Result<> take(std::string_view line) {
    const std::vector<std::string_view> fields = fields_of(line);
    if (ended_) return fail(damaged());
    if (fields[0] == "end") {
      DYAD_TRY(take_end(fields));
    } else if (lines_ < 4) {
      DYAD_TRY(take_head(fields));
    } else {
      DYAD_TRY(take_entry(fields));
    }
    ++lines_;
    hash_.update(line);
    hash_.update("\n");
    return {};
  }

  Result<> take_head(const std::vector<std::string_view>& fields) {
    constexpr std::string_view names[] = {kManifestName, "server", "made", "moment"};
    if (fields.size() != 2 || fields[0] != names[lines_]) return fail(damaged());
    std::uint32_t version = 0;
    std::uint64_t moment = 0;
    bool good = true;
    switch (lines_) {
      case 0:
        good = parse_number(fields[1], version) && version > 0;
        if (good && version > kManifestVersion)
          return newer_format(path_, version, kManifestVersion);
        break;
      case 1:
        found_.server_version = fields[1];
        break;
      case 2:
        good = parse_number(fields[1], found_.made_ms);
        break;
      default:
        good = parse_number(fields[1], moment);
        found_.moment = Timestamp(moment);
    }
    if (!good) return fail(damaged());
    return {};
  }

  Result<> take_entry(const std::vector<std::string_view>& fields) {
    Entry entry;
    bool good = false;
    if (fields[0] == "file" && fields.size() == 5) {
      good = parse_number(fields[2], entry.checksum, 16) &&
             (fields[3] == "fixed" || fields[3] == "open");
      entry.immutable = fields[3] == "fixed";
    } else if (fields[0] == "blob" && fields.size() == 4) {
      std::uint64_t id = 0;
      good = parse_number(fields[2], id) && id != 0;
      entry.blob = blob::BlobId(id);
      entry.immutable = true;
      ++found_.blobs;
    }
    good = good && parse_number(fields[1], entry.bytes) && is_safe_name(fields.back());
    if (!good) return fail(damaged());
    entry.name = fields.back();
    ++found_.files;
    found_.bytes += entry.bytes;
    return visit_ ? visit_(entry) : Result<>();
  }

  Result<> take_end(const std::vector<std::string_view>& fields) {
    std::uint64_t files = 0, bytes = 0, blobs = 0, checksum = 0;
    const bool good = fields.size() == 5 && lines_ >= 4 && parse_number(fields[1], files) &&
                      parse_number(fields[2], bytes) && parse_number(fields[3], blobs) &&
                      parse_number(fields[4], checksum, 16) && files == found_.files &&
                      bytes == found_.bytes && blobs == found_.blobs && checksum == hash_.value();
    if (!good) return fail(damaged());
    ended_ = true;
    return {};
  }

  Files& files_;
  const std::string path_;
  const std::function<Result<>(const Entry&)>& visit_;
  Summary found_;
  FileHash hash_;
  std::uint64_t lines_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<ManifestWriter>> ManifestWriter::begin(Files& files,
                                                              const std::string& backup,
                                                              const Summary& summary) {
  std::unique_ptr<ManifestWriter> writer(new ManifestWriter(files, backup, summary));
  const std::string path = backup + "/" + kManifestName + std::string(kPreparingSuffix);
  DYAD_TRY_ASSIGN(writer->out_, files.open_append(path, Files::Create::must_be_new));
  DYAD_TRY(writer->line(fmt::format("{} {}", kManifestName, kManifestVersion)));
  DYAD_TRY(writer->line("server " + summary.server_version));
  DYAD_TRY(writer->line(fmt::format("made {}", summary.made_ms)));
  DYAD_TRY(writer->line(fmt::format("moment {}", summary.moment.value())));
  return writer;
}

Result<> ManifestWriter::line(std::string text) {
  text += '\n';
  hash_.update(text);
  buffer_ += text;
  return buffer_.size() < kPieceBytes ? Result<>() : flush();
}

Result<> ManifestWriter::flush() {
  DYAD_TRY(out_->append(buffer_));
  buffer_.clear();
  return {};
}

Result<> ManifestWriter::add(const Entry& entry) {
  ++summary_.files;
  summary_.bytes += entry.bytes;
  if (entry.blob != blob::BlobId()) {
    ++summary_.blobs;
    return line(fmt::format("blob {} {} {}", entry.bytes, entry.blob.value(), entry.name));
  }
  return line(fmt::format("file {} {:016x} {} {}", entry.bytes, entry.checksum,
                          entry.immutable ? "fixed" : "open", entry.name));
}

Result<> ManifestWriter::finish() {
  const std::uint64_t checksum = hash_.value();
  DYAD_TRY(line(fmt::format("end {} {} {} {:016x}", summary_.files, summary_.bytes, summary_.blobs,
                            checksum)));
  DYAD_TRY(flush());
  DYAD_TRY(out_->sync());
  DYAD_TRY(out_->close());
  const std::string path = backup_ + "/" + kManifestName;
  DYAD_TRY(files_.rename(path + std::string(kPreparingSuffix), path));
  return files_.sync_directory(backup_);
}

Result<Summary> read_manifest(Files& files, const std::string& backup,
                              const std::function<Result<>(const Entry&)>& visit) {
  Result<Summary> found = Reader(files, backup, visit).read();
  if (found || found.error().code != ErrorCode::not_found) return found;
  if (files.info(backup + "/" + kManifestName)) return found;  // Something else was not there.
  if (files.info(backup + "/" + kUnfinishedName))
    return fail(ErrorCode::not_found,
                backup +
                    ": a backup that was interrupted, and is none\n  it may be removed:  rm -r " +
                    backup);
  return fail(ErrorCode::not_found,
              backup + ": not a backup: there is no file " + kManifestName + " in it");
}

}  // namespace dyad::backup
