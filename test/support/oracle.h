#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace dyad::proof {

/// Under each name, which states may be found after a crash: the last one acknowledged, and those
/// that writes in flight would leave. States are the caller's words; "" is "absent" for all names
/// at first.
class Oracle {
 public:
  struct Counts {
    std::size_t acknowledged = 0;
    std::size_t found_done = 0;    ///< Never acknowledged, and found to have happened.
    std::size_t found_undone = 0;  ///< Never acknowledged, and no trace of it.
  };

  const std::string& state(const std::string& name) { return cells_[name].state; }

  /// A write is about to be sent that would leave `next`. One at a time for a name.
  void begin(const std::string& name, std::string next) { cells_[name].next = std::move(next); }
  void acknowledged(const std::string& name) {
    Cell& cell = cells_[name];
    cell.state = std::move(*cell.next);
    cell.next.reset();
    ++counts_.acknowledged;
  }
  /// Surely nothing happened.
  void refused(const std::string& name) { cells_[name].next.reset(); }

  /// Empty: `found` may be. What was found is the state from now on.
  std::string settle(const std::string& name, const std::string& found) {
    Cell& cell = cells_[name];
    const std::optional<std::string> next = std::exchange(cell.next, std::nullopt);
    const bool undone = found == cell.state;
    const bool done = next && found == *next;
    if (next && next != cell.state) ++(done ? counts_.found_done : counts_.found_undone);
    if (!undone && !done)
      return name + ": found '" + found + "', acknowledged '" + cell.state + "'" +
             (next ? ", in flight '" + *next + "'" : "");
    cell.state = found;
    return {};
  }
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& [name, cell] : cells_) all.insert(name);
    return all;
  }
  const Counts& counts() const { return counts_; }

 private:
  struct Cell {
    std::string state;
    std::optional<std::string> next;
  };
  std::map<std::string, Cell> cells_;
  Counts counts_;
};

}  // namespace dyad::proof
