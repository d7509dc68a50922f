#include "store/embedded/segment_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace dyad::store::embedded {
namespace {

/// A segment that holds less is read at the next start rather than sealed at close.
constexpr std::uint64_t kSealAtCloseBytes = 4u << 20;

}  // namespace

std::string SegmentLog::path_of(std::uint64_t id) const {
  return options_.directory + "/" + segment_file_name(id);
}

SegmentReader SegmentLog::reader_of(const Segment& segment) const {
  return SegmentReader(segment.file, segment.path, segment.file_bytes, segment.id, options_.salt);
}

std::map<PartitionId, SegmentLog::Summary> SegmentLog::summarise(const SegmentIndex& index) {
  std::map<PartitionId, Summary> summary;
  for (const auto& [partition, extents] : index.partitions()) {
    Summary& s = summary[partition];
    s.last = extents.back().last;
    for (const Extent& extent : extents) s.bytes += extent.bytes;
  }
  return summary;
}

SegmentLog::SegmentPtr SegmentLog::sealed_segment(const SegmentReader& reader,
                                                  SegmentReader::FoundFooter& found) {
  auto segment = std::make_shared<Segment>();
  segment->id = reader.segment();
  segment->sealed = true;
  segment->file = reader.file();
  segment->path = reader.path();
  segment->file_bytes = reader.file_bytes();
  segment->data_end = found.footer.data_end;
  segment->first_sequence = found.footer.first_sequence;
  segment->last_sequence = found.header.sequence;
  segment->first = found.header.first;
  segment->last = found.header.last;
  segment->summary = summarise(found.footer.index);
  return segment;
}

LogPosition SegmentLog::tail() const {
  const std::lock_guard lock(mutex_);
  return tail_;
}

std::uint64_t SegmentLog::room_bytes() const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t used = tail_.offset + footer_bytes_limit(active_index_, 0);
  return used < active_->file_bytes ? active_->file_bytes - used : 0;
}

Timestamp SegmentLog::durable_upto() const {
  const std::lock_guard lock(mutex_);
  return tail_.timestamp;
}

std::uint64_t SegmentLog::bytes_after(const LogPosition& position) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (auto it = segments_.lower_bound(position.segment); it != segments_.end(); ++it) {
    const Segment& segment = *it->second;
    const std::uint64_t end = segment.sealed ? segment.data_end : tail_.offset;
    const std::uint64_t from = segment.id == position.segment ? position.offset : 0;
    if (end > from) bytes += end - from;
  }
  return bytes;
}

SegmentLog::Usage SegmentLog::usage() const {
  const std::lock_guard lock(mutex_);
  Usage usage;
  for (const auto& [id, segment] : segments_) {
    ++usage.files;
    usage.bytes += segment->file_bytes;
  }
  return usage;
}

Result<LogPosition> SegmentLog::append(BatchBuilder& batch) {
  DYAD_CHECK(!batch.empty());
  if (failed_)
    return fail(ErrorCode::io_error, fmt::format("{}: an earlier write failed", active_->path));
  DYAD_CHECK(tail_.timestamp < batch.first());
  auto extents = batch.extents();
  const std::uint64_t stored = batch.stored_bytes();
  if (tail_.offset + stored + footer_bytes_limit(active_index_, extents.size()) >
      active_->file_bytes)
    DYAD_TRY(seal_and_switch(stored + footer_bytes_limit(SegmentIndex(), extents.size())));

  const std::uint64_t sequence = tail_.sequence + 1;
  Result<> written =
      active_file_->write_at(tail_.offset, batch.finish(active_->id, sequence, options_.salt));
  if (!written) {
    failed_ = true;
    return fail(std::move(written).error());
  }
  const std::lock_guard lock(mutex_);
  for (auto& [partition, extent] : extents) {
    extent.offset = tail_.offset;
    active_index_.add(partition, extent);
  }
  if (active_->first_sequence == 0) {
    active_->first_sequence = sequence;
    active_->first = batch.first();
  }
  active_->last = batch.last();
  active_->last_sequence = sequence;
  tail_ = {active_->id, tail_.offset + stored, sequence, batch.last()};
  return tail_;
}

