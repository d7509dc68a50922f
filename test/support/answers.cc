#include "test/support/answers.h"

#include <simdjson.h>

namespace dyad::proof {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

FlatItem flat(const object& attributes) {
  FlatItem item;
  for (const auto& [name, value] : attributes) {
    std::string_view text;
    for (const char* type : {"S", "N"})
      if (value[type].get_string().get(text) == simdjson::SUCCESS)
        item.emplace(std::string(name), std::string(text));
  }
  return item;
}

}  // namespace

Result<std::optional<FlatItem>> item_of_answer(const std::string& json) {
  simdjson::dom::parser parser;
  object attributes;
  element root;
  if (parser.parse(json).get(root) != simdjson::SUCCESS)
    return fail(ErrorCode::corruption, "not JSON: " + json);
  if (root["Item"].get_object().get(attributes) != simdjson::SUCCESS)
    return std::optional<FlatItem>();
  return std::optional<FlatItem>(flat(attributes));
}

Result<std::vector<FlatItem>> items_of_responses(const std::string& json) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array responses;
  if (parser.parse(json).get(root) != simdjson::SUCCESS ||
      root["Responses"].get_array().get(responses) != simdjson::SUCCESS)
    return fail(ErrorCode::corruption, "not the answer of TransactGetItems: " + json);
  std::vector<FlatItem> items;
  for (const element& one : responses) {
    object attributes;
    const bool there = one["Item"].get_object().get(attributes) == simdjson::SUCCESS;
    items.push_back(there ? flat(attributes) : FlatItem());
  }
  return items;
}

Result<QueryAnswer> items_of_answer(const std::string& json) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array items;
  if (parser.parse(json).get(root) != simdjson::SUCCESS ||
      root["Items"].get_array().get(items) != simdjson::SUCCESS)
    return fail(ErrorCode::corruption, "not the answer of a query: " + json);
  QueryAnswer answer;
  for (const element& one : items) {
    object attributes;
    if (one.get_object().get(attributes) == simdjson::SUCCESS)
      answer.items.push_back(flat(attributes));
  }
  element last;
  if (root["LastEvaluatedKey"].get(last) == simdjson::SUCCESS)
    answer.last_evaluated_key = simdjson::minify(last);
  return answer;
}

}  // namespace dyad::proof
