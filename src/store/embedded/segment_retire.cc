#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "store/embedded/segment_log.h"

namespace dyad::store::embedded {
namespace {

/// Files kept to be written again as segments.
constexpr std::size_t kMaxSpares = 2;
/// Entries of many small batches share a record of a kept file up to this size.
constexpr std::size_t kKeptRecordBytes = 256u << 10;

}  // namespace

LogManifest SegmentLog::manifest_of_segments() const {
  const std::lock_guard lock(mutex_);
  return manifest_upto(active_->id);
}

LogManifest SegmentLog::manifest_upto(std::uint64_t newest) const {
  LogManifest manifest;
  manifest.chain_from = newest;
  bool in_chain = true;
  for (auto it = segments_.rbegin(); it != segments_.rend(); ++it) {
    const auto& [id, segment] = *it;
    if (id > newest) continue;
    if (in_chain && !segment->kept && (id == newest || id + 1 == manifest.chain_from)) {
      manifest.chain_from = id;
      continue;
    }
    in_chain = false;
    (segment->kept ? manifest.kept : manifest.segments).insert(id);
  }
  return manifest;
}

Result<SegmentLog::Retired> SegmentLog::retire(const LogPosition& applied,
                                               const FloorOf& floor_of) {
  std::vector<SegmentPtr> sealed;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, segment] : segments_)
      if (id < applied.segment && segment->sealed) sealed.push_back(segment);
  }
  Retired retired;
  std::vector<SegmentPtr> going;
  for (const SegmentPtr& segment : sealed) {
    std::uint64_t needed_bytes = 0;
    bool needed = false;
    for (const auto& [partition, summary] : segment->summary) {
      if (summary.last <= floor_of(partition)) continue;
      needed = true;
      needed_bytes += summary.bytes;
    }
    if (!needed) {
      going.push_back(segment);
    } else if (!segment->kept &&
               needed_bytes < segment->file_bytes / 100 * options_.keep_below_percent) {
      // Durable and in the manifest before the segment goes.
      DYAD_TRY(rewrite_kept(segment, floor_of));
      going.push_back(segment);
      ++retired.rewritten;
    }
  }
  if (going.empty()) return retired;
  {
    const std::lock_guard lock(mutex_);
    for (const SegmentPtr& segment : going) {
      const auto found = segments_.find(segment->id);
      // A rewritten one has been replaced in the map by its kept file.
      if (found != segments_.end() && found->second == segment) segments_.erase(found);
      loaded_.remove(segment);
    }
  }
  // A file goes only when the manifest no longer speaks of it; what a crash leaves behind is swept
  // at the next start.
  DYAD_TRY(write_log_manifest(files_, options_.directory, manifest_of_segments()));
  for (SegmentPtr& segment : going) {
    let_go(segment);
    ++retired.segments;
  }
  return retired;
}

/// A segment's file is held open: removed, it is still read, and its use again is prevented by the
/// owner that let_go() counts.
Result<SegmentLog::Held> SegmentLog::hold(const LogPosition& upto) const {
  const std::lock_guard lock(mutex_);
  const auto last = segments_.find(upto.segment);
  if (last == segments_.end() || last->second->kept)
    return fail(ErrorCode::corruption,
                fmt::format("{}: the rows end in it, and it is gone", path_of(upto.segment)));
  Held held;
  held.manifest = manifest_upto(upto.segment);
  for (auto it = segments_.begin(); it != std::next(last); ++it) {
    const SegmentPtr& segment = it->second;
    HeldSegment one;
    one.file.name = segment->kept ? kept_file_name(segment->id) : segment_file_name(segment->id);
    one.file.bytes = segment->file;
    one.file.padded_bytes = segment->file_bytes;
    one.file.size_bytes = it == last ? upto.offset : segment->file_bytes;
    one.owner = segment;
    held.segments.push_back(std::move(one));
  }
  return held;
}

void SegmentLog::let_go(const SegmentPtr& segment) {
  bool reuse = false;
  const std::string spare = options_.directory + "/" + fmt::format("{:010}.free", segment->id);
  {
    const std::lock_guard lock(mutex_);
    // retire() owns it in two lists; one owner more is a reader or a backup under way, under whom
    // the bytes must not change.
    reuse = !segment->kept && segment->file_bytes == options_.segment_bytes &&
            spares_.size() < kMaxSpares && segment.use_count() <= 2;
  }
  // Failing here loses space until the next start, no more.
  if (reuse) {
    if (!files_.rename(segment->path, spare)) return;
    const std::lock_guard lock(mutex_);
    spares_.push_back(spare);
  } else {
    (void)files_.remove(segment->path);
  }
}

Result<> SegmentLog::rewrite_kept(const SegmentPtr& segment, const FloorOf& floor_of) {
  const std::string path = options_.directory + "/" + kept_file_name(segment->id);
  DYAD_TRY(write_kept_file(*segment, floor_of, path));
  DYAD_TRY_ASSIGN(const SegmentReader reader,
                  SegmentReader::open(files_, path, segment->id, options_.salt));
  DYAD_TRY_ASSIGN(auto found, reader.read_footer());
  DYAD_CHECK(found);
  SegmentPtr kept = sealed_segment(reader, *found);
  kept->kept = true;
  const std::lock_guard lock(mutex_);
  segments_[segment->id] = std::move(kept);
  return {};
}

Result<> SegmentLog::write_kept_file(const Segment& segment, const FloorOf& floor_of,
                                     const std::string& path) const {
  const std::string unfinished = path + ".tmp";
  DYAD_TRY_ASSIGN(auto out, files_.open_append(unfinished, Files::Create::truncate));
  const SegmentReader reader = reader_of(segment);
  SegmentScanner scanner(reader, 0);
  Footer footer;
  RecordHeader header;
  header.segment = segment.id;
  BatchBuilder batch;

  const auto flush_batch = [&]() -> Result<> {
    if (batch.empty()) return {};
    for (auto& [partition, extent] : batch.extents()) {
      Extent placed = extent;
      placed.offset = footer.data_end;
      footer.index.add(partition, placed);
    }
    if (header.first == Timestamp()) header.first = batch.first();
    header.last = batch.last();
    const auto blocks = batch.finish(segment.id, ++header.sequence, options_.salt);
    DYAD_TRY(out->append({blocks.data(), blocks.size()}));
    footer.data_end += blocks.size();
    batch.clear();
    return {};
  };
  BatchVisitor visitor;
  visitor.on_entry = [&](Timestamp timestamp, PartitionId partition,
                         std::string_view payload) -> Result<> {
    if (timestamp <= floor_of(partition)) return {};
    if (batch.empty() || batch.last() < timestamp) {
      if (batch.stored_bytes() > kKeptRecordBytes) DYAD_TRY(flush_batch());
      batch.begin_transaction(timestamp);
    }
    batch.entry(partition, payload);
    return {};
  };
  while (scanner.offset() < segment.data_end) {
    DYAD_TRY_ASSIGN(const Record record, scanner.next());
    DYAD_TRY(visit_batch(record.payload(), visitor));
  }
  DYAD_TRY(flush_batch());
  footer.first_sequence = 1;
  ++header.sequence;
  const std::uint64_t total =
      footer.data_end + encode_footer(footer, header, options_.salt, 0).size();
  const AlignedBuffer end = encode_footer(footer, header, options_.salt, total);
  DYAD_TRY(out->append(end.view()));
  DYAD_TRY(out->sync());
  DYAD_TRY(out->close());
  DYAD_TRY(files_.rename(unfinished, path));
  return files_.sync_directory(options_.directory);
}

}  // namespace dyad::store::embedded
