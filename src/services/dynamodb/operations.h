#pragma once

#include <memory>
#include <vector>

#include "api/dynamodb/batch_get_item.h"
#include "api/dynamodb/batch_write_item.h"
#include "api/dynamodb/create_table.h"
#include "api/dynamodb/delete_item.h"
#include "api/dynamodb/delete_table.h"
#include "api/dynamodb/describe_table.h"
#include "api/dynamodb/get_item.h"
#include "api/dynamodb/list_tables.h"
#include "api/dynamodb/list_tags_of_resource.h"
#include "api/dynamodb/put_item.h"
#include "api/dynamodb/query.h"
#include "api/dynamodb/scan.h"
#include "api/dynamodb/tag_resource.h"
#include "api/dynamodb/transact_get_items.h"
#include "api/dynamodb/transact_write_items.h"
#include "api/dynamodb/untag_resource.h"
#include "api/dynamodb/update_item.h"
#include "api/dynamodb/update_table.h"
#include "api/operation_handler.h"
#include "services/dynamodb/service.h"

namespace dyad::dynamodb {

// One operation, one file named after it. Inputs were parsed and held against the model before.

Task<Result<model::CreateTableOutput>> create_table(DynamoDbService& service,
                                                    api::RequestContext& context,
                                                    model::CreateTableInput& input);
Task<Result<model::DescribeTableOutput>> describe_table(DynamoDbService& service,
                                                        api::RequestContext& context,
                                                        model::DescribeTableInput& input);
Task<Result<model::ListTablesOutput>> list_tables(DynamoDbService& service,
                                                  api::RequestContext& context,
                                                  model::ListTablesInput& input);
Task<Result<model::DeleteTableOutput>> delete_table(DynamoDbService& service,
                                                    api::RequestContext& context,
                                                    model::DeleteTableInput& input);
Task<Result<model::UpdateTableOutput>> update_table(DynamoDbService& service,
                                                    api::RequestContext& context,
                                                    model::UpdateTableInput& input);
Task<Result<model::PutItemOutput>> put_item(DynamoDbService& service, api::RequestContext& context,
                                            model::PutItemInput& input);
Task<Result<model::GetItemOutput>> get_item(DynamoDbService& service, api::RequestContext& context,
                                            model::GetItemInput& input);
Task<Result<model::UpdateItemOutput>> update_item(DynamoDbService& service,
                                                  api::RequestContext& context,
                                                  model::UpdateItemInput& input);
Task<Result<model::DeleteItemOutput>> delete_item(DynamoDbService& service,
                                                  api::RequestContext& context,
                                                  model::DeleteItemInput& input);
Task<Result<model::QueryOutput>> query(DynamoDbService& service, api::RequestContext& context,
                                       model::QueryInput& input);
Task<Result<model::ScanOutput>> scan(DynamoDbService& service, api::RequestContext& context,
                                     model::ScanInput& input);
Task<Result<model::TransactWriteItemsOutput>> transact_write_items(
    DynamoDbService& service, api::RequestContext& context, model::TransactWriteItemsInput& input);

Task<Result<model::TransactGetItemsOutput>> transact_get_items(DynamoDbService& service,
                                                               api::RequestContext& context,
                                                               model::TransactGetItemsInput& input);
Task<Result<model::BatchGetItemOutput>> batch_get_item(DynamoDbService& service,
                                                       api::RequestContext& context,
                                                       model::BatchGetItemInput& input);
Task<Result<model::BatchWriteItemOutput>> batch_write_item(DynamoDbService& service,
                                                           api::RequestContext& context,
                                                           model::BatchWriteItemInput& input);
Task<Result<model::TagResourceOutput>> tag_resource(DynamoDbService& service,
                                                    api::RequestContext& context,
                                                    model::TagResourceInput& input);
Task<Result<model::UntagResourceOutput>> untag_resource(DynamoDbService& service,
                                                        api::RequestContext& context,
                                                        model::UntagResourceInput& input);
Task<Result<model::ListTagsOfResourceOutput>> list_tags_of_resource(
    DynamoDbService& service, api::RequestContext& context, model::ListTagsOfResourceInput& input);

/// All of them, for the gateway. `service` outlives them.
std::vector<std::unique_ptr<api::OperationHandler>> dynamodb_operations(DynamoDbService& service);

}  // namespace dyad::dynamodb
