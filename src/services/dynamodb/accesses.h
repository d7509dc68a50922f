#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/dynamodb/batch_get_item.h"
#include "api/dynamodb/batch_write_item.h"
#include "api/dynamodb/transact_get_items.h"
#include "api/dynamodb/transact_write_items.h"
#include "api/request_context.h"
#include "services/dynamodb/service.h"

namespace dyad::dynamodb {

// What requests touch, each part to be authorised ("Actions, resources, and condition keys for
// Amazon DynamoDB"; "Using IAM with transactions": the parts of a transaction are authorised as the
// operations that they stand for).

using Accesses = std::vector<auth::Access>;

/// "arn:aws:dynamodb:us-east-1:000000000000:table/Music"; a name that is an ARN stays one.
std::string resource_of_table(const api::RequestContext& context, std::string_view table);

/// The table that an input names, or an index of it.
template <class Operation>
void table_accesses(const api::RequestContext& context, const typename Operation::Input& input,
                    Accesses& out) {
  std::string arn = resource_of_table(context, input.table_name);
  if constexpr (requires { input.index_name; }) {
    if (input.index_name) arn.append("/index/").append(*input.index_name);
  }
  out.push_back({std::string(Operation::kOperation.iam_action), std::move(arn)});
}

void batch_get_item_accesses(const api::RequestContext&, const model::BatchGetItemInput&,
                             Accesses&);
void batch_write_item_accesses(const api::RequestContext&, const model::BatchWriteItemInput&,
                               Accesses&);
void transact_get_items_accesses(const api::RequestContext&, const model::TransactGetItemsInput&,
                                 Accesses&);
void transact_write_items_accesses(const api::RequestContext&,
                                   const model::TransactWriteItemsInput&, Accesses&);

}  // namespace dyad::dynamodb
