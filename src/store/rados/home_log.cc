#include "store/rados/home_log.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace dyad::store::rados {
namespace {

/// Smaller appends are put together in one extent.
constexpr std::uint32_t kMinExtentBytes = 64u << 10;
/// How many extents one look takes along; a reader who needs more looks again.
constexpr std::size_t kMaxPieces = 64;

/// Takes entries one after another and keeps whole transactions, within the limits.
class Collector {
 public:
  Collector(const LogLimits& limits) : limits_(limits) {}

  /// False: enough, `entry` is not part of the page.
  bool take(const Logged& entry) {
    if (!group_.empty() && group_.front().timestamp != entry.timestamp && !accept()) return false;
    group_.push_back({entry.timestamp, std::string(entry.payload)});
    group_bytes_ += entry.payload.size();
    return true;
  }
  LogEntries finish(bool more) {
    if (!found_.more && !accept()) more = true;
    found_.more = found_.more || more;
    return std::move(found_);
  }

 private:
  bool accept() {
    const std::size_t count = found_.entries.size() + group_.size();
    if (!found_.entries.empty() &&
        (count > limits_.entries || bytes_ + group_bytes_ > limits_.bytes)) {
      found_.more = true;
      return false;
    }
    for (LogEntry& entry : group_) found_.entries.push_back(std::move(entry));
    bytes_ += std::exchange(group_bytes_, 0);
    group_.clear();
    return true;
  }

  const LogLimits& limits_;
  LogEntries found_;
  std::size_t bytes_ = 0;
  std::vector<LogEntry> group_;  ///< Of one transaction.
  std::size_t group_bytes_ = 0;
};

}  // namespace

bool LogIndex::append(std::string_view entries) {
  while (!entries.empty()) {
    const std::size_t before = entries.size();
    const std::optional<Logged> entry = take_logged(entries);
    if (!entry) return false;
    const auto entry_bytes = static_cast<std::uint32_t>(before - entries.size());
    // Never within a transaction: a reader goes on behind an extent's last timestamp.
    if (extents.empty() ||
        (extents.back().bytes >= kMinExtentBytes && extents.back().last != entry->timestamp)) {
      extents.push_back({bytes, 0, entry->timestamp, entry->timestamp});
    }
    extents.back().bytes += entry_bytes;
    extents.back().last = entry->timestamp;
    last_of[entry->partition] = entry->timestamp;
    bytes += entry_bytes;
  }
  return true;
}

std::string LogIndex::encode() const {
  std::string out;
  append_varint(out, bytes);
  append_varint(out, extents.size());
  for (const Extent& extent : extents) {
    append_varint(out, extent.offset);
    append_varint(out, extent.bytes);
    append_le64(out, extent.first.value());
    append_le64(out, extent.last.value());
  }
  append_varint(out, last_of.size());
  for (const auto& [partition, last] : last_of) {
    append_varint(out, partition.value());
    append_le64(out, last.value());
  }
  return out;
}

std::optional<LogIndex> LogIndex::decode(std::string_view bytes) {
  ByteReader in(bytes);
  LogIndex index;
  index.bytes = in.varint();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    Extent extent;
    extent.offset = in.varint();
    extent.bytes = static_cast<std::uint32_t>(in.varint());
    extent.first = Timestamp(in.le64());
    extent.last = Timestamp(in.le64());
    index.extents.push_back(extent);
  }
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const PartitionId partition(in.varint());
    index.last_of[partition] = Timestamp(in.le64());
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return index;
}

void HomeLog::found_segment(std::uint64_t number, LogIndex index) {
  next_segment_ = std::max(next_segment_, number + 1);
  segments_.insert_or_assign(number, std::move(index));
}

Result<> HomeLog::found_open(std::string_view bytes) {
  if (open_.append(bytes)) return {};
  return fail(ErrorCode::corruption, "the log in " + layout_.home(home_) + " is damaged");
}

void HomeLog::appended(std::string_view entries) {
  const std::lock_guard lock(mutex_);
  DYAD_CHECK(open_.append(entries));
}

