#include "backup/create.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "runtime/file_tree.h"
#include "store/moment.h"
#include "table/blob_references.h"
#include "table/row_kind.h"

namespace dyad::backup {
namespace {

constexpr char kReferenceKind = static_cast<char>(table::RowKind::reference);
/// Of one of the files beside store and blobs.
constexpr std::size_t kMaxBesideBytes = 1u << 20;
/// What is left free beyond the copies: manifest, directories.
constexpr std::uint64_t kSpareBytes = 16u << 20;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

class Creation {
 public:
  Creation(Source& source, const std::string& directory, Share share, Watch& watch)
      : source_(source),
        files_(source.runtime.files()),
        directory_(directory),
        share_(share),
        watch_(watch),
        tree_(files_, directory + "/" + kDataName, watch) {}

  Task<Result<Summary>> run() {
    Summary summary;
    summary.server_version = source_.server_version;
    summary.made_ms = source_.runtime.clock().wall_ms();
    DYAD_CO_TRY(begin_directory());
    // Before the moment is fixed: what was released before it no row of the moment refers to.
    const table::ReadPins::Pin pin = source_.pins.pin();
    DYAD_CO_TRY_ASSIGN(const std::unique_ptr<store::Moment> moment,
                       co_await source_.store.hold_moment());
    summary.moment = moment->timestamp();
    DYAD_CO_TRY(watch_.go_on());
    DYAD_CO_TRY(survey(*moment));
    DYAD_CO_TRY_ASSIGN(manifest_, ManifestWriter::begin(files_, directory_, summary));
    DYAD_CO_TRY(put_store(*moment));
    DYAD_CO_TRY(put_blobs(*moment));
    DYAD_CO_TRY(put_beside());
    DYAD_CO_TRY(tree_.finish());
    DYAD_CO_TRY(manifest_->finish());
    DYAD_CO_TRY(files_.remove(directory_ + "/" + kUnfinishedName));
    DYAD_CO_TRY(files_.sync_directory(directory_));
    co_return manifest_->summary();
  }

 private:
  Result<> begin_directory() {
    DYAD_TRY(files_.make_directory(directory_));
    DYAD_TRY(files_.sync_directory(parent_of(directory_)));
    DYAD_TRY(write_file(files_, directory_ + "/" + kUnfinishedName,
                        "A backup is being made here, or was interrupted. It is one when this file "
                        "is gone.\n"));
    return files_.make_directory(directory_ + "/" + kDataName);
  }

  /// Counts what is to be done, and whether there is room for it.
  Result<> survey(const store::Moment& moment) {
    std::uint64_t files = 0, bytes = 0, to_copy = 0;
    DYAD_TRY_ASSIGN(const bool links, links_work());
    const auto count = [&](const HeldFile& file) {
      ++files;
      bytes += file.padded_bytes;
      if (!links || !file.immutable) to_copy += file.padded_bytes;
    };
    for (const HeldFile& file : moment.files()) count(file);
    DYAD_TRY(moment.each_key(kReferenceKind, [&](std::string_view key) -> Result<> {
      DYAD_TRY(watch_.go_on());
      DYAD_TRY_ASSIGN(const blob::BlobId id, table::blob_of_row(key));
      DYAD_TRY_ASSIGN(const HeldFile file, source_.blobs.file_of(id));
      count(file);
      return {};
    }));
    watch_.expect(files, bytes);
    DYAD_TRY_ASSIGN(const std::uint64_t room, files_.free_bytes(directory_));
    const std::uint64_t kept = source_.keep_free_bytes + kSpareBytes;
    if (room >= to_copy + kept) return {};
    return fail(
        ErrorCode::no_space,
        fmt::format("{}: {} bytes would have to be copied and {} stay free, and {} are free",
                    directory_, to_copy, kept, room));
  }

  Result<bool> links_work() {
    if (share_ == Share::never) return false;
    const std::string probe = source_.data_directory + "/backup.probe";
    const Result<> gone = files_.remove(probe);
    if (!gone && gone.error().code != ErrorCode::not_found) return fail(gone.error());
    const Result<> linked = files_.link(directory_ + "/" + kUnfinishedName, probe);
    if (!linked && linked.error().code != ErrorCode::unsupported) return fail(linked.error());
    if (linked) DYAD_TRY(files_.remove(probe));
    return linked.has_value();
  }

  Result<> put(const HeldFile& file, const std::string& folder, blob::BlobId blob) {
    Entry entry;
    entry.name = folder + file.name;
    entry.bytes = file.padded_bytes;
    entry.immutable = file.immutable;
    entry.blob = blob;
    const bool is_blob = blob != blob::BlobId();
    DYAD_TRY_ASSIGN(const Written written, tree_.put(file, entry.name, share_, !is_blob));
    if (!is_blob) entry.checksum = written.checksum;
    return manifest_->add(entry);
  }

  Result<> put_store(store::Moment& moment) {
    std::size_t done = 0;
    for (const HeldFile& file : moment.files()) {
      DYAD_TRY(put(file, source_.store_name + "/", blob::BlobId()));
      moment.let_go_of_first(++done);
    }
    return {};
  }

  Result<> put_blobs(const store::Moment& moment) {
    DYAD_TRY_ASSIGN(const std::vector<HeldFile> beside, source_.blobs.files_beside_blobs());
    for (const HeldFile& file : beside)
      DYAD_TRY(put(file, source_.blobs_name + "/", blob::BlobId()));
    return moment.each_key(kReferenceKind, [&](std::string_view key) -> Result<> {
      DYAD_TRY_ASSIGN(const blob::BlobId id, table::blob_of_row(key));
      DYAD_TRY_ASSIGN(const HeldFile file, source_.blobs.file_of(id));
      return put(file, source_.blobs_name + "/", id);
    });
  }

  Result<> put_beside() {
    for (const std::string& name : source_.beside) {
      Result<std::string> content =
          read_file(files_, source_.data_directory + "/" + name, kMaxBesideBytes);
      if (!content && content.error().code == ErrorCode::not_found) continue;
      if (!content) return fail(std::move(content).error());
      DYAD_TRY(put(held_content(name, std::move(*content)), "", blob::BlobId()));
    }
    return {};
  }

  Source& source_;
  Files& files_;
  const std::string& directory_;
  const Share share_;
  Watch& watch_;
  TreeWriter tree_;
  std::unique_ptr<ManifestWriter> manifest_;
};

}  // namespace

Task<Result<Summary>> create_backup(Source source, std::string directory, Share share,
                                    Watch& watch) {
  Result<Summary> made = fail(ErrorCode::internal, "not begun");
  {
    Creation creation(source, directory, share, watch);
    made = co_await creation.run();
  }
  if (made) co_return made;
  const Result<> removed = remove_tree(source.runtime.files(), directory);
  if (!removed)
    log::warning("an unfinished backup stays", "directory={} error=\"{}\"", directory,
                 removed.error().to_string());
  co_return made;
}

}  // namespace dyad::backup
