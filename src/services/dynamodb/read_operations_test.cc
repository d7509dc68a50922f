#include "services/dynamodb/test_service.h"

namespace dyad::dynamodb {
namespace {

using ReadOperations = OperationsTest;
INSTANTIATE_TEST_SUITE_P(Stores, ReadOperations, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

const std::string kInvalid = "One or more parameter values were invalid: ";
const std::string kOne = "1 validation error detected: ";

/// A Query of Sorted for pk = a, with `rest` behind it.
std::string query(const std::string& rest = "", const std::string& condition = "pk = :p",
                  const std::string& values = "") {
  return R"({"TableName":"Sorted","KeyConditionExpression":")" + condition +
         R"(","ExpressionAttributeValues":{":p":{"S":"a"})" + values + "}" + rest + "}";
}
/// One of the global index, for gpk = a.
std::string query_global(const std::string& rest) {
  return query(R"(,"IndexName":"gsi")" + rest, "gpk = :p");
}

/// Items 1 to `count` of pk = a: lsk falls as sk rises; gsk is the number; a and b beside.
void fill(TestService& service, int count) {
  for (int i = 1; i <= count; ++i) {
    const std::string n = std::to_string(i);
    EXPECT_EQ(service.run("PutItem", R"({"TableName":"Sorted","Item":{"pk":{"S":"a"},"sk":{"S":")" +
                                         n + R"("},"gpk":{"S":"a"},"gsk":{"N":")" + n +
                                         R"("},"lsk":{"S":")" + std::to_string(10 - i) +
                                         R"("},"a":{"N":")" + n + R"("},"b":{"S":"x"}}})"),
              "{}");
  }
}

TEST_P(ReadOperations, QueriesOfTheTable) {
  create_tables();
  fill(service_, 4);
  const std::string only_sk = R"(,"ProjectionExpression":"sk")";
  const auto sks = [](const std::vector<int>& numbers, const std::string& tail) {
    std::string items;
    for (const int n : numbers)
      items +=
          std::string(items.empty() ? "" : ",") + R"({"sk":{"S":")" + std::to_string(n) + "\"}}";
    return R"({"Items":[)" + items + "]," + tail + "}";
  };
  const std::string key3 = R"({"pk":{"S":"a"},"sk":{"S":"3"}})";
  expect({
      {"Query", query(only_sk), sks({1, 2, 3, 4}, R"("Count":4,"ScannedCount":4)")},
      {"Query", query(only_sk + R"(,"ScanIndexForward":false,"Limit":2)"),
       sks({4, 3}, R"("Count":2,"ScannedCount":2,"LastEvaluatedKey":)" + key3)},
      {"Query", query(only_sk + R"(,"ScanIndexForward":false,"ExclusiveStartKey":)" + key3),
       sks({2, 1}, R"("Count":2,"ScannedCount":2)")},
      {"Query",
       query(only_sk, "pk = :p AND sk BETWEEN :x AND :y", R"(,":x":{"S":"2"},":y":{"S":"3"})"),
       sks({2, 3}, R"("Count":2,"ScannedCount":2)")},
      {"Query", query(only_sk, "pk = :p AND sk > :x", R"(,":x":{"S":"3"})"),
       sks({4}, R"("Count":1,"ScannedCount":1)")},
      {"Query", query(only_sk + R"(,"FilterExpression":"a > :x")", "pk = :p", R"(,":x":{"N":"2"})"),
       sks({3, 4}, R"("Count":2,"ScannedCount":4)")},
      {"Query", query(R"(,"Select":"COUNT","ReturnConsumedCapacity":"TOTAL")"),
       R"({"Count":4,"ScannedCount":4,"ConsumedCapacity":{"TableName":"Sorted","CapacityUnits":0.5}})"},
      {"Query",
       R"({"TableName":"Sorted","KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]},"sk":{"ComparisonOperator":"LE","AttributeValueList":[{"S":"2"}]}},
         "QueryFilter":{"a":{"ComparisonOperator":"NE","AttributeValueList":[{"N":"1"}]}},"AttributesToGet":["sk"]})",
       sks({2}, R"("Count":1,"ScannedCount":2)")},
      {"Query",
       R"({"TableName":"Nowhere","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}}})",
       "ResourceNotFoundException: Requested resource not found"},
  });
}

