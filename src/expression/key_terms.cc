#include <algorithm>

#include "base/check.h"
#include "expression/key_condition.h"

namespace dyad::expression {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

const KeyTerm* find_term(const std::vector<KeyTerm>& terms, std::string_view attribute) {
  const auto at = std::ranges::find_if(
      terms, [attribute](const KeyTerm& term) { return term.attribute == attribute; });
  return at == terms.end() ? nullptr : &*at;
}

Result<> check_values(const KeyTerm& term, table::Type type) {
  for (const table::Value& value : term.values) {
    // There is no prefix of a number, whatever stands behind it.
    const bool prefix_of_number =
        term.operation == Operation::function && type == table::Type::number;
    if (value.view().type() != type || prefix_of_number) {
      return refuse(
          "One or more parameter values were invalid: Condition parameter type does not match "
          "schema type");
    }
    const bool text = type == table::Type::string && value.view().as_string().empty();
    const bool binary = type == table::Type::binary && value.view().as_binary().empty();
    if (!text && !binary) continue;
    return refuse(
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        "cannot contain an empty " +
        std::string(text ? "string" : "binary") + " value. Key: " + term.attribute);
  }
  return {};
}

void set_range(const KeyTerm& term, KeyRange& range) {
  const table::Value& value = term.values.front();
  switch (term.operation) {
    case Operation::equal:
      range.lower = value;
      range.upper = value;
      return;
    case Operation::less:
    case Operation::less_equal:
      range.upper = value;
      range.upper_inclusive = term.operation == Operation::less_equal;
      return;
    case Operation::greater:
    case Operation::greater_equal:
      range.lower = value;
      range.lower_inclusive = term.operation == Operation::greater_equal;
      return;
    case Operation::between:
      range.lower = value;
      range.upper = term.values.back();
      return;
    case Operation::function: {
      const table::ValueView view = value.view();
      range.begins_with = view.type() == table::Type::string ? view.as_string() : view.as_binary();
      return;
    }
    default:
      DYAD_CHECK(false && "no key condition");
  }
}

}  // namespace

Result<KeyRange> bind_key_terms(const std::vector<KeyTerm>& terms, const KeyAttributes& keys) {
  const std::size_t key_count = keys.range ? 2 : 1;
  if (terms.size() > key_count) {
    return refuse("The number of query conditions (" + std::to_string(terms.size()) +
                  ") exceeds the number of key attributes defined in the schema (" +
                  std::to_string(key_count) + ")");
  }
  const KeyTerm* hash = find_term(terms, keys.hash.name);
  const KeyTerm* range = keys.range ? find_term(terms, keys.range->name) : nullptr;
  if (hash == nullptr) {
    return refuse("Query condition missed key schema element: " + std::string(keys.hash.name));
  }
  if (terms.size() > 1 && range == nullptr) {
    return refuse("Query condition missed key schema element: " + std::string(keys.range->name));
  }
  if (hash->operation != Operation::equal) return refuse("Query key condition not supported");
  DYAD_TRY(check_values(*hash, keys.hash.type));
  KeyRange made;
  made.hash = hash->values.front();
  if (range != nullptr) {
    DYAD_TRY(check_values(*range, keys.range->type));
    set_range(*range, made);
  }
  return made;
}

}  // namespace dyad::expression