std::uint64_t HomeLog::open_bytes() const {
  const std::lock_guard lock(mutex_);
  return open_.bytes;
}

HomeLog::Seal HomeLog::next_seal() const {
  const std::lock_guard lock(mutex_);
  return {next_segment_, open_};
}

void HomeLog::sealed() {
  const std::lock_guard lock(mutex_);
  segments_[next_segment_++] = std::exchange(open_, {});
  ++generation_;
}

HomeLog::Pieces HomeLog::pieces(PartitionId partition, Timestamp after, Timestamp upto) const {
  const std::lock_guard lock(mutex_);
  Pieces found;
  found.generation = generation_;
  const auto add = [&](const LogIndex& index, const std::string& object) {
    const auto last = index.last_of.find(partition);
    if (last == index.last_of.end() || last->second <= after) return;
    for (const Extent& extent : index.extents) {
      if (extent.last <= after || extent.first > upto) continue;
      if (found.pieces.size() == kMaxPieces) {
        found.more = true;
        return;
      }
      found.pieces.push_back({object, extent});
    }
  };
  for (const auto& [number, index] : segments_) add(index, layout_.segment(home_, number));
  add(open_, layout_.home(home_));
  return found;
}

bool HomeLog::moved_since(std::uint64_t generation) const {
  const std::lock_guard lock(mutex_);
  return generation_ != generation;
}

Task<Result<LogEntries>> HomeLog::read(Cluster& cluster, PartitionId partition, Timestamp after,
                                       Timestamp upto, const LogLimits& limits) const {
  Collector collected(limits);
  Timestamp seen = after;  // Entries up to here were looked at; the rest of its extent is known.
  while (true) {
    const Pieces look = pieces(partition, seen, upto);
    bool again = false;
    for (const Piece& piece : look.pieces) {
      Result<std::string> bytes =
          co_await cluster.read_bytes_later(piece.object, piece.extent.offset, piece.extent.bytes);
      const bool whole = bytes && bytes->size() == piece.extent.bytes;
      if (!whole && moved_since(look.generation)) {
        again = true;
        break;
      }
      if (!bytes && bytes.error().code != ErrorCode::not_found) co_return fail(bytes.error());
      // A segment that was trimmed meanwhile: the caller looks at the trim marks once more.
      std::string_view rest = bytes ? std::string_view(*bytes) : std::string_view();
      while (!rest.empty()) {
        const std::optional<Logged> entry = take_logged(rest);
        if (!entry) {
          co_return fail(ErrorCode::corruption, "the log in " + piece.object + " is damaged");
        }
        if (entry->timestamp > upto) co_return collected.finish(false);
        if (entry->partition != partition || entry->timestamp <= seen) continue;
        if (!collected.take(*entry)) co_return collected.finish(true);
      }
      seen = piece.extent.last;
    }
    if (!again && !look.more) co_return collected.finish(false);
  }
}

std::vector<std::uint64_t> HomeLog::trim(PartitionId partition, Timestamp upto) {
  const std::lock_guard lock(mutex_);
  Timestamp& trimmed = trimmed_[partition];
  trimmed = std::max(trimmed, upto);
  std::vector<std::uint64_t> needless;
  for (auto at = segments_.begin(); at != segments_.end();) {
    const bool needed =
        std::any_of(at->second.last_of.begin(), at->second.last_of.end(), [this](const auto& last) {
          const auto mark = trimmed_.find(last.first);
          return mark == trimmed_.end() || mark->second < last.second;
        });
    if (needed) {
      ++at;
      continue;
    }
    needless.push_back(at->first);
    at = segments_.erase(at);
  }
  return needless;
}

std::vector<std::uint64_t> HomeLog::segments() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, index] : segments_) numbers.push_back(number);
  return numbers;
}

std::set<PartitionId> HomeLog::partitions() const {
  const std::lock_guard lock(mutex_);
  std::set<PartitionId> found;
  for (const auto& [partition, last] : open_.last_of) found.insert(partition);
  for (const auto& [number, index] : segments_) {
    for (const auto& [partition, last] : index.last_of) found.insert(partition);
  }
  return found;
}

}  // namespace dyad::store::rados
