#pragma once

#include <string>

#include "backup/manifest.h"
#include "backup/tree_writer.h"
#include "backup/watch.h"

namespace dyad::backup {

/// Makes a data directory out of a backup. Every byte is checked before the directory gets its
/// name: until then it is called `data_directory` with ".restoring" behind it. Never overwrites:
/// already_exists, where there is anything in `data_directory` or a restore was interrupted.
/// Blocks. Errors else: as read_manifest; corruption names the damaged file; no_space; cancelled.
Result<Summary> restore_backup(Files& files, const std::string& backup,
                               const std::string& data_directory, Share share, Watch& watch);

}  // namespace dyad::backup
