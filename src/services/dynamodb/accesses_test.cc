#include "services/dynamodb/accesses.h"

#include <gtest/gtest.h>

#include "api/dynamodb/get_item.h"
#include "api/dynamodb/query.h"

namespace dyad::dynamodb {
namespace {

api::RequestContext here() {
  api::RequestContext context;
  context.region = "us-east-1";
  context.account_id = "000000000000";
  return context;
}

std::string shown(const Accesses& accesses) {
  std::string text;
  for (const auth::Access& access : accesses) {
    const std::string prefix = "arn:aws:dynamodb:us-east-1:000000000000:";
    EXPECT_TRUE(access.resource.starts_with(prefix)) << access.resource;
    text += access.action + " " + access.resource.substr(prefix.size()) + "\n";
  }
  return text;
}

TEST(Accesses, TablesAndTheirIndexes) {
  Accesses accesses;
  model::GetItemInput get;
  get.table_name = "Music";
  table_accesses<model::GetItem>(here(), get, accesses);
  model::QueryInput query;
  query.table_name = "arn:aws:dynamodb:us-east-1:000000000000:table/Music";
  query.index_name = "by-year";
  table_accesses<model::Query>(here(), query, accesses);
  EXPECT_EQ(shown(accesses),
            "dynamodb:GetItem table/Music\ndynamodb:Query table/Music/index/by-year\n");
}

TEST(Accesses, ATransactionIsAuthorisedByItsParts) {
  model::TransactWriteItemsInput input;
  input.transact_items.resize(5);
  input.transact_items[0].put.emplace().table_name = "A";
  input.transact_items[1].put.emplace().table_name = "A";
  input.transact_items[2].update.emplace().table_name = "A";
  input.transact_items[3].delete_.emplace().table_name = "B";
  input.transact_items[4].condition_check.emplace().table_name = "C";
  Accesses accesses;
  transact_write_items_accesses(here(), input, accesses);
  EXPECT_EQ(shown(accesses),
            "dynamodb:PutItem table/A\ndynamodb:UpdateItem table/A\ndynamodb:DeleteItem table/B\n"
            "dynamodb:ConditionCheckItem table/C\n");
  model::TransactGetItemsInput gets;
  gets.transact_items.resize(2);
  gets.transact_items[0].get.table_name = "A";
  gets.transact_items[1].get.table_name = "A";
  accesses.clear();
  transact_get_items_accesses(here(), gets, accesses);
  EXPECT_EQ(shown(accesses), "dynamodb:GetItem table/A\n");
}

TEST(Accesses, BatchesByTable) {
  model::BatchGetItemInput gets;
  gets.request_items["A"];
  gets.request_items["B"];
  Accesses accesses;
  batch_get_item_accesses(here(), gets, accesses);
  model::BatchWriteItemInput writes;
  writes.request_items["A"];
  batch_write_item_accesses(here(), writes, accesses);
  EXPECT_EQ(shown(accesses),
            "dynamodb:BatchGetItem table/A\ndynamodb:BatchGetItem table/B\n"
            "dynamodb:BatchWriteItem table/A\n");
}

}  // namespace
}  // namespace dyad::dynamodb
