#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "runtime/held_file.h"

namespace dyad::store {

/// A store as it was at one moment, held while transactions go on: all of those at or before
/// timestamp(), and none after. For backups (Store::hold_moment).
///
/// What an engine keeps is its own business; here it says it as files: put under one directory,
/// each under its name, they are what the engine opens as a store of that moment. An engine whose
/// rows are no files of this machine writes them out first.
///
/// The calls block. Used, and destroyed, on a thread that may; the store's Runtime outlives it.
class Moment {
 public:
  virtual ~Moment() = default;
  virtual Timestamp timestamp() const = 0;
  /// Those that hold the most disk space while they wait to be copied come first.
  virtual const std::vector<HeldFile>& files() const = 0;
  /// The first `n` of files() were copied: what held them may go.
  virtual void let_go_of_first(std::size_t n) = 0;
  /// Every row's key (with its kind byte) of this kind, of all partitions. An error of `visit` ends
  /// the walk.
  virtual Result<> each_key(char kind,
                            const std::function<Result<>(std::string_view key)>& visit) const = 0;
};

}  // namespace dyad::store
