#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "expression/path_set.h"
#include "expression/placeholders.h"
#include "expression/program.h"
#include "table/item.h"

namespace dyad::expression {

/// One action of a checked update; its target is the path of the same position.
struct Action {
  ActionKind kind;
  NodeIndex value = 0;  ///< set, add, erase: of the program's steps.
};

/// An UpdateExpression. Immutable; any number of threads.
class UpdateExpression {
 public:
  /// invalid_argument: DynamoDB's message.
  static Result<UpdateExpression> parse(std::string_view text, Placeholders& placeholders);

  /// invalid_argument: an action changes one of `keys`, or a path goes on behind one.
  Result<> check_keys(const std::vector<std::string_view>& keys) const;

  /// The item after the update. `old` may be no item at all: then the update begins with `key`, the
  /// key attributes. All operands read the item as it was before. invalid_argument: DynamoDB's
  /// message, which names the first of: an operand that is missing or of a wrong type, a target
  /// whose parent is not there, a number out of range, an item too deep or too large.
  Result<table::Item> apply(table::ItemView old, table::ItemView key) const;

  /// What DynamoDB measures of a single UpdateItem beside the item itself, and holds to the same
  /// limit: the attributes that it writes, whole, and for each of its actions a few bytes, one more
  /// for each list index. So an item that a Put may write can be too large for an update, if the
  /// attributes that the update leaves alone (the key, most of all) are smaller than that. Measured
  /// to the byte by nubo-db/dynamodb-conformance, "item size by surface", August 2026: SET, REMOVE,
  /// one list index, a path into a map; ADD and DELETE are as that suite states them, an index in
  /// another action or place is taken to count alike. Transactions and PartiQL measure the item
  /// alone.
  std::size_t record_bytes(table::ItemView after) const;

  /// The attributes that the update names, of the item before (UPDATED_OLD) or after (UPDATED_NEW).
  table::Item touched(table::ItemView item) const { return targets_.pick(item); }

  const std::vector<Path>& target_paths() const { return targets_.paths(); }

 private:
  friend class UpdateRun;

  Program program_;
  std::vector<Action> actions_;
  PathSet targets_;
};

}  // namespace dyad::expression
