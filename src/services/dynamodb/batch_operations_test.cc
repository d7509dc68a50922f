#include "runtime/all_of.h"
#include "services/dynamodb/test_service.h"
#include "table/key_place.h"

namespace dyad::dynamodb {
namespace {

class BatchOperations : public OperationsTest {
 protected:
  BatchOperations() { create_tables(); }

  static std::string put_of(const std::string& item) {
    return R"({"PutRequest":{"Item":)" + item + "}}";
  }
  /// How often `what` stands in `text`.
  static std::size_t count_of(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
      ++count;
    return count;
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, BatchOperations, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

TEST_P(BatchOperations, WritesAndReadsOfSeveralTables) {
  expect({
      {"BatchWriteItem",
       R"({"RequestItems":{"Hash":[{"PutRequest":{"Item":{"pk":{"S":"a"},"n":{"N":"1"},"m":{"M":{"x":{"S":"y"}}}}}},
           {"PutRequest":{"Item":{"pk":{"S":"b"}}}}],
           "Sorted":[{"PutRequest":{"Item":{"pk":{"S":"a"},"sk":{"S":"1"},"n":{"N":"2"}}}}]}})",
       R"({"UnprocessedItems":{}})"},
      // Projections are of their tables; keys are not added; what is not there is passed over.
      {"BatchGetItem",
       R"({"RequestItems":{"Hash":{"Keys":[{"pk":{"S":"b"}},{"pk":{"S":"a"}},{"pk":{"S":"none"}}],
             "ProjectionExpression":"#n, m.x","ExpressionAttributeNames":{"#n":"n"}},
           "Sorted":{"Keys":[{"pk":{"S":"a"},"sk":{"S":"1"}}],"AttributesToGet":["pk"]}}})",
       "ValidationException: Can not use both expression and non-expression parameters in the same "
       "request: Non-expression parameters: {AttributesToGet} Expression parameters: "
       "{ProjectionExpression}"},
      {"BatchGetItem",
       R"({"RequestItems":{"Hash":{"Keys":[{"pk":{"S":"b"}},{"pk":{"S":"a"}},{"pk":{"S":"none"}}],
             "ProjectionExpression":"#n, m.x","ExpressionAttributeNames":{"#n":"n"}},
           "Sorted":{"Keys":[{"pk":{"S":"a"},"sk":{"S":"1"}}]}}})",
       R"({"Responses":{"Hash":[{},{"m":{"M":{"x":{"S":"y"}}},"n":{"N":"1"}}],)"
       R"("Sorted":[{"n":{"N":"2"},"pk":{"S":"a"},"sk":{"S":"1"}}]},"UnprocessedKeys":{}})"},
      {"BatchGetItem", R"({"RequestItems":{"Hash":{"Keys":[{"pk":{"S":"none"}}]}}})",
       R"({"Responses":{"Hash":[]},"UnprocessedKeys":{}})"},
      // By ARN, under which the answer tells them.
      {"BatchGetItem",
       R"({"RequestItems":{"arn:aws:dynamodb:us-east-1:000000000000:table/Hash":{"Keys":[{"pk":{"S":"b"}}]}}})",
       R"({"Responses":{"arn:aws:dynamodb:us-east-1:000000000000:table/Hash":[{"pk":{"S":"b"}}]},"UnprocessedKeys":{}})"},
      {"BatchWriteItem",
       R"({"RequestItems":{"Hash":[{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}},{"PutRequest":{"Item":{"pk":{"S":"c"}}}},
           {"DeleteRequest":{"Key":{"pk":{"S":"never"}}}}]}})",
       R"({"UnprocessedItems":{}})"},
      {"BatchGetItem",
       R"({"RequestItems":{"Hash":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"b"}},{"pk":{"S":"c"}}],"ConsistentRead":true,
           "AttributesToGet":["pk"]}}})",
       R"({"Responses":{"Hash":[{"pk":{"S":"b"}},{"pk":{"S":"c"}}]},"UnprocessedKeys":{}})"},
  });
}

