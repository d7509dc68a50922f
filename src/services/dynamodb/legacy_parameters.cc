#include "services/dynamodb/legacy_parameters.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "expression/placeholders.h"
#include "table/item_builder.h"

namespace dyad::dynamodb {
namespace {

using expression::ExpressionKind;
using table::Type;
using table::Value;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}
std::unexpected<Error> refuse_values(std::string what) {
  return refuse("One or more parameter values were invalid: " + std::move(what));
}

/// One legacy condition, whatever parameter it came in.
struct Term {
  std::string attribute;
  std::string_view comparison;
  std::vector<Value> values;
};

/// What a comparison takes. `types` are those of its values; empty: any.
struct Comparison {
  std::string_view name;
  std::size_t min_values, max_values;
  std::string_view before, between, after;  ///< "#0 = :0": before #, between # and :, after.
  bool sets, numbers;                       ///< May its values be sets; numbers.
};

constexpr std::size_t kAny = SIZE_MAX;
constexpr std::array<Comparison, 13> kComparisons = {{
    {"EQ", 1, 1, "", " = ", "", true, true},
    {"NE", 1, 1, "", " <> ", "", true, true},
    {"LE", 1, 1, "", " <= ", "", false, true},
    {"LT", 1, 1, "", " < ", "", false, true},
    {"GE", 1, 1, "", " >= ", "", false, true},
    {"GT", 1, 1, "", " > ", "", false, true},
    {"CONTAINS", 1, 1, "contains(", ", ", ")", false, true},
    {"NOT_CONTAINS", 1, 1, "NOT contains(", ", ", ")", false, true},
    {"BEGINS_WITH", 1, 1, "begins_with(", ", ", ")", false, false},
    {"IN", 1, kAny, "", " IN (", ")", false, true},
    {"BETWEEN", 2, 2, "", " BETWEEN ", "", false, true},
    {"NULL", 0, 0, "attribute_not_exists(", "", ")", true, true},
    {"NOT_NULL", 0, 0, "attribute_exists(", "", ")", true, true},
}};

const Comparison& comparison_of(std::string_view name) {
  const auto* found = std::ranges::find(kComparisons, name, &Comparison::name);
  DYAD_CHECK(found != kComparisons.end());  // The model's enumeration.
  return *found;
}

bool is_scalar(Type type) {
  return type == Type::string || type == Type::number || type == Type::binary;
}

Result<> check_type(const Comparison& comparison, Type type) {
  // Lists, maps, booleans and nulls may be compared for equality since they exist.
  if (comparison.sets) return {};
  if (is_scalar(type) && (type != Type::number || comparison.numbers)) return {};
  return refuse_values("ComparisonOperator " + std::string(comparison.name) + " is not valid for " +
                       std::string(table::type_name(type)) + " AttributeValue type");
}

Result<> check_term(const Term& term) {
  const Comparison& comparison = comparison_of(term.comparison);
  if (term.values.size() < comparison.min_values || term.values.size() > comparison.max_values)
    return refuse_values("Invalid number of argument(s) for the " + std::string(comparison.name) +
                         " ComparisonOperator");
  for (const Value& value : term.values) {
    if (value.view().type() != term.values.front().view().type())
      return refuse_values("AttributeValues inside AttributeValueList must be of same type");
  }
  for (const Value& value : term.values) DYAD_TRY(check_type(comparison, value.view().type()));
  if (comparison.name == "BETWEEN" &&
      *table::compare(term.values[0].view(), term.values[1].view()) > 0) {
    return refuse(
        "The BETWEEN condition was provided a range where the lower bound is greater than the "
        "upper bound");
  }
  return {};
}

/// Names and values as they are given placeholders.
class Builder {
 public:
  std::string name(const std::string& attribute) {
    names_.emplace_back("#" + std::to_string(names_.size()), attribute);
    return names_.back().first;
  }
  std::string value(const Value& value) {
    values_.emplace_back(":" + std::to_string(values_.size()), value);
    return values_.back().first;
  }
  Result<expression::Placeholders> finish() {
    std::optional<expression::Placeholders::Values> values;
    if (!values_.empty()) values = std::move(values_);
    return expression::Placeholders::make(std::move(names_), std::move(values));
  }

