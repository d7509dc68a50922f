#include "services/dynamodb/operations.h"

namespace dyad::dynamodb {

std::vector<std::unique_ptr<api::OperationHandler>> dynamodb_operations(DynamoDbService& service) {
  std::vector<std::unique_ptr<api::OperationHandler>> handlers;
  handlers.push_back(api::bind<model::CreateTable>(service, create_table));
  handlers.push_back(api::bind<model::DescribeTable>(service, describe_table));
  handlers.push_back(api::bind<model::ListTables>(service, list_tables));
  handlers.push_back(api::bind<model::DeleteTable>(service, delete_table));
  handlers.push_back(api::bind<model::PutItem>(service, put_item));
  handlers.push_back(api::bind<model::GetItem>(service, get_item));
  handlers.push_back(api::bind<model::UpdateItem>(service, update_item));
  handlers.push_back(api::bind<model::DeleteItem>(service, delete_item));
  handlers.push_back(api::bind<model::Query>(service, query));
  handlers.push_back(api::bind<model::Scan>(service, scan));
  handlers.push_back(api::bind<model::TransactWriteItems>(service, transact_write_items));
  return handlers;
}

}  // namespace dyad::dynamodb