TEST_P(BatchOperations, BatchGetItemIsChecked) {
  const auto keys = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += (i ? "," : "") + std::string(R"({"pk":{"S":")") + std::to_string(i) + "\"}}";
    return "[" + text + "]";
  };
  expect_refusals(
      "BatchGetItem",
      {
          {"{}",
           "1 validation error detected: Value null at 'requestItems' failed to satisfy "
           "constraint: Member must not be null"},
          {R"({"RequestItems":{}})",
           "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: "
           "Member must have length greater than or equal to 1"},
          {R"({"RequestItems":{"Hash":{}}})",
           "1 validation error detected: Value null at 'requestItems.Hash.member.keys' failed to "
           "satisfy constraint: Member must not be null"},
          {R"({"RequestItems":{"Hash":{"Keys":)" + keys(101) + "}}}",
           "1 validation error detected: Value at 'RequestItems.Hash.member.Keys' failed to "
           "satisfy constraint: Member must have length less than or equal to 100"},
          {R"({"RequestItems":{"Hash":{"Keys":)" + keys(100) + R"(},"Other":{"Keys":)" + keys(1) +
               "}}}",
           "Too many items requested for the BatchGetItem call"},
          {R"({"RequestItems":{"a;b":{"Keys":[{"pk":{"S":"a"}}]}}})",
           "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Map "
           "keys must satisfy constraint: [Member must have length less than or equal to 255, "
           "Member must have length greater than or equal to 1, Member must satisfy regular "
           "expression pattern: [a-zA-Z0-9_.-]+]"},
          {R"({"RequestItems":{"None":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"a"}}]}}})",
           "Provided list of item keys contains duplicates"},
          {R"({"RequestItems":{"None":{"Keys":[{"pk":{"N":"1"}},{"pk":{"N":"1.0"}}]}}})",
           "Provided list of item keys contains duplicates"},
          {R"({"RequestItems":{"None":{"Keys":[{}],"AttributesToGet":["a","a"]}}})",
           "One or more parameter values were invalid: Duplicate value in attribute name: a"},
          {R"({"RequestItems":{"None":{"Keys":[{}],"ExpressionAttributeNames":{"#a":"a"}}}})",
           "ExpressionAttributeNames can only be specified when using expressions"},
          {R"({"RequestItems":{"None":{"Keys":[{}],"ProjectionExpression":"#a","ExpressionAttributeNames":{}}}})",
           "ExpressionAttributeNames must not be empty"},
          {R"({"RequestItems":{"None":{"Keys":[{}],"ProjectionExpression":""}}})",
           "Invalid ProjectionExpression: The expression can not be empty;"},
          {R"({"RequestItems":{"None":{"Keys":[{"pk":{"N":"x"}}]}}})",
           "The parameter cannot be converted to a numeric value: x"},
          {R"({"RequestItems":{"Hash":{"Keys":[{"pk":{"N":"1"}}]}}})",
           "The provided key element does not match the schema"},
          {R"({"RequestItems":{"Hash":{"Keys":[{"pk":{"S":"a"},"x":{"S":"a"}}]}}})",
           "The provided key element does not match the schema"},
          {R"({"RequestItems":{"Sorted":{"Keys":[{"pk":{"S":"a"}}]}}})",
           "The provided key element does not match the schema"},
      });
  expect({
      {"BatchGetItem",
       R"({"RequestItems":{"Hash":{"Keys":[{"pk":{"S":"a"}}]},"None":{"Keys":[{"pk":{"S":"a"}}]}}})",
       "ResourceNotFoundException: Requested resource not found"},
      {"BatchGetItem", R"({"RequestItems":{"None":{"Keys":[{}]}}})",
       "ResourceNotFoundException: Requested resource not found"},
      {"BatchGetItem", R"({"RequestItems":{"Hash":{"Keys":)" + keys(100) + "}}}",
       R"({"Responses":{"Hash":[]},"UnprocessedKeys":{}})"},
  });
}