TEST_P(ReadOperations, QueriesOfIndexes) {
  create_tables();
  fill(service_, 2);
  const std::string one =
      R"({"a":{"N":"1"},"gpk":{"S":"a"},"gsk":{"N":"1"},"pk":{"S":"a"},"sk":{"S":"1"}})";
  expect({
      {"Query", query_global(R"(,"Limit":1,"ReturnConsumedCapacity":"INDEXES")"),
       R"({"Items":[)" + one +
           R"(],"Count":1,"ScannedCount":1,"LastEvaluatedKey":{"gpk":{"S":"a"},"gsk":{"N":"1"},"pk":{"S":"a"},"sk":{"S":"1"}},)"
           R"("ConsumedCapacity":{"TableName":"Sorted","CapacityUnits":0.5,"Table":{"CapacityUnits":0.0},"GlobalSecondaryIndexes":{"gsi":{"CapacityUnits":0.5}}}})"},
      {"Query",
       query_global(
           R"(,"ProjectionExpression":"sk","ExclusiveStartKey":{"gpk":{"S":"a"},"gsk":{"N":"1"},"pk":{"S":"a"},"sk":{"S":"1"}})"),
       R"({"Items":[{"sk":{"S":"2"}}],"Count":1,"ScannedCount":1})"},
      // The local index sorts the other way round and has keys only; what it lacks is fetched.
      {"Query", query(R"(,"IndexName":"lsi","ConsistentRead":true)"),
       R"({"Items":[{"lsk":{"S":"8"},"pk":{"S":"a"},"sk":{"S":"2"}},{"lsk":{"S":"9"},"pk":{"S":"a"},"sk":{"S":"1"}}],"Count":2,"ScannedCount":2})"},
      {"Query",
       query(
           R"(,"IndexName":"lsi","ProjectionExpression":"b, sk","ReturnConsumedCapacity":"INDEXES")"),
       R"({"Items":[{"b":{"S":"x"},"sk":{"S":"2"}},{"b":{"S":"x"},"sk":{"S":"1"}}],"Count":2,"ScannedCount":2,)"
       R"("ConsumedCapacity":{"TableName":"Sorted","CapacityUnits":1.5,"Table":{"CapacityUnits":1.0},"LocalSecondaryIndexes":{"lsi":{"CapacityUnits":0.5}}}})"},
      {"Query", query(R"(,"IndexName":"lsi","Select":"ALL_ATTRIBUTES","Limit":1)"),
       R"({"Items":[{"a":{"N":"2"},"b":{"S":"x"},"gpk":{"S":"a"},"gsk":{"N":"2"},"lsk":{"S":"8"},"pk":{"S":"a"},"sk":{"S":"2"}}],)"
       R"("Count":1,"ScannedCount":1,"LastEvaluatedKey":{"lsk":{"S":"8"},"pk":{"S":"a"},"sk":{"S":"2"}}})"},
  });
}

TEST_P(ReadOperations, QueriesAreChecked) {
  create_tables();
  const std::string start = R"(,"ExclusiveStartKey":)";
  expect_refusals(
      "Query",
      {
          {R"({"TableName":"Sorted"})",
           "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
           "request."},
          {query("", "sk = :p"), "Query condition missed key schema element: pk"},
          {query("", ""), "Invalid KeyConditionExpression: The expression can not be empty;"},
          {query(R"(,"Limit":0)"), kOne + "Value at 'Limit' failed to satisfy constraint: Member "
                                          "must have value greater than or "
                                          "equal to 1"},
          {query(R"(,"ExpressionAttributeNames":{"#u":"x"})"),
           "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}"},
          {query(R"(,"IndexName":"none")"), "The table does not have the specified index: none"},
          {query_global(R"(,"ConsistentRead":true)"),
           "Consistent reads are not supported on global secondary indexes"},
          {query(R"(,"Select":"SPECIFIC_ATTRIBUTES")"),
           kOne + "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                  "SPECIFIC_ATTRIBUTES"},
          {query(R"(,"Select":"COUNT","ProjectionExpression":"a")"),
           kOne + "Cannot specify the ProjectionExpression when choosing to get only the Count"},
          {query(R"(,"Select":"ALL_PROJECTED_ATTRIBUTES")"),
           kOne + "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
          {query_global(R"(,"Select":"ALL_ATTRIBUTES")"),
           kInvalid +
               "Select type ALL_ATTRIBUTES is not supported for global secondary index gsi because "
               "its projection type is not ALL"},
          {query_global(R"(,"ProjectionExpression":"a, b, c")"),
           kInvalid + "Global secondary index gsi does not project [b, c]"},
          {query(R"(,"FilterExpression":"pk = :p")"),
           "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
           "pk"},
          {query(start + R"({"bad":{"S":"p"}})"), "The provided starting key is invalid"},
          {query(start + R"({"pk":{"S":"z"},"sk":{"S":"1"}})"),
           "The provided starting key is outside query boundaries based on provided conditions"},
          {query(start + R"({"pk":{"S":"a"},"sk":{"S":"1"}})", "pk = :p AND sk > :x",
                 R"(,":x":{"S":"3"})"),
           "The provided starting key does not match the range key predicate"},
      });
}

TEST_P(ReadOperations, PagesEndAfterOneMebibyteBeforeTheFilter) {
  create_tables();
  const std::string big(300 * 1024, 'x');
  for (const char* sk : {"1", "2", "3", "4", "5"})
    run("PutItem", R"({"TableName":"Sorted","Item":{"pk":{"S":"a"},"lsk":{"S":"l"},"sk":{"S":")" +
                       std::string(sk) + R"("},"x":{"S":")" + big + R"("}}})");
  const std::string filter = R"(,"FilterExpression":"attribute_not_exists(x) ")";
  expect({
      {"Query", query(filter),
       R"({"Items":[],"Count":0,"ScannedCount":4,"LastEvaluatedKey":{"pk":{"S":"a"},"sk":{"S":"4"}}})"},
      {"Query", query(filter + R"(,"ExclusiveStartKey":{"pk":{"S":"a"},"sk":{"S":"4"}})"),
       R"({"Items":[],"Count":0,"ScannedCount":1})"},
      // Rows of the local index are small, what is fetched for them is not.
      {"Query", query(filter + R"(,"IndexName":"lsi","Select":"ALL_ATTRIBUTES")"),
       R"({"Items":[],"Count":0,"ScannedCount":4,"LastEvaluatedKey":{"lsk":{"S":"l"},"pk":{"S":"a"},"sk":{"S":"4"}}})"},
  });
}

