#include "services/dynamodb/operations.h"

#include "services/dynamodb/accesses.h"

namespace dyad::dynamodb {
namespace {

/// An operation on the one table that its input names.
template <class Operation, class Handler>
std::unique_ptr<api::OperationHandler> bind_to_table(DynamoDbService& service, Handler handler) {
  return api::bind<Operation>(service, handler, table_accesses<Operation>);
}

}  // namespace

std::vector<std::unique_ptr<api::OperationHandler>> dynamodb_operations(DynamoDbService& service) {
  std::vector<std::unique_ptr<api::OperationHandler>> handlers;
  handlers.push_back(bind_to_table<model::CreateTable>(service, create_table));
  handlers.push_back(bind_to_table<model::DescribeTable>(service, describe_table));
  handlers.push_back(api::bind<model::ListTables>(service, list_tables));
  handlers.push_back(bind_to_table<model::DeleteTable>(service, delete_table));
  handlers.push_back(bind_to_table<model::UpdateTable>(service, update_table));
  handlers.push_back(bind_to_table<model::PutItem>(service, put_item));
  handlers.push_back(bind_to_table<model::GetItem>(service, get_item));
  handlers.push_back(bind_to_table<model::UpdateItem>(service, update_item));
  handlers.push_back(bind_to_table<model::DeleteItem>(service, delete_item));
  handlers.push_back(bind_to_table<model::Query>(service, query));
  handlers.push_back(bind_to_table<model::Scan>(service, scan));
  handlers.push_back(api::bind<model::TransactWriteItems>(service, transact_write_items,
                                                          transact_write_items_accesses));
  handlers.push_back(
      api::bind<model::TransactGetItems>(service, transact_get_items, transact_get_items_accesses));
  handlers.push_back(
      api::bind<model::BatchGetItem>(service, batch_get_item, batch_get_item_accesses));
  handlers.push_back(
      api::bind<model::BatchWriteItem>(service, batch_write_item, batch_write_item_accesses));
  handlers.push_back(api::bind<model::TagResource>(service, tag_resource));
  handlers.push_back(api::bind<model::UntagResource>(service, untag_resource));
  handlers.push_back(api::bind<model::ListTagsOfResource>(service, list_tags_of_resource));
  return handlers;
}

}  // namespace dyad::dynamodb
