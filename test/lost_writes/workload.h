#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "test/lost_writes/machine.h"
#include "test/support/key_cell.h"
#include "test/support/oracle.h"

namespace dyad::proof {

/// What a run was told and may be held to.
struct Told {
  Told();
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;

  Oracle oracle;  ///< "item/ID", "object/KEY", "table/NAME", "root": see the states in workload.cc.
  KeyCounts keys;
  /// Objects that S3's handlers write; the second one copies from the first.
  std::vector<std::unique_ptr<KeyCell>> cells;
  std::string wrong;   ///< An answer that should not have been given.
  bool whole = false;  ///< It came to its end without an error.
};

/// Two processes, one after the other, each closed in order where nothing fails: tables made, split
/// and dropped, items with an index, inline objects, blobs, transactions over both, deletes,
/// uploads in parts and copies by S3's handlers, an index that is added, built a few rows at a
/// time, removed and added again, the reaper, trims, and the root credentials. An error ends
/// neither run nor process: what it concerns is left alone, since it may have happened or not.
void run_workload(Machine& machine, Told& told);

/// After a process that was killed, not by a power loss: another one sees what the first had
/// written, also what it had not flushed, and then power goes. What was seen once must stay; as
/// recover_and_check.
std::string recover_twice_and_check(Machine& machine, Told& told);

/// A third process, on a sound disk. Empty: all that was acknowledged is there, the rest whole or
/// absent; indexes, rows and bytes agree; it takes writes; and every file reads well afterwards.
std::string recover_and_check(Machine& machine, Told& told);

}  // namespace dyad::proof
