#pragma once

#include <string>
#include <vector>

#include "protocol/service_error.h"
#include "services/dynamodb/request_tokens.h"
#include "table/tables.h"

namespace dyad::api::dynamodb {}

namespace dyad::dynamodb {

/// The generated messages: model::PutItemInput.
namespace model = api::dynamodb;

struct DynamoDbOptions {
  /// CreateTable refuses names that begin so: tables of these names belong to other services.
  std::vector<std::string> reserved_prefixes;
};

/// What the operations share. Thread-safe; `tables` outlives it.
class DynamoDbService {
 public:
  explicit DynamoDbService(table::Tables& tables, DynamoDbOptions options = {})
      : tables_(tables), options_(std::move(options)), request_tokens_(tables) {}

  table::Tables& tables() { return tables_; }
  const DynamoDbOptions& options() const { return options_; }
  RequestTokens& request_tokens() { return request_tokens_; }

 private:
  table::Tables& tables_;
  const DynamoDbOptions options_;
  RequestTokens request_tokens_;
};

}  // namespace dyad::dynamodb
