#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "expression/path.h"
#include "table/item.h"
#include "table/item_builder.h"

namespace dyad::expression {

/// The sentence that refuses the paths of one projection or update, if any: no path may be another
/// one or its beginning (overlap), and no value may be taken for a map and for a list (conflict).
/// Overlaps are reported first; `paths` in the order written.
std::optional<std::string> find_clash(const std::vector<Path>& paths);

/// Paths without clashes, sorted, so that all paths through one member of a map or list stand
/// together and in its order. Walking an item along them needs no tree: a range of paths at a depth
/// is a node.
class PathSet {
 public:
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t depth = 0;  ///< Elements that all paths of the range have in common.
  };

  PathSet() = default;
  explicit PathSet(std::vector<Path> paths);

  bool empty() const { return sorted_.empty(); }
  Range all() const { return {0, static_cast<std::uint32_t>(sorted_.size()), 0}; }
  /// The paths at the front of `rest` that share its first path's next element.
  Range first_group(Range rest) const;
  /// That element.
  const PathElement& element(Range group) const { return path(group.begin)[group.depth - 1]; }
  /// Whether the group is one path that ends here.
  bool is_leaf(Range group) const { return path(group.begin).size() == group.depth; }
  /// Where the leaf's path stood among those given.
  std::uint32_t position(Range leaf) const { return sorted_[leaf.begin]; }

  /// The parts of `item` that the paths name, in their places; lists hold only the chosen elements,
  /// in their order. No item at all gives an item without attributes.
  table::Item pick(table::ItemView item) const;

  const std::vector<Path>& paths() const { return paths_; }

 private:
  const Path& path(std::uint32_t i) const { return paths_[sorted_[i]]; }
  std::optional<table::ValueView> child(table::ValueView parent, Range group) const;
  bool selects(table::ValueView parent, Range rest) const;
  void write_members(table::ValueView parent, Range rest, table::ValueWriter& out) const;
  void write_container(table::ValueView value, Range rest, table::ValueWriter& out) const;

  std::vector<Path> paths_;
  std::vector<std::uint32_t> sorted_;
};

}  // namespace dyad::expression