 private:
  expression::Placeholders::Names names_;
  expression::Placeholders::Values values_;
};

std::string term_text(const Term& term, Builder& builder) {
  const Comparison& comparison = comparison_of(term.comparison);
  std::string text(comparison.before);
  text += builder.name(term.attribute);
  text += comparison.between;
  const std::string_view separator = comparison.name == "BETWEEN" ? " AND " : ", ";
  for (std::size_t i = 0; i < term.values.size(); ++i) {
    if (i > 0) text += separator;
    text += builder.value(term.values[i]);
  }
  return text += comparison.after;
}

Result<std::optional<expression::Condition>> condition_of(
    const std::vector<Term>& terms, const std::optional<std::string>& conditional_operator,
    ExpressionKind kind) {
  if (terms.empty()) {
    if (conditional_operator)
      return refuse_values("ConditionalOperator cannot be used without Filter or Expected");
    return std::optional<expression::Condition>();
  }
  if (conditional_operator && terms.size() == 1)
    return refuse_values(
        "ConditionalOperator can only be used when Filter or Expected has two or more elements");
  Builder builder;
  std::string text;
  for (const Term& term : terms) {
    if (!text.empty()) text += conditional_operator == "OR" ? " OR " : " AND ";
    text += term_text(term, builder);
  }
  DYAD_TRY_ASSIGN(expression::Placeholders placeholders, builder.finish());
  DYAD_TRY_ASSIGN(auto condition, expression::Condition::parse(text, kind, placeholders));
  return std::optional<expression::Condition>(std::move(condition));
}

/// Expected without a ComparisonOperator: Exists and Value.
Result<Term> term_of_exists(const std::string& attribute,
                            const model::ExpectedAttributeValue& expected) {
  const bool exists = expected.exists.value_or(true);
  if (exists && !expected.value) {
    return refuse_values("Value must be provided when Exists is " +
                         std::string(expected.exists ? "true" : "null") +
                         " for Attribute: " + attribute);
  }
  if (!exists && expected.value)
    return refuse_values("Value cannot be used when Exists is false for Attribute: " + attribute);
  Term term;
  term.attribute = attribute;
  term.comparison = exists ? "EQ" : "NULL";
  if (exists) term.values.push_back(*expected.value);
  return term;
}

Result<Term> term_of_expected(const std::string& attribute,
                              const model::ExpectedAttributeValue& expected) {
  if (expected.value && expected.attribute_value_list)
    return refuse_values("Value and AttributeValueList cannot be used together for Attribute: " +
                         attribute);
  if (!expected.comparison_operator) {
    if (expected.attribute_value_list)
      return refuse_values(
          "AttributeValueList can only be used with a ComparisonOperator for Attribute: " +
          attribute);
    return term_of_exists(attribute, expected);
  }
  const std::string& comparison = *expected.comparison_operator;
  if (expected.exists)
    return refuse_values("Exists and ComparisonOperator cannot be used together for Attribute: " +
                         attribute);
  const bool valueless = comparison == "NULL" || comparison == "NOT_NULL";
  if (!valueless && !expected.value && !expected.attribute_value_list)
    return refuse_values("Value or AttributeValueList must be used with ComparisonOperator: " +
                         comparison + " for Attribute: " + attribute);
  Term term;
  term.attribute = attribute;
  term.comparison = comparison;
  if (expected.attribute_value_list) term.values = *expected.attribute_value_list;
  if (expected.value) term.values.push_back(*expected.value);
  DYAD_TRY(check_term(term));
  return term;
}

Term term_of_condition(const std::string& attribute, const model::Condition& condition) {
  Term term;
  term.attribute = attribute;
  term.comparison = condition.comparison_operator;
  if (condition.attribute_value_list) term.values = *condition.attribute_value_list;
  return term;
}

std::optional<expression::Operation> key_operation(std::string_view comparison) {
  using expression::Operation;
  if (comparison == "EQ") return Operation::equal;
  if (comparison == "LT") return Operation::less;
  if (comparison == "LE") return Operation::less_equal;
  if (comparison == "GT") return Operation::greater;
  if (comparison == "GE") return Operation::greater_equal;
  if (comparison == "BETWEEN") return Operation::between;
  if (comparison == "BEGINS_WITH") return Operation::function;
  return std::nullopt;
}

/// The four clauses of an update as they fill.
struct Clauses {
  std::string set, remove, add, drop;

