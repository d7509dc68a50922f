#include "services/dynamodb/test_service.h"

namespace dyad::dynamodb {
namespace {

using ItemOperations = OperationsTest;
INSTANTIATE_TEST_SUITE_P(Stores, ItemOperations, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

const std::string kMismatch = "The provided key element does not match the schema";
const std::string kOne = "1 validation error detected: ";
const std::string kInvalid = "One or more parameter values were invalid: ";
const std::string kFailed = "ConditionalCheckFailedException: The conditional request failed";

TEST_P(ItemOperations, PutGetDelete) {
  create_tables();
  expect({
      {"GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"a"}}})", "{}"},
      {"PutItem",
       R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"n":{"N":"1.50"},"b":{"B":"AAE="}}})", "{}"},
      {"GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"a"}}})",
       R"({"Item":{"b":{"B":"AAE="},"n":{"N":"1.5"},"pk":{"S":"a"}}})"},
      {"GetItem",
       R"({"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/Hash","Key":{"pk":{"S":"a"}},"ConsistentRead":true})",
       R"({"Item":{"b":{"B":"AAE="},"n":{"N":"1.5"},"pk":{"S":"a"}}})"},
      {"PutItem",
       R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"x":{"S":""}},"ReturnValues":"ALL_OLD"})",
       R"({"Attributes":{"b":{"B":"AAE="},"n":{"N":"1.5"},"pk":{"S":"a"}}})"},
      {"PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"new"}},"ReturnValues":"ALL_OLD"})",
       "{}"},
      {"DeleteItem", R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},"ReturnValues":"ALL_OLD"})",
       R"({"Attributes":{"pk":{"S":"a"},"x":{"S":""}}})"},
      {"DeleteItem", R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},"ReturnValues":"ALL_OLD"})",
       "{}"},
      {"GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"a"}}})", "{}"},
      {"GetItem", R"({"TableName":"Nowhere","Key":{"pk":{"S":"a"}}})",
       "ResourceNotFoundException: Requested resource not found"},
      {"PutItem", R"({"TableName":"Nowhere","Item":{"pk":{"S":"a"}}})",
       "ResourceNotFoundException: Requested resource not found"},
      {"DeleteItem",
       R"({"TableName":"arn:aws:dynamodb:eu-west-1:000000000000:table/Hash","Key":{"pk":{"S":"a"}}})",
       "ResourceNotFoundException: Requested resource not found"},
  });
}

TEST_P(ItemOperations, KeysAreCheckedAgainstTheSchema) {
  create_tables();
  const std::string empty =
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
      "contain an empty string value. Key: pk";
  const std::string hash_size =
      kInvalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes";
  expect_refusals(
      "GetItem",
      {
          {R"({"TableName":"Sorted","Key":{"pk":{"S":"a"}}})", kMismatch},
          {R"({"TableName":"Hash","Key":{"pk":{"N":"1"}}})", kMismatch},
          {R"({"TableName":"Hash","Key":{}})", kMismatch},
          {R"({"TableName":"Hash","Key":{"other":{"S":"a"}}})", kMismatch},
          {R"({"TableName":"Hash","Key":{"pk":{"S":"a"},"x":{"S":"a"}}})", kMismatch},
          {R"({"TableName":"Hash","Key":{"pk":{"S":""}}})", empty},
          {R"({"TableName":"Hash","Key":{"pk":{"S":")" + std::string(2049, 'k') + R"("}}})",
           hash_size},
      });
  expect_refusals(
      "PutItem",
      {
          {R"({"TableName":"Hash","Item":{"a":{"S":"a"}}})",
           kInvalid + "Missing the key pk in the item"},
          {R"({"TableName":"Sorted","Item":{"pk":{"S":"a"}}})",
           kInvalid + "Missing the key sk in the item"},
          {R"({"TableName":"Hash","Item":{"pk":{"N":"1"}}})",
           kInvalid + "Type mismatch for key pk expected: S actual: N"},
          {R"({"TableName":"Hash","Item":{"pk":{"S":""}}})", empty},
          {R"({"TableName":"Sorted","Item":{"pk":{"S":"a"},"sk":{"S":")" + std::string(1025, 'k') +
               R"("}}})",
           kInvalid +
               "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"},
          {R"({"TableName":"Sorted","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"gsk":{"S":"x"}}})",
           kInvalid + "Type mismatch for Index Key gsk Expected: N Actual: S IndexName: gsi"},
          {R"({"TableName":"Sorted","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"gpk":{"S":""},"gsk":{"N":"1"}}})",
           "One or more parameter values are not valid. A value specified for a secondary index "
           "key is "
           "not supported. The AttributeValue for a key attribute cannot contain an empty string "
           "value. "
           "IndexName: gsi, IndexKey: gpk"},
      });
  expect_refusals(
      "UpdateItem",
      {
          {R"({"TableName":"Hash","Key":{"pk":{"S":""}}})", empty},
          {R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET pk = :v","ExpressionAttributeValues":{":v":{"S":"b"}}})",
           kInvalid + "Cannot update attribute pk. This attribute is part of the key"},
          {R"({"TableName":"Sorted","Key":{"pk":{"S":"a"},"sk":{"S":"b"}},"UpdateExpression":"REMOVE sk"})",
           kInvalid + "Cannot update attribute sk. This attribute is part of the key"},
          {R"({"TableName":"Sorted","Key":{"pk":{"S":"a"},"sk":{"S":"b"}},"UpdateExpression":"SET gpk = :v","ExpressionAttributeValues":{":v":{"S":""}}})",
           "One or more parameter values are not valid. The update expression attempted to update "
           "a "
           "secondary index key to a value that is not supported. The AttributeValue for a key "
           "attribute "
           "cannot contain an empty string value."},
      });
  expect_refusals("DeleteItem", {{R"({"TableName":"Hash","Key":{"pk":{"B":"AA=="}}})", kMismatch}});
}

