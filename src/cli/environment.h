#pragma once

#include <optional>
#include <string>

namespace dyad::cli {

/// A variable of the process's environment; none: it is not set, or empty.
std::optional<std::string> environment(const char* name);

/// `path` with a leading "~/" resolved, as AWS's tools read the variables that name files.
std::string expand_home(const std::string& path);

}  // namespace dyad::cli
