#include <cstddef>
#include <string>

#include "services/dynamodb/test_service.h"

// Limits of DynamoDB at their last byte and one past it. The sizes of items are those that
// nubo-db/dynamodb-conformance measured (tier3/limits, August 2026); other limits are the developer
// guide's.

namespace dyad::dynamodb {
namespace {

using Limits = OperationsTest;
INSTANTIATE_TEST_SUITE_P(Stores, Limits, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

constexpr std::size_t kMaxItem = 409600;
const std::string kOne = "1 validation error detected: ";
const std::string kInvalid = "One or more parameter values were invalid: ";
const std::string kTooLarge = "Item size has exceeded the maximum allowed size";
const std::string kUpdateTooLarge = "Item size to update has exceeded the maximum allowed size";

std::string text(std::size_t bytes) {
  return std::string(bytes, 'x');
}
std::string string_value(std::size_t bytes) {
  return R"({"S":")" + text(bytes) + R"("})";
}

/// {"pk":"a","p":...} of so many bytes.
std::string hash_item(std::size_t bytes, const std::string& pk = "a") {
  return R"({"pk":{"S":")" + pk + R"("},"p":)" + string_value(bytes - 2 - pk.size() - 1) + "}";
}
std::string put(const std::string& item) {
  return R"({"TableName":"Hash","Item":)" + item + "}";
}
std::string transact(const std::string& action) {
  return R"({"TransactItems":[)" + action + "]}";
}
std::string refused(const std::string& message) {
  return "ValidationException: " + message;
}

TEST_P(Limits, ItemsOfPutsAndTransactions) {
  create_tables();
  expect({
      {"PutItem", put(hash_item(kMaxItem)), "{}"},
      {"PutItem", put(hash_item(kMaxItem + 1)), refused(kTooLarge)},
      {"TransactWriteItems", transact(R"({"Put":)" + put(hash_item(kMaxItem, "b")) + "}"), "{}"},
      {"TransactWriteItems", transact(R"({"Put":)" + put(hash_item(kMaxItem + 1)) + "}"),
       refused(kTooLarge)},
  });
  // What indexes copy does not count.
  const std::string sorted =
      R"({"TableName":"Sorted","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"gpk":{"S":"g"},"gsk":{"N":"1"},"lsk":{"S":"l"},"p":)";
  const std::size_t others = 3 + 3 + 4 + 5 + 4 + 1;
  expect({
      {"PutItem", sorted + string_value(kMaxItem - others) + "}}", "{}"},
      {"PutItem", sorted + string_value(kMaxItem - others + 1) + "}}", refused(kTooLarge)},
  });
}

TEST_P(Limits, TransactedUpdatesMeasureTheItemAlone) {
  create_tables();
  const auto update = [](std::size_t bytes) {
    return transact(
        R"({"Update":{"TableName":"Hash","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET p = :p","ExpressionAttributeValues":{":p":)" +
        string_value(bytes - 4) + "}}}");
  };
  EXPECT_EQ(run("TransactWriteItems", update(kMaxItem)), "{}");
  EXPECT_TRUE(run("TransactWriteItems", update(kMaxItem + 1))
                  .starts_with("TransactionCanceledException: "));
  EXPECT_NE(run("TransactWriteItems", update(kMaxItem + 1)).find(kUpdateTooLarge),
            std::string::npos);
}

/// An UpdateItem and the largest value of :p that it may have.
struct UpdateShape {
  std::string expression;
  std::string others;  ///< Of ExpressionAttributeValues, with a comma before.
  std::string seed;    ///< Attributes of the item before, with a comma before.
  std::size_t value = 0;
};

TEST_P(Limits, UpdatesCountWhatTheyWriteAndTheirActions) {
  create_tables();
  // The update itself takes 3 bytes, SET and ADD 19 each, REMOVE and DELETE 2, a list index 1.
  const UpdateShape shapes[] = {
      {"SET b = :p", "", "", kMaxItem - 22 - 1},
      {"SET b = :p, c = :c", R"(,":c":{"S":"y"})", "", kMaxItem - 41 - 1 - 2},
      {"SET b = :p, c = :c", R"(,":c":)" + string_value(500), "", kMaxItem - 41 - 1 - 501},
      {"SET b = :p REMOVE r", "", R"(,"r":{"S":"z"})", kMaxItem - 24 - 1},
      {"SET b = :p ADD n :n", R"(,":n":{"N":"1"})", "", kMaxItem - 41 - 1 - 3},
      {"SET b = :p DELETE s :s", R"(,":s":{"SS":["a"]})", R"(,"s":{"SS":["a","b"]})",
       kMaxItem - 24 - 1 - 2},
      // What is not touched is not counted, ...
      {"SET b = :p", "", R"(,"u":{"S":"yyyyyyyyyy"})", kMaxItem - 22 - 1},
      // ... what is touched is, whole: 3 bytes of map or list, one of its member, the names.
      {"SET d.leaf = :p", "", R"(,"d":{"M":{}})", kMaxItem - 22 - 1 - 3 - 1 - 4},
      {"SET d[0] = :p", "", R"(,"d":{"L":[]})", kMaxItem - 23 - 1 - 3 - 1},
  };
  for (const UpdateShape& shape : shapes) {
    for (const std::size_t past : {1u, 0u}) {
      run("PutItem", put(R"({"pk":{"S":"K"})" + shape.seed + "}"));
      const std::string answer =
          run("UpdateItem", R"({"TableName":"Hash","Key":{"pk":{"S":"K"}},"UpdateExpression":")" +
                                shape.expression + R"(","ExpressionAttributeValues":{":p":)" +
                                string_value(shape.value + past) + shape.others + "}}");
      EXPECT_EQ(answer, past ? refused(kUpdateTooLarge) : "{}") << shape.expression;
    }
  }
}

TEST_P(Limits, UpdatesOfLongKeysAreHeldToTheItem) {
  create_tables();
  const std::string pk = text(100);
  const auto update = [&](std::size_t bytes) {
    return R"({"TableName":"Hash","Key":{"pk":{"S":")" + pk +
           R"("}},"UpdateExpression":"SET b = :p","ExpressionAttributeValues":{":p":)" +
           string_value(bytes - 102 - 1) + "}}";
  };
  expect({{"UpdateItem", update(kMaxItem + 1), refused(kUpdateTooLarge)},
          {"UpdateItem", update(kMaxItem), "{}"}});
}

