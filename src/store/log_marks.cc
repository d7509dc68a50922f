#include "store/log_marks.h"

#include <algorithm>

namespace dyad::store {

LogMarks::LogMarks(std::vector<LogMark> marks) {
  for (LogMark& mark : marks) {
    Marks& into = marks_[mark.partition];
    into.trimmed_upto = mark.trimmed_upto;
    for (auto& [follower, upto] : mark.cursors) into.cursors.emplace(std::move(follower), upto);
  }
}

void LogMarks::apply(const CursorMove& move) {
  const std::lock_guard lock(mutex_);
  Marks& marks = marks_[move.partition];
  if (move.upto == Timestamp(UINT64_MAX)) {
    marks.cursors.erase(move.follower);
  } else {
    marks.cursors[move.follower] = move.upto;
  }
}

void LogMarks::forget(PartitionId partition) {
  const std::lock_guard lock(mutex_);
  marks_.erase(partition);
}

std::optional<Timestamp> LogMarks::cursor(std::string_view follower, PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  const auto marks = marks_.find(partition);
  if (marks == marks_.end()) return std::nullopt;
  const auto at = marks->second.cursors.find(follower);
  if (at == marks->second.cursors.end()) return std::nullopt;
  return at->second;
}

std::vector<std::string> LogMarks::followers(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  const auto marks = marks_.find(partition);
  if (marks == marks_.end()) return names;
  for (const auto& [follower, cursor] : marks->second.cursors) names.push_back(follower);
  return names;
}

Timestamp LogMarks::trimmed_upto(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  const auto marks = marks_.find(partition);
  return marks == marks_.end() ? Timestamp() : marks->second.trimmed_upto;
}

Timestamp LogMarks::trim(PartitionId partition, Timestamp upto) {
  const std::lock_guard lock(mutex_);
  Marks& marks = marks_[partition];
  for (const auto& [follower, cursor] : marks.cursors) upto = std::min(upto, cursor);
  marks.trimmed_upto = std::max(marks.trimmed_upto, upto);
  return marks.trimmed_upto;
}

}  // namespace dyad::store
