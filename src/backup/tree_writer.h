#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "backup/watch.h"
#include "runtime/held_file.h"

namespace dyad::backup {

/// Whether a file's bytes may be shared with the one that it is a copy of.
enum class Share : std::uint8_t { link_where_possible, never };

/// What became of one file.
struct Written {
  bool linked = false;
  std::uint64_t checksum = 0;  ///< FileHash of all padded_bytes; only where it was asked for.
};

/// "rows/000012.sst": parts of letters, digits, '.', '-' and '_', none of them dots alone. All that
/// is ever written or read under a backup's directory passes here.
bool is_safe_name(std::string_view name);

/// Fills a new directory with files, durable when finish() returns. One thread at a time.
class TreeWriter {
 public:
  TreeWriter(Files& files, std::string root, Watch& watch)
      : files_(files), root_(std::move(root)), watch_(watch) {}

  /// Makes the file under `name` with the directories above it. `with_checksum`: the bytes are read
  /// where they are linked, too. corruption: the source is shorter than it should be.
  Result<Written> put(const HeldFile& file, const std::string& name, Share share,
                      bool with_checksum);
  /// Makes all names durable.
  Result<> finish();

 private:
  Result<std::string> place(const std::string& name);
  Result<Written> copy(const HeldFile& file, const std::string& target);

  Files& files_;
  const std::string root_;
  Watch& watch_;
  std::set<std::string> directories_;
};

/// FileHash of all of the file; each piece is paid for at the watch.
Result<std::uint64_t> hash_file(Files& files, const HeldFile& file, Watch& watch);

}  // namespace dyad::backup
