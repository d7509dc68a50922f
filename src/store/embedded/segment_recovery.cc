#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/log.h"
#include "store/embedded/segment_log.h"

namespace dyad::store::embedded {

struct SegmentLog::Recovery {
  LogPosition applied;
  std::optional<LogPosition> clean_tail;
  const Replay& replay;
  std::set<std::uint64_t> segments;  ///< Ids of segment files.
  std::set<std::uint64_t> kept;
  LogPosition at;               ///< Behind the last record found.
  bool sequence_known = false;  ///< Of `at`: some record was seen.
  SegmentPtr tail;              ///< The segment that is not sealed; none: all are.
  SegmentIndex tail_index;

  bool clean() const { return clean_tail && *clean_tail == at; }

  /// Checks a batch's place in the chain, hands it on if the rows have not seen it, and steps
  /// behind it.
  Result<> take(const SegmentReader& reader, std::uint64_t offset, const Record& record) {
    const RecordHeader& header = record.header;
    if (header.kind != RecordKind::batch ||
        (sequence_known && header.sequence != at.sequence + 1) || header.first <= at.timestamp)
      return fail(ErrorCode::corruption,
                  fmt::format("{}: offset {}: record {} where {} was expected", reader.path(),
                              offset, header.sequence, at.sequence + 1));
    at = {reader.segment(), offset + header.stored_bytes(), header.sequence, header.last};
    sequence_known = true;
    if (header.sequence > applied.sequence) return replay(header, record.payload(), at);
    return {};
  }
};

Result<std::unique_ptr<SegmentLog>> SegmentLog::open(Files& files, SegmentLogOptions options,
                                                     const LogPosition& applied,
                                                     std::optional<LogPosition> clean_tail,
                                                     const Replay& replay) {
  std::unique_ptr<SegmentLog> log(new SegmentLog(files, std::move(options)));
  Recovery state{applied, clean_tail, replay, {}, {}, {}, false, nullptr, {}};
  DYAD_TRY(log->recover(state));
  return log;
}

Result<> SegmentLog::recover(Recovery& state) {
  DYAD_TRY(files_.make_directory(options_.directory));
  DYAD_TRY_ASSIGN(const LogManifest manifest, take_inventory(state));
  DYAD_TRY(load_retained(manifest));
  if (state.applied.segment < manifest.chain_from)
    return fail(ErrorCode::corruption, fmt::format("{}: missing; the rows' replay begins in it",
                                                   path_of(state.applied.segment)));
  DYAD_TRY(recover_chain(state, manifest.chain_from));
  const std::uint64_t reached = state.at.sequence;
  const std::uint64_t wanted =
      std::max(state.applied.sequence, state.clean_tail ? state.clean_tail->sequence : 0);
  if (reached < wanted)
    return fail(ErrorCode::corruption,
                fmt::format("{}: offset {}: the log ends with record {}, but record {} was written",
                            path_of(state.at.segment), state.at.offset, reached, wanted));
  return open_active(state);
}

/// What lies in the directory, after sweeping away what a crash left unfinished.
Result<LogManifest> SegmentLog::take_inventory(Recovery& state) {
  DYAD_TRY_ASSIGN(std::optional<LogManifest> manifest,
                  read_log_manifest(files_, options_.directory));
  DYAD_TRY_ASSIGN(const std::vector<std::string> names, files_.list(options_.directory));
  for (const std::string& name : names) {
    const std::string path = options_.directory + "/" + name;
    if (name.ends_with(".tmp") || name.ends_with(kPreparingSuffix)) {
      DYAD_TRY(files_.remove(path));
    } else if (name.ends_with(".free")) {
      DYAD_TRY_ASSIGN(const FileInfo info, files_.info(path));
      if (info.size_bytes == options_.segment_bytes)
        spares_.push_back(path);
      else
        DYAD_TRY(files_.remove(path));
    } else if (const auto parsed = parse_log_file_name(name)) {
      const bool listed =
          !manifest || (parsed->kept ? manifest->kept : manifest->segments).contains(parsed->id) ||
          (!parsed->kept && parsed->id >= manifest->chain_from);
      if (listed)
        (parsed->kept ? state.kept : state.segments).insert(parsed->id);
      else
        DYAD_TRY(files_.remove(path));
    }
  }
  if (!manifest) {
    DYAD_TRY(make_first_segment(state));
    state.segments.insert(1);
    manifest.emplace();
  }
  return *manifest;
}

/// The manifest comes last, so that where there is one its segments are too.
Result<> SegmentLog::make_first_segment(const Recovery& state) {
  bool fresh = state.applied.sequence == 0 && state.kept.empty() && state.segments.size() <= 1;
  if (fresh && !state.segments.empty()) {
    // A crash during the very first start may have left the first segment, empty.
    fresh = *state.segments.begin() == 1;
    if (fresh) {
      DYAD_TRY_ASSIGN(const SegmentReader reader,
                      SegmentReader::open(files_, path_of(1), 1, options_.salt));
      DYAD_TRY_ASSIGN(const auto found, reader.find_header(0, 0));
      fresh = !found;
    }
  }
  if (!fresh)
    return fail(ErrorCode::corruption,
                fmt::format("{}/SEGMENTS: missing, though there is a log", options_.directory));
  if (state.segments.empty()) {
    DYAD_TRY(make_segment(1, options_.segment_bytes));
    next_file_.reset();
    next_ready_ = false;
  }
  return write_log_manifest(files_, options_.directory, LogManifest());
}

Result<> SegmentLog::load_retained(const LogManifest& manifest) {
  for (const std::uint64_t id : manifest.segments) DYAD_TRY(load_retained_file(id, false));
  for (const std::uint64_t id : manifest.kept) DYAD_TRY(load_retained_file(id, true));
  return {};
}

Result<> SegmentLog::load_retained_file(std::uint64_t id, bool kept) {
  const std::string path = kept ? options_.directory + "/" + kept_file_name(id) : path_of(id);
  Result<SegmentReader> reader = SegmentReader::open(files_, path, id, options_.salt);
  if (!reader && reader.error().code == ErrorCode::not_found)
    return fail(ErrorCode::corruption,
                fmt::format("{}: missing; followers may still need it", path));
  if (!reader) return fail(std::move(reader).error());
  DYAD_TRY_ASSIGN(auto found, reader->read_footer());
  if (!found) return fail(ErrorCode::corruption, fmt::format("{}: no valid footer", path));
  SegmentPtr segment = sealed_segment(*reader, *found);
  segment->kept = kept;
  segments_[id] = std::move(segment);
  return {};
}

Result<> SegmentLog::recover_chain(Recovery& state, std::uint64_t from) {
  const std::uint64_t newest = state.segments.empty() ? 0 : *state.segments.rbegin();
  std::uint64_t id = from;
  for (; id <= std::max(newest, from) && !state.tail; ++id) {
    if (!state.segments.contains(id))
      return fail(ErrorCode::corruption, fmt::format("{}: missing from the log", path_of(id)));
    DYAD_TRY_ASSIGN(const SegmentReader reader,
                    SegmentReader::open(files_, path_of(id), id, options_.salt));
    DYAD_TRY_ASSIGN(auto footer, reader.read_footer());
    if (footer)
      DYAD_TRY(recover_sealed(state, reader, *footer));
    else
      DYAD_TRY(recover_tail(state, reader));
  }
  if (!state.tail)
    return fail(ErrorCode::corruption, fmt::format("{}: missing from the log", path_of(id)));
  for (; id <= newest; ++id) {
    if (!state.segments.contains(id)) continue;
    DYAD_TRY_ASSIGN(const SegmentReader reader,
                    SegmentReader::open(files_, path_of(id), id, options_.salt));
    if (!state.clean()) DYAD_TRY(expect_nothing_after(state, reader, 0, state.at.sequence));
  }
  return {};
}

Result<> SegmentLog::recover_sealed(Recovery& state, const SegmentReader& reader,
                                    SegmentReader::FoundFooter& found) {
  const std::uint64_t id = reader.segment();
  if (state.sequence_known && found.footer.first_sequence != state.at.sequence + 1)
    return fail(ErrorCode::corruption,
                fmt::format("{}: begins with record {} where {} was expected", reader.path(),
                            found.footer.first_sequence, state.at.sequence + 1));
  if (id >= state.applied.segment) {
    std::uint64_t from = 0;
    if (id == state.applied.segment && state.applied.sequence > 0) {
      from = state.applied.offset;
      state.at = state.applied;
      state.sequence_known = true;
    }
    SegmentScanner scanner(reader, from);
    while (scanner.offset() < found.footer.data_end) {
      const std::uint64_t offset = scanner.offset();
      DYAD_TRY_ASSIGN(const Record record, scanner.next());
      DYAD_TRY(state.take(reader, offset, record));
    }
    if (scanner.offset() != found.footer.data_end || state.at.sequence + 1 != found.header.sequence)
      return fail(ErrorCode::corruption,
                  fmt::format("{}: its footer does not agree with its records", reader.path()));
  }
  state.at = {id, found.footer.data_end, found.header.sequence,
              std::max(state.at.timestamp, found.header.last)};
  state.sequence_known = true;
  segments_[id] = sealed_segment(reader, found);
  return {};
}

Result<> SegmentLog::recover_tail(Recovery& state, const SegmentReader& reader) {
  auto segment = std::make_shared<Segment>();
  segment->id = reader.segment();
  segment->path = reader.path();
  segment->file_bytes = reader.file_bytes();
  if (state.at.segment != segment->id) {
    state.at.segment = segment->id;
    state.at.offset = 0;
  }
  SegmentScanner scanner(reader, 0);
  for (;;) {
    const std::uint64_t offset = scanner.offset();
    if (state.clean()) break;
    Result<Record> record = scanner.next();
    if (!record && record.error().code != ErrorCode::corruption)
      return fail(std::move(record).error());
    if (!record) {
      // The write under way at a crash may lie here in part, under the next sequence. A later one
      // was only written after this one was acknowledged.
      DYAD_TRY(expect_nothing_after(state, reader, offset + kBlockBytes, state.at.sequence + 1));
      break;
    }
    DYAD_TRY(state.take(reader, offset, *record));
    const RecordHeader& header = record->header;
    if (segment->first_sequence == 0) {
      segment->first_sequence = header.sequence;
      segment->first = header.first;
    }
    segment->last = header.last;
    segment->last_sequence = header.sequence;
    std::map<PartitionId, Extent> extents;
    const Error disorder(ErrorCode::corruption,
                         fmt::format("{}: offset {}: a batch's transactions are not those of its "
                                     "header",
                                     reader.path(), offset));
    Timestamp former(header.first.value() - 1);
    BatchVisitor visitor;
    visitor.on_transaction = [&](Timestamp timestamp) -> Result<> {
      if (timestamp <= former || timestamp > header.last) return fail(disorder);
      former = timestamp;
      return {};
    };
    visitor.on_entry = [&](Timestamp timestamp, PartitionId partition,
                           std::string_view payload) -> Result<> {
      if (timestamp < header.first) return fail(disorder);
      Extent& extent =
          extents.try_emplace(partition, Extent{offset, timestamp, timestamp, 0}).first->second;
      extent.last = timestamp;
      extent.bytes += static_cast<std::uint32_t>(payload.size());
      return {};
    };
    DYAD_TRY(visit_batch(record->payload(), visitor));
    for (const auto& [partition, extent] : extents) state.tail_index.add(partition, extent);
  }
  // append() keeps room for the footer; without it the segment could never be sealed.
  if (state.at.offset + footer_bytes_limit(state.tail_index, 0) > segment->file_bytes)
    return fail(ErrorCode::corruption,
                fmt::format("{}: its records, up to offset {}, leave no room for a footer",
                            segment->path, state.at.offset));
  state.tail = std::move(segment);
  return {};
}

Result<> SegmentLog::expect_nothing_after(const Recovery& state, const SegmentReader& reader,
                                          std::uint64_t from, std::uint64_t sequence) const {
  DYAD_TRY_ASSIGN(const auto found, reader.find_header(from, sequence));
  if (!found) return {};
  return fail(
      ErrorCode::corruption,
      fmt::format("{}: offset {}: record {} is damaged, and record {} follows ({}, offset {})",
                  path_of(state.at.segment), state.at.offset, state.at.sequence + 1,
                  found->header.sequence, reader.path(), found->offset));
}

Result<> SegmentLog::flush(const std::string& path) const {
  DYAD_TRY_ASSIGN(auto flusher, files_.open_append(path, Files::Create::append));
  return flusher->sync();
}

Result<> SegmentLog::open_active(Recovery& state) {
  SegmentPtr& segment = state.tail;
  DYAD_TRY_ASSIGN(std::shared_ptr<DurableFile> file,
                  files_.open_durable(segment->path, segment->file_bytes));
  segment->file = file;
  if (!state.clean()) {
    // The last write may have reached the file and not the disk when the process was killed: a
    // batch here, or the footer of the segment before. From now on readers see it and later batches
    // follow it, so it must stay.
    if (state.segments.contains(segment->id - 1)) DYAD_TRY(flush(path_of(segment->id - 1)));
    DYAD_TRY(flush(segment->path));
  }
  active_ = segment;
  active_file_ = std::move(file);
  active_index_ = std::move(state.tail_index);
  tail_ = state.at;
  segments_[segment->id] = segment;

  for (auto it = state.segments.upper_bound(segment->id); it != state.segments.end(); ++it) {
    DYAD_TRY_ASSIGN(const FileInfo info, files_.info(path_of(*it)));
    if (*it == segment->id + 1 && info.size_bytes >= options_.segment_bytes &&
        info.size_bytes % kBlockBytes == 0) {
      DYAD_TRY_ASSIGN(next_file_, files_.open_durable(path_of(*it), info.size_bytes));
      next_file_bytes_ = info.size_bytes;
      next_ready_ = true;
    } else {
      DYAD_TRY(files_.remove(path_of(*it)));
    }
  }
  return {};
}

}  // namespace dyad::store::embedded
