#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table/item.h"

namespace dyad::expression {

/// One step of a document path: a map member by name, or a list element by index.
struct PathElement {
  std::string name;  ///< Empty and unused for an index.
  std::uint32_t index = 0;
  bool is_index = false;

  bool operator==(const PathElement&) const = default;
};

/// A document path with its placeholders replaced; the first element is an attribute's name.
using Path = std::vector<PathElement>;

/// The value at `path`; none: something on the way is missing or of another type.
std::optional<table::ValueView> resolve(table::ItemView item, const Path& path);

/// As the service prints paths in its errors: "[info, [1], name]".
std::string path_text(const Path& path);

}  // namespace dyad::expression
