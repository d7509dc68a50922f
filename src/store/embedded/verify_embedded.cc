#include "store/embedded/verify_embedded.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/bytes.h"
#include "store/embedded/log_manifest.h"
#include "store/embedded/meta_rows.h"
#include "store/embedded/row_store.h"
#include "store/embedded/segment_reader.h"
#include "store/embedded/store_format.h"

namespace dyad::store {
namespace embedded {
namespace {

class Verifier {
 public:
  Verifier(Files& files, std::string directory, const EmbeddedProgress& progress)
      : files_(files), directory_(std::move(directory)), progress_(progress) {}

  void damage(std::string what) {
    if (report_.damages.size() < EmbeddedReport::kMaxDamages)
      report_.damages.push_back(std::move(what));
  }
  EmbeddedReport take() { return std::move(report_); }

  Result<> check_log(std::uint64_t salt) {
    const std::string log = log_directory(directory_);
    const auto manifest = read_log_manifest(files_, log);
    if (!manifest) return note(manifest.error());
    if (!*manifest) damage(fmt::format("{}/SEGMENTS: missing", log));
    if (!*manifest) return {};
    DYAD_TRY_ASSIGN(const std::vector<std::string> names, files_.list(log));
    std::set<std::uint64_t> segments, kept;
    for (const std::string& name : names)
      if (const auto parsed = parse_log_file_name(name))
        (parsed->kept ? kept : segments).insert(parsed->id);
    for (const std::uint64_t id : (*manifest)->kept)
      DYAD_TRY(check_file(kept_file_name(id), id, kept.contains(id), true, salt));
    for (const std::uint64_t id : (*manifest)->segments)
      DYAD_TRY(check_file(segment_file_name(id), id, segments.contains(id), false, salt));
    last_sequence_ = 0;
    const std::uint64_t newest = segments.empty() ? 0 : *segments.rbegin();
    for (std::uint64_t id = (*manifest)->chain_from;
         id <= std::max(newest, (*manifest)->chain_from); ++id)
      DYAD_TRY(check_file(segment_file_name(id), id, segments.contains(id), false, salt));
    return {};
  }

  Result<> check_rows(const RowStoreOptions& options) {
    auto rows = RowStore::open(files_, options);
    if (!rows) return note(rows.error());
    DYAD_TRY(note((*rows)->verify_checksums()));
    report_.row_files = (*rows)->stats().live_files;
    const Result<> meta = (*rows)->for_each(
        kMetaPrefix, {},
        [&](std::string_view key, std::string_view value) { return check_meta_row(key, value); });
    if (!meta) return note(meta.error());
    return note((*rows)->for_each(
        {}, kMetaPrefix, [&](std::string_view key, std::string_view) { return check_row(key); }));
  }

  /// After both of the above: does the log reach what the rows and the last close speak of?
  Result<> check_ends() {
    const Result<std::optional<LogPosition>> clean = read_clean_mark(files_, directory_);
    if (!clean) return note(clean.error());
    for (const std::optional<LogPosition>& position : {applied_, *clean})
      if (position && position->sequence > last_sequence_)
        damage(fmt::format("{}: the log ends in it with record {}, but record {} was written",
                           last_path_, last_sequence_, position->sequence));
    return {};
  }

 private:
  void tell() {
    if (progress_) progress_(report_);
  }

  /// Damage is what we look for; anything else ends the look.
  Result<> note(const Result<>& result) {
    if (!result && result.error().code != ErrorCode::corruption) return result;
    if (!result) damage(result.error().message);
    return {};
  }
  Result<> note(const Error& error) { return note(Result<>(error)); }

  Result<> check_file(const std::string& name, std::uint64_t id, bool there, bool kept,
                      std::uint64_t salt) {
    const std::string path = log_directory(directory_) + "/" + name;
    if (!there) {
      damage(path + ": missing");
      return {};
    }
    DYAD_TRY_ASSIGN(const SegmentReader reader, SegmentReader::open(files_, path, id, salt));
    // Below the chain, segments are gone or rewritten: sequences go on from neighbours only.
    if (kept || last_was_kept_ || id != last_id_ + 1) last_sequence_ = 0;
    last_id_ = id;
    last_was_kept_ = kept;
    return check_segment(reader, kept);
  }

  Result<> check_segment(const SegmentReader& reader, bool kept) {
    ++report_.segments;
    auto footer = reader.read_footer();
    if (!footer) return note(footer.error());
    if (kept && !*footer) damage(fmt::format("{}: no valid footer", reader.path()));
    SegmentIndex found;
    SegmentScanner scanner(reader, 0);
    std::uint64_t sequence = last_sequence_;
    Timestamp last;
    const std::uint64_t end = *footer ? (*footer)->footer.data_end : reader.file_bytes();
    while (scanner.offset() < end) {
      const std::uint64_t offset = scanner.offset();
      Result<Record> record = scanner.next();
      if (!record) {
        // Recovery has been here: what follows in an open segment is not a record.
        if (*footer) last_sequence_ = (*footer)->header.sequence;
        if (*footer || record.error().code != ErrorCode::corruption) return note(record.error());
        if (sequence > last_sequence_) last_path_ = reader.path();
        last_sequence_ = sequence;
        return check_nothing_follows(reader, offset, sequence);
      }
      const RecordHeader& header = record->header;
      if ((sequence > 0 && header.sequence != sequence + 1) || header.first <= last)
        damage(fmt::format("{}: offset {}: record {} out of order", reader.path(), offset,
                           header.sequence));
      sequence = header.sequence;
      last = header.last;
      ++report_.batches;
      report_.transactions += header.transactions;
      tell();
      DYAD_TRY(note(index_batch(*record, offset, found)));
    }
    last_path_ = reader.path();
    last_sequence_ = *footer ? (*footer)->header.sequence : sequence;
    if (*footer) {
      std::string written, rebuilt;
      (*footer)->footer.index.encode(written);
      found.encode(rebuilt);
      if (written != rebuilt)
        damage(fmt::format("{}: the footer does not agree with the batches", reader.path()));
    }
    return {};
  }