  static void append(std::string& clause, std::string_view verb, const std::string& what) {
    clause += clause.empty() ? std::string(verb) + " " : ", ";
    clause += what;
  }
};

Result<> add_update(const std::string& attribute, const model::AttributeValueUpdate& update,
                    Builder& builder, Clauses& clauses) {
  const std::string action = update.action.value_or("PUT");
  if (!update.value) {
    if (action != "DELETE")
      return refuse_values("Only DELETE action is allowed when no attribute value is specified");
    Clauses::append(clauses.remove, "REMOVE", builder.name(attribute));
    return {};
  }
  const Type type = update.value->view().type();
  const std::string type_text(table::type_name(type));
  if (action == "DELETE" && !table::is_set(type))
    return refuse_values("DELETE action with value is not supported for the type " + type_text);
  if (action == "ADD" && !table::is_set(type) && type != Type::number && type != Type::list)
    return refuse_values("ADD action is not supported for the type " + type_text);
  const std::string name = builder.name(attribute);
  const std::string value = builder.value(*update.value);
  if (action == "PUT") {
    Clauses::append(clauses.set, "SET", name + " = " + value);
  } else if (action == "DELETE") {
    Clauses::append(clauses.drop, "DELETE", name + " " + value);
  } else if (type == Type::list) {
    table::ValueWriter empty;
    empty.begin_list();
    empty.end_list();
    Clauses::append(clauses.set, "SET",
                    name + " = list_append(if_not_exists(" + name + ", " +
                        builder.value(empty.finish_value()) + "), " + value + ")");
  } else {
    Clauses::append(clauses.add, "ADD", name + " " + value);
  }
  return {};
}

}  // namespace

Result<std::optional<expression::Condition>> condition_of_expected(
    const std::optional<protocol::Map<model::ExpectedAttributeValue>>& expected,
    const std::optional<std::string>& conditional_operator) {
  std::vector<Term> terms;
  if (expected) {
    for (const auto& [attribute, entry] : *expected) {
      DYAD_TRY_ASSIGN(Term term, term_of_expected(attribute, entry));
      terms.push_back(std::move(term));
    }
  }
  return condition_of(terms, conditional_operator, ExpressionKind::condition);
}

Result<std::optional<expression::Condition>> condition_of_filter(
    const std::optional<protocol::Map<model::Condition>>& filter,
    const std::optional<std::string>& conditional_operator) {
  std::vector<Term> terms;
  if (filter) {
    for (const auto& [attribute, condition] : *filter) {
      terms.push_back(term_of_condition(attribute, condition));
      DYAD_TRY(check_term(terms.back()));
    }
  }
  return condition_of(terms, conditional_operator, ExpressionKind::filter);
}

Result<std::vector<expression::KeyTerm>> terms_of_key_conditions(
    const protocol::Map<model::Condition>& conditions) {
  if (conditions.empty() || conditions.size() > 2)
    return refuse("Conditions can be of length 1 or 2 only");
  std::vector<expression::KeyTerm> terms;
  for (const auto& [attribute, condition] : conditions) {
    Term term = term_of_condition(attribute, condition);
    DYAD_TRY(check_term(term));
    const auto operation = key_operation(term.comparison);
    if (!operation) return refuse("Attempted conditional constraint is not an indexable operation");
    expression::KeyTerm& made = terms.emplace_back();
    made.attribute = std::move(term.attribute);
    made.operation = *operation;
    made.values = std::move(term.values);
  }
  return terms;
}

Result<std::optional<expression::UpdateExpression>> update_of_attribute_updates(
    const std::optional<protocol::Map<model::AttributeValueUpdate>>& updates) {
  if (!updates || updates->empty()) return std::optional<expression::UpdateExpression>();
  Builder builder;
  Clauses clauses;
  for (const auto& [attribute, update] : *updates)
    DYAD_TRY(add_update(attribute, update, builder, clauses));
  std::string text;
  for (const std::string* clause : {&clauses.set, &clauses.remove, &clauses.add, &clauses.drop}) {
    if (!text.empty() && !clause->empty()) text += ' ';
    text += *clause;
  }
  DYAD_TRY_ASSIGN(expression::Placeholders placeholders, builder.finish());
  DYAD_TRY_ASSIGN(auto update, expression::UpdateExpression::parse(text, placeholders));
  return std::optional<expression::UpdateExpression>(std::move(update));
}

Result<> check_attributes_to_get(const std::vector<std::string>& names) {
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::ranges::sort(sorted);
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice == sorted.end()) return {};
  return refuse_values("Duplicate value in attribute name: " + std::string(*twice));
}

}  // namespace dyad::dynamodb