TEST_P(BatchOperations, BatchWriteItemIsChecked) {
  const auto puts = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
      text += (i ? "," : "") + put_of(R"({"pk":{"S":")" + std::to_string(i) + "\"}}");
    return "[" + text + "]";
  };
  const std::string map_values =
      "at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member "
      "must have length less than or equal to 25, Member must have length greater than or equal "
      "to 1]";
  expect_refusals(
      "BatchWriteItem",
      {
          {R"({"RequestItems":{}})", "The requestItems parameter is required for BatchWriteItem"},
          {"{}",
           "1 validation error detected: Value null at 'requestItems' failed to satisfy "
           "constraint: Member must not be null"},
          {R"({"RequestItems":{"Hash":[]}})",
           "1 validation error detected: Value '{Hash=[]}' " + map_values},
          {R"({"RequestItems":{"None":[{}]}})",
           "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
           "the supported datatypes"},
          {R"({"RequestItems":{"Hash":)" + puts(25) + R"(,"Sorted":)" + puts(1) + "}}",
           "Too many items requested for the BatchWriteItem call"},
          {R"({"RequestItems":{"a;b":[{"DeleteRequest":{"Key":{}}}]}})",
           "1 validation error detected: Value "
           "'{a;b=[WriteRequest(deleteRequest=DeleteRequest(key=...))]}' at 'requestItems' failed "
           "to satisfy constraint: Map keys must satisfy constraint: [Member must have length less "
           "than or equal to 255, Member must have length greater than or equal to 1, Member must "
           "satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"},
          {R"({"RequestItems":{"None":[)" +
               put_of(R"({"pk":{"S":"a"},"b":{"S":")" + std::string(409600, 'x') + "\"}}") + "]}}",
           "Item size has exceeded the maximum allowed size"},
          {R"({"RequestItems":{"None":[{"PutRequest":{"Item":{"pk":{"N":"x"}}}}]}})",
           "The parameter cannot be converted to a numeric value: x"},
          // Put and deleted: once is enough.
          {R"({"RequestItems":{"Hash":[{"PutRequest":{"Item":{"pk":{"S":"a"},"x":{"S":"y"}}}},{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}}]}})",
           "Provided list of item keys contains duplicates"},
          {R"({"RequestItems":{"Hash":[{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}}],
               "arn:aws:dynamodb:us-east-1:000000000000:table/Hash":[{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}}]}})",
           "Provided list of item keys contains duplicates"},
          {R"({"RequestItems":{"Hash":[{"PutRequest":{"Item":{"x":{"S":"a"}}}}]}})",
           "The provided key element does not match the schema"},
          {R"({"RequestItems":{"Hash":[{"PutRequest":{"Item":{"pk":{"N":"1"}}}}]}})",
           "The provided key element does not match the schema"},
          {R"({"RequestItems":{"Hash":[{"DeleteRequest":{"Key":{"pk":{"S":"a"},"x":{"S":"a"}}}}]}})",
           "The provided key element does not match the schema"},
          {R"({"RequestItems":{"Hash":[{"PutRequest":{"Item":{"pk":{"S":""}}}}]}})",
           "One or more parameter values are not valid. The AttributeValue for a key attribute "
           "cannot contain an empty string value. Key: pk"},
      });
  const std::string too_many =
      run("BatchWriteItem", R"({"RequestItems":{"Hash":)" + puts(26) + "}}");
  EXPECT_TRUE(too_many.starts_with(
      "ValidationException: 1 validation error detected: Value '{Hash=[WriteRequest("))
      << too_many;
  EXPECT_TRUE(too_many.ends_with(map_values)) << too_many;
  expect({
      // The table comes before the double.
      {"BatchWriteItem",
       R"({"RequestItems":{"None":[{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}},{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}}]}})",
       "ResourceNotFoundException: Requested resource not found"},
      // One fault, and nothing is written.
      {"BatchWriteItem",
       R"({"RequestItems":{"Sorted":[{"PutRequest":{"Item":{"pk":{"S":"a"},"sk":{"S":"1"}}}},
           {"PutRequest":{"Item":{"pk":{"S":"a"},"sk":{"S":"2"},"gpk":{"N":"1"}}}}]}})",
       "ValidationException: One or more parameter values were invalid: Type mismatch for Index "
       "Key "
       "gpk Expected: S Actual: N IndexName: gsi"},
      {"Scan", R"({"TableName":"Sorted","Select":"COUNT"})", R"({"Count":0,"ScannedCount":0})"},
      {"BatchWriteItem", R"({"RequestItems":{"Hash":)" + puts(25) + "}}",
       R"({"UnprocessedItems":{}})"},
      {"Scan", R"({"TableName":"Hash","Select":"COUNT"})", R"({"Count":25,"ScannedCount":25})"},
  });
}

