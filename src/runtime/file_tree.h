#pragma once

#include <string>

#include "runtime/files.h"

namespace dyad {

/// Directories within directories; one deeper is not of our making.
constexpr int kMaxTreeDepth = 16;

/// Removes `path` with all that lies in it. Fine if it is not there. Not atomic, and durable only
/// once the directory above is synced. too_large: deeper than kMaxTreeDepth.
Result<> remove_tree(Files& files, const std::string& path);

}  // namespace dyad