TEST_P(ItemOperations, ConditionsDecideAndTellTheItemWhereAsked) {
  create_tables();
  const std::string put =
      R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"v":{"N":"1"}},"ConditionExpression":"attribute_not_exists(pk) ")";
  expect({
      {"PutItem", put + "}", "{}"},
      {"PutItem", put + "}", kFailed},
      {"PutItem", put + R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"})",
       kFailed + R"( {"Item":{"pk":{"S":"a"},"v":{"N":"1"}}})"},
      {"UpdateItem",
       R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET v = :n","ConditionExpression":"v = :o",
         "ExpressionAttributeValues":{":n":{"N":"2"},":o":{"N":"7"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"})",
       kFailed + R"( {"Item":{"pk":{"S":"a"},"v":{"N":"1"}}})"},
      {"UpdateItem",
       R"({"TableName":"Hash","Key":{"pk":{"S":"ghost"}},"UpdateExpression":"SET v = :n","ConditionExpression":"attribute_exists(pk) ",
         "ExpressionAttributeValues":{":n":{"N":"2"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"})",
       kFailed},
      {"GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"ghost"}}})", "{}"},
      {"DeleteItem",
       R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},"ConditionExpression":"#v > :o","ExpressionAttributeNames":{"#v":"v"},"ExpressionAttributeValues":{":o":{"N":"1"}}})",
       kFailed},
      {"DeleteItem",
       R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},"ConditionExpression":"#v >= :o","ExpressionAttributeNames":{"#v":"v"},"ExpressionAttributeValues":{":o":{"N":"1"}}})",
       "{}"},
  });
}

TEST_P(ItemOperations, UpdatesMakeChangeAndReturn) {
  create_tables();
  const std::string key = R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},)";
  const std::string add =
      R"("UpdateExpression":"ADD n :one SET l = if_not_exists(l, :l) ","ExpressionAttributeValues":{":one":{"N":"1"},":l":{"L":[]}},)";
  expect({
      {"UpdateItem", R"({"TableName":"Hash","Key":{"pk":{"S":"bare"}},"ReturnValues":"ALL_NEW"})",
       R"({"Attributes":{"pk":{"S":"bare"}}})"},
      {"UpdateItem", key + add + R"("ReturnValues":"UPDATED_OLD"})", "{}"},
      {"UpdateItem", key + add + R"("ReturnValues":"UPDATED_NEW"})",
       R"({"Attributes":{"l":{"L":[]},"n":{"N":"2"}}})"},
      {"UpdateItem", key + add + R"("ReturnValues":"UPDATED_OLD"})",
       R"({"Attributes":{"l":{"L":[]},"n":{"N":"2"}}})"},
      {"UpdateItem", key + add + R"("ReturnValues":"ALL_OLD"})",
       R"({"Attributes":{"l":{"L":[]},"n":{"N":"3"},"pk":{"S":"a"}}})"},
      {"UpdateItem", key + add + R"("ReturnValues":"ALL_NEW"})",
       R"({"Attributes":{"l":{"L":[]},"n":{"N":"5"},"pk":{"S":"a"}}})"},
      {"UpdateItem", key + R"("UpdateExpression":"REMOVE l, nothing"})", "{}"},
      {"GetItem", key.substr(0, key.size() - 1) + R"(,"ProjectionExpression":"n, l"})",
       R"({"Item":{"n":{"N":"5"}}})"},
      {"UpdateItem", key + R"("UpdateExpression":"SET a = b"})",
       "ValidationException: The provided expression refers to an attribute that does not exist in "
       "the item"},
      {"UpdateItem",
       key + R"("UpdateExpression":"SET m.x = :v","ExpressionAttributeValues":{":v":{"N":"1"}}})",
       "ValidationException: The document path provided in the update expression is invalid for "
       "update"},
  });
}

