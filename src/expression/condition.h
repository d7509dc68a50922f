#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expression/expression_kind.h"
#include "expression/placeholders.h"
#include "expression/program.h"
#include "table/item.h"

namespace dyad::expression {

/// A ConditionExpression or FilterExpression, ready to evaluate. Immutable; any number of threads.
class Condition {
 public:
  /// invalid_argument: DynamoDB's message. `kind` is condition or filter. `report_size`: see
  /// parse_syntax.
  static Result<Condition> parse(std::string_view text, ExpressionKind kind,
                                 Placeholders& placeholders, bool report_size = false);
  /// From a program that was made otherwise (the parameters from before expressions).
  explicit Condition(Program program) : program_(std::move(program)) {}

  /// An item that is not there is an item without attributes. Never fails: what is missing or of
  /// another type compares false, and <> with it is true. Allocates nothing.
  bool evaluate(table::ItemView item) const;

  /// A filter of a Query must not name the keys of what it queries, and no condition may look
  /// inside a key. `keys`: attribute names, hash key first. For `forbid_keys` see "Filter
  /// expressions for the Query".
  Result<> check_keys(const std::vector<std::string_view>& keys, bool forbid_keys) const;

  const Program& program() const { return program_; }

 private:
  Program program_;
};

/// Key attributes hold scalars, so no document path may go on behind one.
Result<> check_key_paths(const std::vector<Path>& paths, const std::vector<std::string_view>& keys);

}  // namespace dyad::expression