Result<> SegmentLog::seal() {
  RecordHeader header;
  header.segment = active_->id;
  header.sequence = tail_.sequence + 1;
  header.first = active_->first;
  header.last = active_->last;
  const Footer footer{tail_.offset,
                      active_->first_sequence == 0 ? header.sequence : active_->first_sequence,
                      active_index_};
  const AlignedBuffer bytes = encode_footer(footer, header, options_.salt, active_->file_bytes);
  DYAD_CHECK(tail_.offset + bytes.size() <= active_->file_bytes);
  Result<> written = active_file_->write_at(active_->file_bytes - bytes.size(), bytes.view());
  if (!written) {
    failed_ = true;
    return written;
  }
  const std::lock_guard lock(mutex_);
  active_->sealed = true;
  active_->data_end = tail_.offset;
  active_->last_sequence = header.sequence;
  active_->summary = summarise(active_index_);
  active_->index = std::make_shared<const SegmentIndex>(std::move(active_index_));
  loaded_.push_front(active_);
  active_index_ = SegmentIndex();
  tail_.sequence = header.sequence;
  return {};
}

Result<> SegmentLog::seal_and_switch(std::uint64_t bytes_needed) {
  const std::lock_guard lock(prepare_mutex_);
  const std::uint64_t wanted = std::max(options_.segment_bytes, round_up_to_block(bytes_needed));
  // The next segment is there before this one is sealed: a sealed segment without a successor means
  // that somebody removed a file.
  if (!next_ready_ || next_file_bytes_ < wanted) DYAD_TRY(make_segment(active_->id + 1, wanted));
  if (!active_->sealed) DYAD_TRY(seal());
  start_segment(active_->id + 1, std::move(next_file_), next_file_bytes_);
  next_ready_ = false;
  return {};
}

void SegmentLog::start_segment(std::uint64_t id, std::shared_ptr<DurableFile> file,
                               std::uint64_t file_bytes) {
  auto segment = std::make_shared<Segment>();
  segment->id = id;
  segment->path = path_of(id);
  segment->file_bytes = file_bytes;
  segment->file = file;
  const std::lock_guard lock(mutex_);
  active_ = segment;
  active_file_ = std::move(file);
  segments_[id] = std::move(segment);
  tail_.segment = id;
  tail_.offset = 0;
}

bool SegmentLog::wants_next() const {
  return !next_ready_;
}

Result<> SegmentLog::prepare_next() {
  const std::lock_guard lock(prepare_mutex_);
  if (next_ready_) return {};
  std::uint64_t id;
  {
    const std::lock_guard state(mutex_);
    id = active_->id + 1;
  }
  return make_segment(id, options_.segment_bytes);
}

Result<> SegmentLog::make_segment(std::uint64_t id, std::uint64_t file_bytes) {
  const std::string path = path_of(id);
  std::string spare;
  if (file_bytes == options_.segment_bytes) {
    const std::lock_guard lock(mutex_);
    if (!spares_.empty()) {
      spare = std::move(spares_.back());
      spares_.pop_back();
    }
  }
  // A name that says "segment" is only ever given to a whole file.
  const std::string unfinished = spare.empty() ? path + ".tmp" : spare;
  next_file_.reset();
  next_ready_ = false;
  Result<std::shared_ptr<DurableFile>> opened = files_.open_durable(unfinished, file_bytes);
  if (!opened) {
    // What was allocated so far would be missing elsewhere, above all on a full disk.
    (void)files_.remove(unfinished);
    return fail(std::move(opened).error());
  }
  std::shared_ptr<DurableFile> file = std::move(*opened);
  DYAD_TRY(files_.rename(unfinished, path));
  DYAD_TRY(files_.sync_directory(options_.directory));
  next_file_ = std::move(file);
  next_file_bytes_ = file_bytes;
  next_ready_ = true;
  return {};
}

Result<LogPosition> SegmentLog::close() {
  if (failed_)
    return fail(ErrorCode::io_error, fmt::format("{}: an earlier write failed", active_->path));
  if (tail_.offset > kSealAtCloseBytes) DYAD_TRY(seal_and_switch(0));
  return tail();
}

}  // namespace dyad::store::embedded
