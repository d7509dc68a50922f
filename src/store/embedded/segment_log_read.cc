#include <fmt/format.h>

#include <algorithm>

#include "store/embedded/segment_log.h"

// Reading one partition's entries out of the log.

namespace dyad::store::embedded {
namespace {

/// Footers in memory at a time; a follower that lags reads its segments one after the other.
constexpr std::size_t kMaxLoadedFooters = 8;
/// Extents copied out of the active segment's index at a time.
constexpr std::size_t kMaxCopiedExtents = 256;

/// Those that hold entries after `after`.
std::span<const Extent> extents_after(const std::vector<Extent>& extents, Timestamp after) {
  const auto first =
      std::upper_bound(extents.begin(), extents.end(), after,
                       [](Timestamp wanted, const Extent& extent) { return wanted < extent.last; });
  return {first, extents.end()};
}

/// Fills a page up to its limits, which are looked at between transactions only: the entries of one
/// are never parted, and the first transaction always comes whole.
class PageFiller {
 public:
  PageFiller(PartitionId partition, Timestamp after, Timestamp upto, const LogLimits& limits)
      : partition_(partition), after_(after), upto_(upto), limits_(limits) {}

  bool done() const { return done_; }
  LogEntries take() { return std::move(page_); }

  /// Another batch begins, at or after this moment: is it wanted at all?
  bool wants(Timestamp first) {
    if (first > upto_) done_ = true;
    if (!page_.entries.empty() &&
        (page_.entries.size() >= limits_.entries || bytes_ >= limits_.bytes)) {
      page_.more = true;
      done_ = true;
    }
    return !done_;
  }
  void add(Timestamp timestamp, PartitionId partition, std::string_view payload) {
    if (done_ || partition != partition_ || timestamp <= after_) return;
    if (timestamp > upto_) {
      done_ = true;
      return;
    }
    if (page_.entries.empty() || page_.entries.back().timestamp < timestamp)
      transaction_at_ = page_.entries.size();
    page_.entries.push_back({timestamp, std::string(payload)});
    bytes_ += payload.size();
    if (transaction_at_ == 0) return;
    if (page_.entries.size() <= limits_.entries && bytes_ <= limits_.bytes) return;
    page_.entries.resize(transaction_at_);
    page_.more = true;
    done_ = true;
  }

 private:
  const PartitionId partition_;
  const Timestamp after_;
  const Timestamp upto_;
  const LogLimits limits_;
  LogEntries page_;
  std::size_t transaction_at_ = 0;  ///< Where the entries of the one being added begin.
  std::size_t bytes_ = 0;
  bool done_ = false;
};

}  // namespace

Result<std::shared_ptr<const SegmentIndex>> SegmentLog::index_of(const SegmentPtr& segment) const {
  {
    const std::lock_guard lock(mutex_);
    if (segment->index) {
      loaded_.remove(segment);
      loaded_.push_front(segment);
      return segment->index;
    }
  }
  DYAD_TRY_ASSIGN(auto found, reader_of(*segment).read_footer());
  if (!found)
    return fail(ErrorCode::corruption, fmt::format("{}: the footer is gone", segment->path));
  auto index = std::make_shared<const SegmentIndex>(std::move(found->footer.index));
  const std::lock_guard lock(mutex_);
  const auto known = segments_.find(segment->id);
  if (known == segments_.end() || known->second != segment) return index;  // Let go meanwhile.
  segment->index = index;
  loaded_.remove(segment);
  loaded_.push_front(segment);
  while (loaded_.size() > kMaxLoadedFooters) {
    loaded_.back()->index.reset();
    loaded_.pop_back();
  }
  return index;
}

SegmentLog::Piece SegmentLog::next_piece(PartitionId partition, Timestamp after,
                                         std::uint64_t from_segment) const {
  const std::lock_guard lock(mutex_);
  for (auto it = segments_.lower_bound(from_segment); it != segments_.end(); ++it) {
    const SegmentPtr& segment = it->second;
    if (segment->last <= after) continue;
    if (segment->sealed) {
      const auto found = segment->summary.find(partition);
      if (found != segment->summary.end() && found->second.last > after) return {segment, {}};
    } else if (const auto* found = active_index_.find(partition)) {
      std::span<const Extent> rest = extents_after(*found, after);
      if (rest.empty()) continue;
      rest = rest.first(std::min(rest.size(), kMaxCopiedExtents));
      return {segment, {rest.begin(), rest.end()}};
    }
  }
  return {};
}

Result<LogEntries> SegmentLog::read(PartitionId partition, Timestamp after, Timestamp upto,
                                    const LogLimits& limits) const {
  PageFiller page(partition, after, upto, limits);
  BatchVisitor visitor;
  visitor.on_entry = [&](Timestamp timestamp, PartitionId id,
                         std::string_view payload) -> Result<> {
    page.add(timestamp, id, payload);
    return {};
  };
  Timestamp seen = after;  // Everything at or before is dealt with.
  std::uint64_t from_segment = 0;
  while (!page.done()) {
    Piece piece = next_piece(partition, seen, from_segment);
    if (!piece.segment) break;
    from_segment = piece.segment->id;
    if (piece.extents.empty()) {
      DYAD_TRY_ASSIGN(const auto index, index_of(piece.segment));
      const auto* found = index->find(partition);
      if (found == nullptr)
        return fail(ErrorCode::corruption,
                    fmt::format("{}: the footer changed", piece.segment->path));
      const auto rest = extents_after(*found, seen);
      piece.extents.assign(rest.begin(), rest.end());
      ++from_segment;
    }
    const SegmentReader reader = reader_of(*piece.segment);
    for (const Extent& extent : piece.extents) {
      if (!page.wants(extent.first)) break;
      DYAD_TRY_ASSIGN(const Record record, reader.read(extent.offset));
      DYAD_TRY(visit_batch(record.payload(), visitor));
      seen = extent.last;
      if (page.done()) break;
    }
  }
  return page.take();
}

}  // namespace dyad::store::embedded
