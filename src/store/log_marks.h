#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/backend.h"

namespace dyad::store {

/// Durable cursors of followers, and how far each log is trimmed. Thread-safe.
class LogMarks {
 public:
  explicit LogMarks(std::vector<LogMark> marks);

  void apply(const CursorMove& move);
  void forget(PartitionId partition);

  std::optional<Timestamp> cursor(std::string_view follower, PartitionId partition) const;
  /// Who has a cursor on the partition.
  std::vector<std::string> followers(PartitionId partition) const;
  Timestamp trimmed_upto(PartitionId partition) const;
  /// Moves the trim mark to `upto`, but never past a cursor nor back; answers where it stands.
  Timestamp trim(PartitionId partition, Timestamp upto);

 private:
  struct Marks {
    Timestamp trimmed_upto;
    std::map<std::string, Timestamp, std::less<>> cursors;
  };
  mutable std::mutex mutex_;
  std::unordered_map<PartitionId, Marks> marks_;
};

}  // namespace dyad::store
