#include "services/dynamodb/single_write_checks.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "protocol/validation.h"
#include "services/dynamodb/service_errors.h"

namespace dyad::dynamodb {
namespace {

// Recorded by nubo-db/dynamodb-conformance: of us-east-1 in August 2026 an empty table's name and
// UpdateItem's ReturnValues (registry/splits.json); the rest, of DeleteItem and of several faults
// of a PutItem, of eu-west-2 in June, where these checks came first
// (captures/2026-06-09-validation-rewording.json). UPDATE_NEW is theirs.
constexpr std::string_view kEmptyTable =
    "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or "
    "equal to 1";
constexpr std::string_view kBadReturnValues =
    "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, "
    "ALL_NEW, UPDATE_NEW, NONE]";
constexpr std::string_view kBadMetrics = "ReturnItemCollectionMetrics can only be SIZE or NONE";

bool is_one_of(const std::optional<std::string>& given,
               std::initializer_list<std::string_view> known) {
  return !given || std::ranges::find(known, *given) != known.end();
}

std::string bad_capacity(const std::string& given) {
  return "Value '" + given.substr(0, protocol::kMaxEchoBytes) +
         "' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum "
         "value set: [INDEXES, TOTAL, NONE]";
}

std::unexpected<Error> refuse(const std::vector<std::string>& sentences) {
  std::string message =
      std::to_string(sentences.size()) +
      (sentences.size() == 1 ? " validation error detected: " : " validation errors detected: ");
  for (const std::string& sentence : sentences) {
    if (&sentence != &sentences.front()) message += "; ";
    message += sentence;
  }
  return fail(validation(std::move(message)));
}

}  // namespace

Result<> check_parameters(const SingleWriteParameters& parameters) {
  if (parameters.table.empty()) return refuse({std::string(kEmptyTable)});
  const bool fine_values = is_one_of(parameters.return_values,
                                     {"ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW", "NONE"});
  if (!fine_values && parameters.is_update) return refuse({std::string(kBadReturnValues)});
  std::vector<std::string> sentences;
  if (!is_one_of(parameters.return_consumed_capacity, {"INDEXES", "TOTAL", "NONE"}))
    sentences.push_back(bad_capacity(*parameters.return_consumed_capacity));
  if (!fine_values) sentences.emplace_back(kBadReturnValues);
  if (!is_one_of(parameters.return_item_collection_metrics, {"SIZE", "NONE"}))
    sentences.emplace_back(kBadMetrics);
  if (!sentences.empty()) return refuse(sentences);
  return {};
}

}  // namespace dyad::dynamodb
