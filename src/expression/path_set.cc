#include "expression/path_set.h"

#include <algorithm>
#include <numeric>

#include "expression/errors.h"

namespace dyad::expression {
namespace {

using table::Type;
using table::ValueView;

/// Names in byte order, then indexes in theirs.
int compare(const PathElement& a, const PathElement& b) {
  if (a.is_index != b.is_index) return a.is_index ? 1 : -1;
  if (!a.is_index) return a.name.compare(b.name);
  if (a.index == b.index) return 0;
  return a.index < b.index ? -1 : 1;
}

bool before(const Path& a, const Path& b) {
  const std::size_t shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (const int order = compare(a[i], b[i])) return order < 0;
  }
  return a.size() < b.size();
}

enum class Relation : std::uint8_t { apart, conflict, overlap };

Relation relate(const Path& a, const Path& b) {
  const std::size_t shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (a[i].is_index != b[i].is_index) return Relation::conflict;
    if (a[i] != b[i]) return Relation::apart;
  }
  return Relation::overlap;
}

std::vector<std::uint32_t> sorted_order(const std::vector<Path>& paths) {
  std::vector<std::uint32_t> order(paths.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(
      order, [&paths](std::uint32_t a, std::uint32_t b) { return before(paths[a], paths[b]); });
  return order;
}

/// In sorted order a path stands right before one of those it begins, and the names of a parent
/// right before its indexes, so that neighbours tell whether there is any clash.
bool any_clash(const std::vector<Path>& paths) {
  const std::vector<std::uint32_t> order = sorted_order(paths);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (relate(paths[order[i - 1]], paths[order[i]]) != Relation::apart) return true;
  }
  return false;
}

std::string clash_text(Relation relation, const Path& one, const Path& two) {
  return paths_clash(relation == Relation::overlap ? "overlap" : "conflict", path_text(one),
                     path_text(two));
}

}  // namespace

std::optional<std::string> find_clash(const std::vector<Path>& paths) {
  if (!any_clash(paths)) return std::nullopt;
  std::optional<std::string> conflict;
  for (std::size_t later = 1; later < paths.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const Relation relation = relate(paths[earlier], paths[later]);
      if (relation == Relation::apart || (relation == Relation::conflict && conflict)) continue;
      std::string text = clash_text(relation, paths[earlier], paths[later]);
      if (relation == Relation::overlap) return text;
      conflict = std::move(text);
    }
  }
  return conflict;
}

PathSet::PathSet(std::vector<Path> paths)
    : paths_(std::move(paths)), sorted_(sorted_order(paths_)) {}

PathSet::Range PathSet::first_group(Range rest) const {
  const PathElement& shared = path(rest.begin)[rest.depth];
  std::uint32_t end = rest.begin + 1;
  while (end < rest.end && path(end)[rest.depth] == shared) ++end;
  return {rest.begin, end, rest.depth + 1};
}

std::optional<ValueView> PathSet::child(ValueView parent, Range group) const {
  const PathElement& wanted = element(group);
  if (wanted.is_index) {
    if (parent.type() != Type::list) return std::nullopt;
    const table::ListView list = parent.as_list();
    if (wanted.index >= list.size()) return std::nullopt;
    return list[wanted.index];
  }
  if (parent.type() != Type::map) return std::nullopt;
  return parent.as_map().find(wanted.name);
}

bool PathSet::selects(ValueView parent, Range rest) const {
  while (rest.begin < rest.end) {
    const Range group = first_group(rest);
    if (const auto value = child(parent, group)) {
      if (is_leaf(group) || selects(*value, group)) return true;
    }
    rest.begin = group.end;
  }
  return false;
}

void PathSet::write_members(ValueView parent, Range rest, table::ValueWriter& out) const {
  while (rest.begin < rest.end) {
    const Range group = first_group(rest);
    rest.begin = group.end;
    const auto value = child(parent, group);
    if (!value || (!is_leaf(group) && !selects(*value, group))) continue;
    if (!element(group).is_index) out.key(element(group).name);
    if (is_leaf(group)) {
      out.value(*value);
    } else {
      write_container(*value, group, out);
    }
  }
}

void PathSet::write_container(ValueView value, Range rest, table::ValueWriter& out) const {
  if (value.type() == Type::list) {
    out.begin_list();
    write_members(value, rest, out);
    out.end_list();
  } else {
    out.begin_map();
    write_members(value, rest, out);
    out.end_map();
  }
}

table::Item PathSet::pick(table::ItemView item) const {
  table::ValueWriter out;
  out.begin_map();
  if (!item.empty()) write_members(item.as_value(), all(), out);
  out.end_map();
  return out.finish_item();
}

}  // namespace dyad::expression