TEST_P(ItemOperations, RequestsAreCheckedBeforeTheTableIsLookedFor) {
  const std::string put = R"({"TableName":"Nowhere","Item":{"pk":{"S":"a"}},)";
  expect_refusals(
      "PutItem",
      {
          {put + R"("ExpressionAttributeValues":{":v":{"S":"x"}}})",
           kOne + "ExpressionAttributeValues can only be specified when using expressions"},
          {put + R"("ExpressionAttributeNames":{"#a":"a"}})",
           kOne + "ExpressionAttributeNames can only be specified when using expressions"},
          {put + R"("ConditionExpression":""})",
           kOne + "Invalid ConditionExpression: The expression can not be empty;"},
          {put + R"("ConditionExpression":"a = :v"})",
           kOne + "Invalid ConditionExpression: An expression attribute value used in expression "
                  "is not "
                  "defined; attribute value: :v"},
          {put +
               R"("ConditionExpression":"attribute_exists(a) ","ExpressionAttributeValues":{":v":{"S":"x"}}})",
           kOne + "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"},
          {put +
               R"("ConditionExpression":"attribute_exists(a) ","Expected":{"a":{"Exists":false}}})",
           kOne + "Can not use both expression and non-expression parameters in the same request: "
                  "Non-expression parameters: {Expected} Expression parameters: "
                  "{ConditionExpression}"},
          {put + R"("ReturnValues":"ALL_NEW"})", kOne + "ReturnValues can only be ALL_OLD or NONE"},
          {put + R"("ConditionExpression":"attribute_exists(a) ","ExpressionAttributeValues":{}})",
           kOne + "ExpressionAttributeValues must not be empty"},
      });
  const std::string update = R"({"TableName":"Nowhere","Key":{"pk":{"S":"a"}},)";
  expect_refusals(
      "UpdateItem",
      {
          {update + R"("UpdateExpression":"INVALID SYNTAX HERE"})",
           kOne +
               R"(Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX")"},
          {update + R"("UpdateExpression":""})",
           kOne + "Invalid UpdateExpression: The expression can not be empty;"},
          {update +
               R"("UpdateExpression":"SET a = :v","ExpressionAttributeValues":{":v":{"S":"x"}},"AttributeUpdates":{"a":{"Value":{"S":"x"}}}})",
           kOne + "Can not use both expression and non-expression parameters in the same request: "
                  "Non-expression parameters: {AttributeUpdates} Expression parameters: "
                  "{UpdateExpression}"},
      });
  expect_refusals("GetItem",
                  {
                      {update + R"("ProjectionExpression":"!!"})",
                       R"(Invalid ProjectionExpression: Syntax error; token: "!", near: "!!")"},
                      {update + R"("ProjectionExpression":"a, a.b"})",
                       "Invalid ProjectionExpression: Two document paths overlap with each other; "
                       "must remove or "
                       "rewrite one of these paths; path one: [a], path two: [a, b]"},
                      {update + R"("ExpressionAttributeNames":{"#a":"a"}})",
                       "ExpressionAttributeNames can only be specified when using expressions"},
                      {update + R"("AttributesToGet":["a","a"]})",
                       kInvalid + "Duplicate value in attribute name: a"},
                  });
}

