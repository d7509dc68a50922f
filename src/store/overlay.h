#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/adaptive_mutex.h"
#include "store/backend.h"
#include "store/ordered_transaction.h"

namespace dyad::store {

/// Rows that are ordered and not yet durable, the newest of each key. Transactions read it before
/// the base. A row leaves it only when the base has it. Thread-safe.
class Overlay {
 public:
  using Owner = std::shared_ptr<const OrderedTransaction>;

  /// A pending row, kept alive by its transaction.
  struct Pending {
    Owner owner;
    const RowWrite* row = nullptr;
    explicit operator bool() const { return row != nullptr; }
  };

  void add(const Owner& transaction);
  /// Its rows are in the base now; those that a later transaction wrote again stay.
  void remove(const OrderedTransaction& transaction);

  Pending find(std::string_view physical) const;

  struct Collected {
    std::vector<Pending> rows;  ///< In ascending key order.
    /// There were more than asked for: only the part of the range before this physical key
    /// (reverse: after it) is covered.
    std::optional<std::string> cut;
    std::unique_ptr<BaseSnapshot> base;  ///< Of the same moment.
  };
  /// Pending rows of [from, to), at most `limit` from the side where the scan begins, and a
  /// snapshot of the base: together one moment.
  Collected collect(std::string_view from, std::string_view to, bool reverse, std::size_t limit,
                    Backend& backend) const;

  std::size_t size() const;

 private:
  mutable AdaptiveMutex mutex_;
  std::map<std::string_view, Pending> rows_;  ///< Keys point into the owner's rows.
};

}  // namespace dyad::store
