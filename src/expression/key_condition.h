#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "expression/placeholders.h"
#include "expression/program.h"
#include "table/item.h"

namespace dyad::expression {

/// Hash and range key.
constexpr std::size_t kMaxKeyAttributes = 2;

/// The key attributes of a table or index, as far as a key condition needs them.
struct KeyAttributes {
  struct Attribute {
    std::string_view name;
    table::Type type = table::Type::string;
  };
  Attribute hash;
  std::optional<Attribute> range;
};

/// What a Query reads: one hash key and a range over the range key. Of lower, upper and
/// begins_with, either the first two or the last is there, or none.
struct KeyRange {
  table::Value hash;
  std::optional<table::Value> lower;
  bool lower_inclusive = true;
  std::optional<table::Value> upper;
  bool upper_inclusive = true;
  std::optional<std::string> begins_with;  ///< Raw bytes of a string or binary.
};

/// A condition on one key attribute.
struct KeyTerm {
  std::string attribute;
  /// A comparator but not_equal, between, or function for begins_with; as if the attribute stood
  /// first.
  Operation operation = Operation::equal;
  std::vector<table::Value> values;  ///< Two for between.
};

/// The range that `terms` ask of a key, in DynamoDB's order of checks: too many conditions, a key
/// attribute without one, a hash key not by equality, types, empty values. Shared with the
/// parameter KeyConditions.
Result<KeyRange> bind_key_terms(const std::vector<KeyTerm>& terms, const KeyAttributes& keys);

/// A KeyConditionExpression. Immutable.
class KeyCondition {
 public:
  /// invalid_argument: what is wrong with it as an expression.
  static Result<KeyCondition> parse(std::string_view text, Placeholders& placeholders);

  /// invalid_argument: no conjunction of conditions on attributes. For the time between the check
  /// that all placeholders are used and the look for the table.
  Result<> check() const;

  /// check(), and then invalid_argument: does not fit the keys.
  Result<KeyRange> bind(const KeyAttributes& keys) const;

 private:
  explicit KeyCondition(Program program) : program_(std::move(program)) {}
  Result<> collect(NodeIndex node, std::vector<KeyTerm>& terms) const;
  Result<> check_operator(const Step& step) const;
  Result<KeyTerm> make_term(const Step& step, bool keep_values) const;
  bool is_path(NodeIndex node) const;

  Program program_;
};

}  // namespace dyad::expression