TEST_P(Limits, KeysInBytes) {
  create_tables();
  const auto hash = [](std::size_t bytes) { return R"({"pk":)" + string_value(bytes) + "}"; };
  const auto sorted = [](std::size_t bytes) {
    return R"({"pk":{"S":"a"},"sk":)" + string_value(bytes) + "}";
  };
  const std::string hash_size =
      refused(kInvalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes");
  const std::string range_size = refused(
      kInvalid + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
  for (const char* operation : {"GetItem", "UpdateItem", "DeleteItem"}) {
    expect({
        {operation, R"({"TableName":"Hash","Key":)" + hash(2048) + "}", "{}"},
        {operation, R"({"TableName":"Hash","Key":)" + hash(2049) + "}", hash_size},
        {operation, R"({"TableName":"Sorted","Key":)" + sorted(1024) + "}", "{}"},
        {operation, R"({"TableName":"Sorted","Key":)" + sorted(1025) + "}", range_size},
    });
  }
  expect({
      {"PutItem", put(hash(2048)), "{}"},
      {"PutItem", put(hash(2049)), hash_size},
      {"PutItem", R"({"TableName":"Sorted","Item":)" + sorted(1024) + "}", "{}"},
      {"PutItem", R"({"TableName":"Sorted","Item":)" + sorted(1025) + "}", range_size},
  });
}

TEST_P(Limits, NestingOfValuesWhereverTheyStand) {
  create_tables();
  const auto nested = [](int maps) {
    std::string value = R"({"S":"x"})";
    for (int i = 0; i < maps; ++i) value = R"({"M":{"a":)" + value + "}}";
    return value;
  };
  const std::string deep =
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
      "beyond supported limit";
  const std::string named = "ExpressionAttributeValues contains invalid value: ";
  const auto update = [&](int maps) {
    return R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET n = :v","ExpressionAttributeValues":{":v":)" +
           nested(maps) + "}}";
  };
  const auto read = [&](const std::string& head, int maps) {
    return head + R"("FilterExpression":"a = :v","ExpressionAttributeValues":{":v":)" +
           nested(maps) + "}}";
  };
  expect({
      {"PutItem", put(R"({"pk":{"S":"a"},"n":)" + nested(31) + "}"), "{}"},
      {"PutItem", put(R"({"pk":{"S":"a"},"n":)" + nested(32) + "}"), refused(kOne + deep)},
      {"UpdateItem", update(31), "{}"},
      // As us-east-1 said in August 2026; the placeholder is not named.
      {"UpdateItem", update(32), refused(kOne + deep)},
      {"Scan", read(R"({"TableName":"Sorted",)", 31), R"({"Items":[],"Count":0,"ScannedCount":0})"},
      {"Scan", read(R"({"TableName":"Sorted",)", 32), refused(named + deep + " for key :v")},
      {"TransactWriteItems",
       transact(R"({"Put":)" + put(R"({"pk":{"S":"a"},"n":)" + nested(32) + "}") + "}"),
       refused(deep)},
  });
}

TEST_P(Limits, ValuesOfTwoMegabytesAreTaken) {
  create_tables();
  const auto scan = [](std::size_t value_bytes) {
    return R"({"TableName":"Hash","FilterExpression":"a = :v","ExpressionAttributeValues":{":v":)" +
           string_value(value_bytes) + "}}";
  };
  expect({{"Scan", scan(2 << 20), R"({"Items":[],"Count":0,"ScannedCount":0})"}});
  expect_refusals("Scan", {{scan((2 << 20) + 1),
                            "ExpressionAttributeNames and ExpressionAttributeValues have exceeded "
                            "the maximum allowed size"}});
}

TEST_P(Limits, WhatSingleWritesCheckThemselves) {
  const std::string values =
      "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, "
      "ALL_NEW, UPDATE_NEW, NONE]";
  const std::string capacity =
      "Value 'X' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy "
      "enum value set: [INDEXES, TOTAL, NONE]";
  const std::string metrics = "ReturnItemCollectionMetrics can only be SIZE or NONE";
  const std::string no_table =
      kOne +
      "Value at 'TableName' failed to satisfy constraint: Member must have length greater than or "
      "equal to 1";
  const std::string three =
      R"("ReturnConsumedCapacity":"X","ReturnItemCollectionMetrics":"X","ReturnValues":"X"})";
  const auto with = [](const std::string& table, const std::string& row, const std::string& rest) {
    return R"({"TableName":")" + table + R"(",")" + row + R"(":{},)" + rest;
  };
  const auto is = [](const std::string& row) {
    return row == "PutItem" ? std::string("Item") : std::string("Key");
  };
  for (const std::string operation : {"PutItem", "DeleteItem"}) {
    expect_refusals(operation,
                    {{with("Nowhere", is(operation), three),
                      "3 validation errors detected: " + capacity + "; " + values + "; " + metrics},
                     {with("", is(operation), three), no_table}});
  }
  expect_refusals("UpdateItem",
                  {{with("Nowhere", "Key", three), kOne + values},
                   {with("", "Key", three), no_table},
                   {with("Nowhere", "Key", R"("ReturnConsumedCapacity":"X"})"), kOne + capacity},
                   {with("x!", "Key", three),
                    kOne + "Value 'x!' at 'tableName' failed to satisfy constraint: Member must "
                           "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
                   {with(text(256), "Key", three),
                    kOne + "Value '" + text(256) +
                        "' at 'tableName' failed to satisfy constraint: Member must have length "
                        "less than or equal to 255"},
                   {R"({"Key":{}})",
                    kOne + "Value null at 'tableName' failed to satisfy constraint: Member must "
                           "not be null"}});
}

}  // namespace
}  // namespace dyad::dynamodb
