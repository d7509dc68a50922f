#pragma once

#include "base/result.h"
#include "test/golden/data.h"

namespace dyad::proof {

// What the golden directories hold, in three sittings: `early` and `middle` end with an orderly
// close, `late` with a kill.

/// Tables with keys of every type and their indexes, items of every type, a bucket, several
/// segments full of readings.
Result<> write_early(GoldenData& data);
/// Changes, erasures, splits, dropped tables, cursors, trimmed logs.
Result<> write_middle(GoldenData& data);
/// A little of everything, that only the log has when the process is killed, and a blob that no
/// commit names.
Result<> write_late(GoldenData& data);

}  // namespace dyad::proof