TEST_P(ItemOperations, NumbersAndRepeatedMembersAreWordedByTheOperation) {
  const std::string number = "The parameter cannot be converted to a numeric value";
  const std::string repeat = kInvalid + R"(Input collection ["a", "b", "b"] contains duplicates.)";
  const auto values = [](std::string_view operand) {
    return R"("ExpressionAttributeValues":{":v":)" + std::string(operand) + "}}";
  };
  const std::string_view text = R"({"N":"b"})", none = R"({"N":""})",
                         set = R"({"SS":["b","a","b"]})";
  const std::string put =
      R"({"TableName":"Hash","Item":{"pk":{"S":"a"}},"ConditionExpression":"a = :v",)";
  expect_refusals("PutItem", {{put + values(text), kOne + number + ": b"},
                              {put + values(none), kOne + number + ": "},
                              {put + values(set), kOne + repeat}});
  const std::string key = R"({"TableName":"Hash","Key":{"pk":)";
  for (const char* operation : {"UpdateItem", "DeleteItem"}) {
    expect_refusals(operation, {{key + std::string(text) + "}}", kOne + number + ": b"},
                                {key + std::string(set) + "}}", kOne + repeat}});
  }
  expect_refusals("GetItem", {{key + std::string(none) + "}}", number + ": "},
                              {key + std::string(set) + "}}", repeat}});
  const std::string query = R"({"TableName":"Hash","KeyConditionExpression":"pk = :v",)";
  expect_refusals("Query", {{query + values(text), number + ": b"}, {query + values(set), repeat}});
  // Scan and transactions have not moved: the placeholder is named, the members are as given.
  const std::string scan = R"({"TableName":"Hash","FilterExpression":"a = :v",)";
  const std::string named = "ExpressionAttributeValues contains invalid value: ";
  expect_refusals("Scan", {{scan + values(none), named + number + " for key :v"},
                           {scan + values(set), named + kInvalid +
                                                    "Input collection [b, a, b] contains "
                                                    "duplicates. for key :v"}});
}

TEST_P(ItemOperations, WrongValuesAreWordedByTheirPlace) {
  const std::string null_text = kInvalid + "Null attribute value types must have the value of true";
  const std::string empty_set = kInvalid + "An string set  may not be empty";
  const std::string no_type =
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
  expect_refusals(
      "PutItem",
      {
          {R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"x":{"NULL":false}}})", kOne + null_text},
          {R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"x":{"SS":[]}}})", kOne + empty_set},
          {R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"x":{}}})", no_type},
          {R"({"TableName":"Hash","Item":{"pk":{"S":"a"}},"ConditionExpression":"a = :v","ExpressionAttributeValues":{":v":{"SS":[]}}})",
           kOne + "ExpressionAttributeValues contains invalid value: " + empty_set + " for key :v"},
          {R"({"TableName":"Hash","Item":{"pk":{"S":"a"}},"ConditionExpression":"a = :v","ExpressionAttributeValues":{":v":{"NULL":false}}})",
           kOne + null_text},
      });
  expect_refusals("UpdateItem",
                  {
                      {R"({"TableName":"Hash","Key":{"pk":{"NULL":false}}})", kOne + null_text},
                      {R"({"TableName":"Hash","Key":{"pk":{"SS":[]}}})", empty_set},
                  });
  expect_refusals("GetItem", {{R"({"TableName":"Hash","Key":{"pk":{"NULL":false}}})", null_text}});
  expect_refusals("Scan", {{R"({"TableName":"Hash","ExclusiveStartKey":{"pk":{}}})",
                            "The provided starting key is invalid: " + no_type}});
  EXPECT_EQ(run("PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":1}}})"),
            "SerializationException: NUMBER_VALUE cannot be converted to String");
}

TEST_P(ItemOperations, ItemsMayHaveExactly409600Bytes) {
  create_tables();
  // pk + 1, big + n bytes.
  const auto item = [](std::size_t n) {
    return R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"big":{"S":")" + std::string(n, 'x') +
           R"("}}})";
  };
  EXPECT_EQ(run("PutItem", item(409600 - 6)), "{}");
  expect_refusals("PutItem",
                  {{item(409600 - 5), "Item size has exceeded the maximum allowed size"}});
  const std::string update =
      R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET c = :v","ExpressionAttributeValues":{":v":{"S":")";
  expect_refusals("UpdateItem", {{update + R"("}}})",
                                  "Item size to update has exceeded the maximum allowed size"}});
  EXPECT_EQ(run("PutItem", item(409600 - 7)), "{}");
  EXPECT_EQ(run("UpdateItem", update + R"("}}})"), "{}");
}