TEST_P(ReadOperations, RowsOfALocalIndexAreCompletedInTheirOrder) {
  create_tables();
  std::string items;
  for (int i = 10; i < 31; ++i) {
    const std::string sk = R"("sk":{"S":")" + std::to_string(i) + R"("}})";
    const std::string item = R"({"b":{"N":")" + std::to_string(i) + R"("},"lsk":{"S":"l)" +
                             std::to_string(i) + R"("},"pk":{"S":"a"},)" + sk;
    run("PutItem", R"({"TableName":"Sorted","Item":)" + item + "}");
    items += (items.empty() ? "" : ",") + item;
  }
  expect({{"Query", query(R"(,"IndexName":"lsi","Select":"ALL_ATTRIBUTES")"),
           R"({"Items":[)" + items + R"(],"Count":21,"ScannedCount":21})"}});
}

TEST_P(ReadOperations, ScansInSegmentsSeeEachItemOnce) {
  create_tables();
  for (int i = 0; i < 40; ++i)
    run("PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"k)" + std::to_string(i) + R"("}}})");
  int seen = 0;
  for (int segment = 0; segment < 4; ++segment) {
    const std::string answer = run("Scan", R"({"TableName":"Hash","TotalSegments":4,"Segment":)" +
                                               std::to_string(segment) + "}");
    for (std::size_t at = answer.find("\"pk\""); at != std::string::npos;
         at = answer.find("\"pk\"", at + 1))
      ++seen;
  }
  EXPECT_EQ(seen, 40);
  // Page by page, through the keys that the pages end with.
  std::string start;
  int pages = 0;
  do {
    const std::string page =
        run("Scan", R"({"TableName":"Hash","Limit":7,"Select":"COUNT")" + start + "}");
    const std::size_t at = page.find("\"LastEvaluatedKey\":");
    start = at == std::string::npos
                ? ""
                : R"(,"ExclusiveStartKey":)" + page.substr(at + 19, page.size() - at - 20);
    ++pages;
  } while (!start.empty() && pages < 20);
  EXPECT_EQ(pages, 6);
  expect_refusals(
      "Scan",
      {
          {R"({"TableName":"Hash","Segment":0})",
           "The TotalSegments parameter is required but was not present in the request when "
           "Segment "
           "parameter is present"},
          {R"({"TableName":"Hash","TotalSegments":4})",
           "The Segment parameter is required but was not present in the request when parameter "
           "TotalSegments is present"},
          {R"({"TableName":"Hash","Segment":5,"TotalSegments":5})",
           "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
           "Segment: 5 "
           "is not less than TotalSegments: 5"},
          {R"({"TableName":"Hash","ExclusiveStartKey":{"bad":{"S":"p"}}})",
           "The provided starting key is invalid: The provided key element does not match the "
           "schema"},
          {R"({"TableName":"Hash","Select":"SPECIFIC_ATTRIBUTES"})",
           "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
           "SPECIFIC_ATTRIBUTES"},
          {R"({"TableName":"Hash","ExpressionAttributeValues":{":v":{"S":"x"}}})",
           "ExpressionAttributeValues can only be specified when using expressions: "
           "FilterExpression is "
           "null"},
      });
}

}  // namespace
}  // namespace dyad::dynamodb
