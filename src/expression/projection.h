#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "expression/path_set.h"
#include "expression/placeholders.h"
#include "table/item.h"

namespace dyad::expression {

/// A ProjectionExpression. Immutable; any number of threads.
class Projection {
 public:
  /// invalid_argument: DynamoDB's message.
  static Result<Projection> parse(std::string_view text, Placeholders& placeholders);
  /// Of whole attributes, each named once (AttributesToGet).
  static Projection of_attributes(const std::vector<std::string>& names);

  /// What of `item` was asked for; without attributes where nothing was found.
  table::Item apply(table::ItemView item) const { return paths_.pick(item); }

  /// No path goes on behind a key attribute.
  Result<> check_keys(const std::vector<std::string_view>& keys) const;

  const std::vector<Path>& paths() const { return paths_.paths(); }

 private:
  explicit Projection(std::vector<Path> paths) : paths_(std::move(paths)) {}

  PathSet paths_;
};

}  // namespace dyad::expression
