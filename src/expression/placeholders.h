#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "table/item.h"

namespace dyad::expression {

/// A request's ExpressionAttributeNames and ExpressionAttributeValues, shared by all of its
/// expressions. Remembers which were used, since one that no expression uses is an error of the
/// request.
class Placeholders {
 public:
  using Names = std::vector<std::pair<std::string, std::string>>;
  using Values = std::vector<std::pair<std::string, table::Value>>;

  /// Neither parameter was sent.
  Placeholders() = default;
  /// As sent; none: the parameter is absent. Checks the keys; the values are the wire layer's to
  /// check.
  static Result<Placeholders> make(std::optional<Names> names, std::optional<Values> values);

  /// Both mark the placeholder as used; nullptr: not defined. `key` with its "#" or ":". The
  /// results live as long as this object and are not moved by it.
  const std::string* name(std::string_view key);
  const table::Value* value(std::string_view key);

  /// After the last expression of the request was parsed.
  Result<> check_all_used() const;
  /// For a request without any expression. `values_remark` is what the operation appends where
  /// values were sent: ": FilterExpression is null" in reads, nothing in single-item writes.
  Result<> check_absent(std::string_view values_remark = {}) const;

 private:
  template <class T>
  struct Table {
    std::vector<std::pair<std::string, T>> entries;
    std::vector<std::uint32_t> order;  ///< Indexes of `entries` by key.
    std::vector<bool> used;
    bool sent = false;

    void fill(std::vector<std::pair<std::string, T>> from);
    const T* find(std::string_view key);
    std::string unused() const;  ///< "#a, #b"; empty: none.
  };

  Table<std::string> names_;
  Table<table::Value> values_;
};

}  // namespace dyad::expression
