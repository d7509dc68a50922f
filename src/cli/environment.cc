#include "cli/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace dyad::cli {

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

std::string expand_home(const std::string& path) {
  if (!path.starts_with("~/")) return path;
  if (const auto home = environment("HOME")) return *home + path.substr(1);
  const passwd* entry = ::getpwuid(::getuid());
  return entry == nullptr ? path : std::string(entry->pw_dir) + path.substr(1);
}

}  // namespace dyad::cli