  Result<> check_nothing_follows(const SegmentReader& reader, std::uint64_t offset,
                                 std::uint64_t sequence) {
    DYAD_TRY_ASSIGN(const auto found, reader.find_header(offset + kBlockBytes, sequence + 1));
    if (found)
      damage(fmt::format("{}: offset {}: a damaged record, and record {} follows", reader.path(),
                         offset, found->header.sequence));
    return {};
  }

  Result<> index_batch(const Record& record, std::uint64_t offset, SegmentIndex& index) {
    std::map<PartitionId, Extent> extents;
    BatchVisitor visitor;
    visitor.on_entry = [&](Timestamp timestamp, PartitionId partition,
                           std::string_view payload) -> Result<> {
      ++report_.log_entries;
      Extent& extent =
          extents.try_emplace(partition, Extent{offset, timestamp, timestamp, 0}).first->second;
      extent.last = timestamp;
      extent.bytes += static_cast<std::uint32_t>(payload.size());
      return {};
    };
    DYAD_TRY(visit_batch(record.payload(), visitor));
    for (const auto& [partition, extent] : extents) index.add(partition, extent);
    return {};
  }

  Result<> check_row(std::string_view key) {
    if (key.size() <= kRootBytes) {
      damage(fmt::format("{}: a row without a kind: {}", rows_directory(directory_), to_hex(key)));
      return {};
    }
    ++report_.rows;
    tell();
    const std::uint64_t root = load_be64(key.data());
    const std::string_view rest = key.substr(kRootBytes + 1);
    if (!holds(current_, root, rest)) {
      const auto owner =
          std::find_if(owners_.begin(), owners_.end(),
                       [&](const PartitionRecord& o) { return holds(o, root, rest); });
      if (owner == owners_.end()) {
        damage(fmt::format("{}: the row {} is no partition's", rows_directory(directory_),
                           to_hex(key)));
        return {};
      }
      current_ = *owner;
    }
    if (dropped_.contains(current_.id)) ++report_.dropped_rows;
    return {};
  }

  Result<> check_meta_row(std::string_view key, std::string_view value) {
    const auto parsed = parse_meta_key(key);
    if (!parsed) {
      damage(fmt::format("{}: an unknown row {}", rows_directory(directory_), to_hex(key)));
      return {};
    }
    if (parsed->kind == MetaKind::applied) applied_ = decode_position(value);
    if (parsed->kind != MetaKind::partition && parsed->kind != MetaKind::dropped) return {};
    const auto record = decode_partition(value);
    if (!record || record->id != parsed->partition) {
      damage(fmt::format("{}: the description of partition {} is not one",
                         rows_directory(directory_), parsed->partition.value()));
      return {};
    }
    if (parsed->kind == MetaKind::dropped)
      dropped_.insert(record->id);
    else if (record->live())
      ++report_.partitions;
    if (record->live()) owners_.push_back(*record);
    return {};
  }

  static bool holds(const PartitionRecord& record, std::uint64_t root, std::string_view rest) {
    return record.root.value() == root && rest >= record.lower &&
           (record.upper.empty() || rest < record.upper);
  }

  Files& files_;
  const std::string directory_;
  const EmbeddedProgress& progress_;
  EmbeddedReport report_;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t last_id_ = 0;
  bool last_was_kept_ = false;
  std::string last_path_;  ///< The newest segment that holds a record.
  std::optional<LogPosition> applied_;
  std::vector<PartitionRecord> owners_{PartitionRecord()};  ///< Of rows; the catalogue's in no row.
  std::set<PartitionId> dropped_;
  PartitionRecord current_;  ///< Rows come partition by partition, mostly.
};

Result<EmbeddedReport> verify_now(Runtime& runtime, const std::string& directory,
                                  const EmbeddedOptions& options,
                                  const EmbeddedProgress& progress) {
  Files& files = runtime.files();
  Result<StoreFormat> format = read_store_format(files, directory);
  if (!format && format.error().code != ErrorCode::corruption) return fail(format.error());
  DYAD_TRY_ASSIGN(const std::unique_ptr<FileLock> lock, lock_store(files, directory));
  Verifier verifier(files, directory, progress);
  if (!format) {
    verifier.damage(format.error().message);
    return verifier.take();
  }
  DYAD_TRY(verifier.check_log(format->salt));
  RowStoreOptions rows;
  rows.directory = rows_directory(directory);
  rows.block_cache_bytes = options.cache_bytes;
  rows.read_only = true;
  DYAD_TRY(verifier.check_rows(rows));
  DYAD_TRY(verifier.check_ends());
  return verifier.take();
}

}  // namespace
}  // namespace embedded

Task<Result<EmbeddedReport>> verify_embedded(Runtime& runtime, std::string directory,
                                             EmbeddedOptions options) {
  return verify_embedded(runtime, std::move(directory), std::move(options), EmbeddedProgress());
}

Task<Result<EmbeddedReport>> verify_embedded(Runtime& runtime, std::string directory,
                                             EmbeddedOptions options, EmbeddedProgress progress) {
  const auto work = [&] { return embedded::verify_now(runtime, directory, options, progress); };
  Result<EmbeddedReport> report = co_await runtime.workers().run(work);
  co_return report;
}
}  // namespace dyad::store