TEST_P(ItemOperations, ConsumedCapacityByAmazonsArithmetic) {
  create_tables();
  const std::string big(1100, 'x');
  const std::string item = R"("pk":{"S":"a"},"sk":{"S":"b"})";
  const std::string indexed = R"({)" + item +
                              R"(,"gpk":{"S":"g"},"gsk":{"N":"1"},"lsk":{"S":"l"},"big":{"S":")" +
                              big + R"("}})";
  expect({
      {"PutItem",
       R"({"TableName":"Hash","Item":{"pk":{"S":"a"}},"ReturnConsumedCapacity":"TOTAL"})",
       R"({"ConsumedCapacity":{"TableName":"Hash","CapacityUnits":1.0}})"},
      {"PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"a"}},"ReturnConsumedCapacity":"NONE"})",
       "{}"},
      {"GetItem",
       R"({"TableName":"Hash","Key":{"pk":{"S":"none"}},"ReturnConsumedCapacity":"INDEXES"})",
       R"({"ConsumedCapacity":{"TableName":"Hash","CapacityUnits":0.5,"Table":{"CapacityUnits":0.5}}})"},
      {"GetItem",
       R"({"TableName":"Hash","Key":{"pk":{"S":"none"}},"ConsistentRead":true,"ReturnConsumedCapacity":"TOTAL"})",
       R"({"ConsumedCapacity":{"TableName":"Hash","CapacityUnits":1.0}})"},
      // The table's row has two KiB begun, those of the indexes one each.
      {"PutItem",
       R"({"TableName":"Sorted","Item":)" + indexed + R"(,"ReturnConsumedCapacity":"INDEXES"})",
       R"({"ConsumedCapacity":{"TableName":"Sorted","CapacityUnits":4.0,"Table":{"CapacityUnits":2.0},)"
       R"("LocalSecondaryIndexes":{"lsi":{"CapacityUnits":1.0}},"GlobalSecondaryIndexes":{"gsi":{"CapacityUnits":1.0}}}})"},
      // Nothing that the indexes show changes.
      {"PutItem",
       R"({"TableName":"Sorted","Item":)" + indexed + R"(,"ReturnConsumedCapacity":"INDEXES"})",
       R"({"ConsumedCapacity":{"TableName":"Sorted","CapacityUnits":2.0,"Table":{"CapacityUnits":2.0}}})"},
      // Another index key: one row erased, one written.
      {"UpdateItem",
       R"({"TableName":"Sorted","Key":{)" + item +
           R"(},"UpdateExpression":"SET gsk = :v","ExpressionAttributeValues":{":v":{"N":"2"}},"ReturnConsumedCapacity":"INDEXES"})",
       R"({"ConsumedCapacity":{"TableName":"Sorted","CapacityUnits":4.0,"Table":{"CapacityUnits":2.0},"GlobalSecondaryIndexes":{"gsi":{"CapacityUnits":2.0}}}})"},
      {"DeleteItem",
       R"({"TableName":"Sorted","Key":{)" + item + R"(},"ReturnConsumedCapacity":"TOTAL"})",
       R"({"ConsumedCapacity":{"TableName":"Sorted","CapacityUnits":4.0}})"},
      {"PutItem",
       R"({"TableName":"Sorted","Item":{)" + item + R"(},"ReturnItemCollectionMetrics":"SIZE"})",
       R"({"ItemCollectionMetrics":{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}})"},
      {"PutItem",
       R"({"TableName":"Hash","Item":{"pk":{"S":"a"}},"ReturnItemCollectionMetrics":"SIZE"})",
       "{}"},
  });
}

