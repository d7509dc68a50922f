#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dyad::proof {

/// An item's attributes of types S and N, as text.
using FlatItem = std::map<std::string, std::string>;

/// Of a GetItem answer; none: no such item.
Result<std::optional<FlatItem>> item_of_answer(const std::string& json);

struct QueryAnswer {
  std::vector<FlatItem> items;
  std::string last_evaluated_key;  ///< As JSON; empty: the end.
};
/// Of a Query or Scan answer.
Result<QueryAnswer> items_of_answer(const std::string& json);

/// Of a TransactGetItems answer, in order; empty: no such item.
Result<std::vector<FlatItem>> items_of_responses(const std::string& json);

}  // namespace dyad::proof
