#include "store/overlay.h"

#include <algorithm>

namespace dyad::store {

void Overlay::add(const Owner& transaction) {
  const std::lock_guard lock(mutex_);
  for (const RowWrite& row : transaction->rows) {
    const auto [at, added] = rows_.try_emplace(row.key, Pending{transaction, &row});
    if (added) continue;
    // The key must point into its new owner: the old one may go before.
    auto node = rows_.extract(at);
    node.key() = row.key;
    node.mapped() = Pending{transaction, &row};
    rows_.insert(std::move(node));
  }
}

void Overlay::remove(const OrderedTransaction& transaction) {
  const std::lock_guard lock(mutex_);
  for (const RowWrite& row : transaction.rows) {
    const auto at = rows_.find(row.key);
    if (at != rows_.end() && at->second.owner.get() == &transaction) rows_.erase(at);
  }
}

Overlay::Pending Overlay::find(std::string_view physical) const {
  const std::lock_guard lock(mutex_);
  const auto at = rows_.find(physical);
  return at == rows_.end() ? Pending{} : at->second;
}

Overlay::Collected Overlay::collect(std::string_view from, std::string_view to, bool reverse,
                                    std::size_t limit, Backend& backend) const {
  Collected collected;
  const std::lock_guard lock(mutex_);
  const auto first = rows_.lower_bound(from);
  const auto last = rows_.lower_bound(to);
  if (!reverse) {
    auto at = first;
    for (; at != last && collected.rows.size() < limit; ++at) collected.rows.push_back(at->second);
    if (at != last) collected.cut = std::string(at->first);
  } else {
    auto at = last;
    while (at != first && collected.rows.size() < limit) collected.rows.push_back((--at)->second);
    if (at != first) collected.cut = std::string(at->first);
    std::reverse(collected.rows.begin(), collected.rows.end());
  }
  collected.base = backend.snapshot();
  return collected;
}

std::size_t Overlay::size() const {
  const std::lock_guard lock(mutex_);
  return rows_.size();
}

}  // namespace dyad::store