TEST_P(ItemOperations, ParametersFromBeforeExpressions) {
  create_tables();
  const std::string key = R"({"TableName":"Hash","Key":{"pk":{"S":"a"}},)";
  expect({
      {"PutItem",
       R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"n":{"N":"1"},"s":{"SS":["x","y"]}},"Expected":{"pk":{"Exists":false}}})",
       "{}"},
      {"PutItem",
       R"({"TableName":"Hash","Item":{"pk":{"S":"a"}},"Expected":{"pk":{"Exists":false}}})",
       kFailed},
      {"PutItem",
       R"({"TableName":"Hash","Item":{"pk":{"S":"a"}},"Expected":{"n":{"Value":{"N":"2"}}}})",
       kFailed},
      {"UpdateItem",
       key +
           R"("AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"4"}},"s":{"Action":"DELETE","Value":{"SS":["x"]}},
         "l":{"Action":"ADD","Value":{"L":[{"S":"e"}]}},"p":{"Value":{"S":"put"}}},
         "Expected":{"n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"1"},{"N":"3"}]},"q":{"ComparisonOperator":"NULL"}},"ReturnValues":"ALL_NEW"})",
       R"({"Attributes":{"l":{"L":[{"S":"e"}]},"n":{"N":"5"},"p":{"S":"put"},"pk":{"S":"a"},"s":{"SS":["y"]}}})"},
      {"UpdateItem",
       key +
           R"("AttributeUpdates":{"p":{"Action":"DELETE"}},"Expected":{"n":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"9"}]},
         "p":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"S":"pu"}]}},"ConditionalOperator":"OR","ReturnValues":"UPDATED_OLD"})",
       R"({"Attributes":{"p":{"S":"put"}}})"},
      {"GetItem", key + R"("AttributesToGet":["n","p"]})", R"({"Item":{"n":{"N":"5"}}})"},
      {"DeleteItem",
       key +
           R"("Expected":{"n":{"ComparisonOperator":"IN","AttributeValueList":[{"N":"4"},{"N":"5"}]}}})",
       "{}"},
  });
  expect_refusals(
      "DeleteItem",
      {
          {key + R"("Expected":{"a":{"Exists":true}}})",
           kOne + kInvalid + "Value must be provided when Exists is true for Attribute: a"},
          {key + R"("Expected":{"a":{"Exists":false,"Value":{"S":"x"}}}})",
           kOne + kInvalid + "Value cannot be used when Exists is false for Attribute: a"},
          {key +
               R"("Expected":{"a":{"Value":{"S":"x"},"ComparisonOperator":"EQ","AttributeValueList":[{"S":"x"}]}}})",
           kOne + kInvalid +
               "Value and AttributeValueList cannot be used together for Attribute: a"},
          {key + R"("Expected":{"a":{"ComparisonOperator":"EQ"}}})",
           kOne + kInvalid +
               "Value or AttributeValueList must be used with ComparisonOperator: EQ for "
               "Attribute: a"},
          {key +
               R"("Expected":{"a":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"S":"x"}]}}})",
           kOne + kInvalid + "Invalid number of argument(s) for the BETWEEN ComparisonOperator"},
      });
  expect_refusals(
      "UpdateItem",
      {
          {key + R"("AttributeUpdates":{"a":{"Action":"ADD"}}})",
           kOne + kInvalid + "Only DELETE action is allowed when no attribute value is specified"},
          {key + R"("AttributeUpdates":{"a":{"Action":"DELETE","Value":{"S":"x"}}}})",
           kOne + kInvalid + "DELETE action with value is not supported for the type S"},
          {key + R"("AttributeUpdates":{"pk":{"Value":{"S":"x"}}}})",
           kInvalid + "Cannot update attribute pk. This attribute is part of the key"},
      });
}

Task<void> create_item(TestService& service, int creator, int& won, int& finished) {
  const std::string answer = co_await service.call(
      "PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"one"},"by":{"N":")" +
                     std::to_string(creator) +
                     R"("}},"ConditionExpression":"attribute_not_exists(pk) "})");
  if (answer == "{}") {
    ++won;
  } else {
    EXPECT_EQ(answer, kFailed);
  }
  ++finished;
}

TEST_P(ItemOperations, OfRacingCreatorsExactlyOneWins) {
  create_tables();
  constexpr int kCreators = 32;
  for (int round = 0; round < 8; ++round) {
    int won = 0;
    int finished = 0;
    for (int i = 0; i < kCreators; ++i)
      service_.simulation().executor().spawn(create_item(service_, i, won, finished));
    while (finished < kCreators) service_.simulation().run_for_ms(1);
    EXPECT_EQ(won, 1);
    EXPECT_EQ(run("DeleteItem", R"({"TableName":"Hash","Key":{"pk":{"S":"one"}}})"), "{}");
  }
}

}  // namespace
}  // namespace dyad::dynamodb