TEST_P(BatchOperations, CapacityAndMetrics) {
  const std::string big(4096, 'x');
  expect({
      {"BatchWriteItem",
       R"({"ReturnConsumedCapacity":"INDEXES","ReturnItemCollectionMetrics":"SIZE","RequestItems":{"Hash":[{"PutRequest":{"Item":{"pk":{"S":"a"},"b":{"S":")" +
           big + R"("}}}}],
           "Sorted":[{"PutRequest":{"Item":{"pk":{"S":"a"},"sk":{"S":"1"},"lsk":{"S":"l"}}}},
                     {"PutRequest":{"Item":{"pk":{"S":"a"},"sk":{"S":"2"},"gpk":{"S":"g"},"gsk":{"N":"1"}}}}]}})",
       R"({"UnprocessedItems":{},"ItemCollectionMetrics":{"Sorted":[{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}]},)"
       R"("ConsumedCapacity":[{"TableName":"Hash","CapacityUnits":5.0,"Table":{"CapacityUnits":5.0}},)"
       R"({"TableName":"Sorted","CapacityUnits":4.0,"Table":{"CapacityUnits":2.0},)"
       R"("LocalSecondaryIndexes":{"lsi":{"CapacityUnits":1.0}},"GlobalSecondaryIndexes":{"gsi":{"CapacityUnits":1.0}}}]})"},
      // One row of 4,104 bytes, one that is not there.
      {"BatchGetItem",
       R"({"ReturnConsumedCapacity":"TOTAL","RequestItems":{"Hash":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"none"}}],"ProjectionExpression":"x"},
           "Sorted":{"ConsistentRead":true,"Keys":[{"pk":{"S":"a"},"sk":{"S":"1"}}],"ProjectionExpression":"sk"}}})",
       R"({"Responses":{"Hash":[{}],"Sorted":[{"sk":{"S":"1"}}]},"UnprocessedKeys":{},)"
       R"("ConsumedCapacity":[{"TableName":"Hash","CapacityUnits":1.5},{"TableName":"Sorted","CapacityUnits":1.0}]})"},
      {"BatchGetItem",
       R"({"ReturnConsumedCapacity":"INDEXES","RequestItems":{"Sorted":{"Keys":[{"pk":{"S":"x"},"sk":{"S":"1"}}]}}})",
       R"({"Responses":{"Sorted":[]},"UnprocessedKeys":{},)"
       R"("ConsumedCapacity":[{"TableName":"Sorted","CapacityUnits":0.5,"Table":{"CapacityUnits":0.5}}]})"},
  });
}

/// 16 MiB of items are answered, the rest is handed back with what was said of its table.
TEST_P(BatchOperations, WhatIsTooMuchIsHandedBack) {
  const std::string big(300'000, 'x');
  std::string keys;
  for (int i = 0; i < 60; ++i) {
    const std::string key = R"({"pk":{"S":"k)" + std::to_string(100 + i) + "\"}}";
    ASSERT_EQ(run("PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"k)" +
                                 std::to_string(100 + i) + R"("},"b":{"S":")" + big + "\"}}}"),
              "{}");
    keys += (i ? "," : "") + key;
  }
  const std::string answer =
      run("BatchGetItem", R"({"ReturnConsumedCapacity":"TOTAL","RequestItems":{"Hash":{"Keys":[)" +
                              keys +
                              R"(],"ConsistentRead":true,"ProjectionExpression":"#p",
                              "ExpressionAttributeNames":{"#p":"pk"}}}})");
  // 55 times 300,006 bytes are the most that fit.
  const std::size_t left = answer.find("UnprocessedKeys");
  EXPECT_EQ(count_of(answer.substr(0, left), "\"S\":\"k"), 55U);
  std::string rest = R"("UnprocessedKeys":{"Hash":{"Keys":[)";
  for (int i = 55; i < 60; ++i)
    rest +=
        (i > 55 ? "," : "") + std::string(R"({"pk":{"S":"k)") + std::to_string(100 + i) + "\"}}";
  rest +=
      R"(],"ConsistentRead":true,"ProjectionExpression":"#p","ExpressionAttributeNames":{"#p":"pk"}}},)";
  rest += R"("ConsumedCapacity":[{"TableName":"Hash","CapacityUnits":4070.0}]})";
  EXPECT_EQ(answer.substr(left - 1), rest);
}

/// Each write is one transaction: racing batches of the same rows leave each row as one of them
/// wrote it, and all of them come through.
TEST_P(BatchOperations, RacingBatches) {
  const auto batch_of = [](int writer) {
    std::string text;
    for (int row = 0; row < 25; ++row)
      text += (row ? "," : "") + put_of(R"({"pk":{"S":")" + std::to_string(row) +
                                        R"("},"w":{"N":")" + std::to_string(writer) + "\"}}");
    return R"({"RequestItems":{"Hash":[)" + text + "]}}";
  };
  const auto race = [&]() -> Task<int> {
    std::vector<Task<std::string>> calls;
    for (int writer = 0; writer < 8; ++writer)
      calls.push_back(service_.call("BatchWriteItem", batch_of(writer)));
    const std::vector<std::string> answers = co_await all_of(std::move(calls));
    int fine = 0;
    for (const std::string& answer : answers) fine += answer == R"({"UnprocessedItems":{}})";
    co_return fine;
  };
  EXPECT_EQ(service_.simulation().run_until(race()), 8);
  EXPECT_EQ(run("Scan", R"({"TableName":"Hash","Select":"COUNT"})"),
            R"({"Count":25,"ScannedCount":25})");
}

/// Holds a row of "Hash" for five seconds.
Task<void> hold_row(TestService& service, std::string pk, Completion<bool>& over) {
  const auto found = co_await service.tables().find("Hash", Deadline::never());
  const table::TableDescriptor& table = **found;
  table::PrimaryKey key;
  key.hash = table::Value::string(pk);
  table::KeyPlace place;
  place.key = *table::table_key(table, key);
  place.partition = table.partitions.partition_of(place.key);
  std::vector<store::DeclaredKey> declared;
  declared.push_back(
      {place.partition, place.row_key(table::RowKind::current), store::LatchMode::exclusive});
  const std::int64_t until_us = service.simulation().clock().steady_us() + 5'000'000;
  const store::Body body = [until_us](store::Transaction&) -> Task<Result<>> {
    co_await SleepUntil(until_us);
    co_return Result<>();
  };
  const auto held =
      co_await service.tables().store().transact(std::move(declared), body, Deadline::never());
  EXPECT_TRUE(held);
  over.set(true);
}

Task<std::string> call_while_held(TestService& service, std::string request) {
  Completion<bool> over;
  Executor::current()->spawn(hold_row(service, "busy", over));
  co_await SleepUntil(service.simulation().clock().steady_us() + 10'000);
  std::string answer = co_await service.call("BatchWriteItem", std::move(request));
  (void)co_await over;
  co_return answer;
}

TEST_P(BatchOperations, WhatStaysBusyIsHandedBack) {
  service_.set_deadline_ms(1000);
  const auto call = [&](std::string request) {
    return service_.simulation().run_until(call_while_held(service_, std::move(request)));
  };
  EXPECT_EQ(
      call(
          R"({"ReturnConsumedCapacity":"TOTAL","RequestItems":{"Hash":[{"PutRequest":{"Item":{"pk":{"S":"busy"},"x":{"N":"1"}}}},)"
          R"({"PutRequest":{"Item":{"pk":{"S":"idle"}}}},{"DeleteRequest":{"Key":{"pk":{"S":"none"}}}}]}})"),
      R"({"UnprocessedItems":{"Hash":[{"PutRequest":{"Item":{"pk":{"S":"busy"},"x":{"N":"1"}}}}]},)"
      R"("ConsumedCapacity":[{"TableName":"Hash","CapacityUnits":2.0}]})");
  EXPECT_EQ(run("GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"idle"}}})"),
            R"({"Item":{"pk":{"S":"idle"}}})");
  EXPECT_EQ(run("GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"busy"}}})"), "{}");
  // Where nothing at all could be written, that is said instead.
  EXPECT_TRUE(call(R"({"RequestItems":{"Hash":[{"DeleteRequest":{"Key":{"pk":{"S":"busy"}}}}]}})")
                  .starts_with("not a service error: "));
}

}  // namespace
}  // namespace dyad::dynamodb
