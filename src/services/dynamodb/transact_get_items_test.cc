#include "services/dynamodb/test_service.h"

namespace dyad::dynamodb {
namespace {

class TransactGets : public OperationsTest {
 protected:
  TransactGets() {
    create_tables();
    expect({
        {"PutItem",
         R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"n":{"N":"1"},"m":{"M":{"x":{"S":"y"}}}}})",
         "{}"},
        {"PutItem", R"({"TableName":"Sorted","Item":{"pk":{"S":"a"},"sk":{"S":"1"}}})", "{}"},
    });
  }

  static std::string get(const std::string& table, const std::string& key,
                         const std::string& more = "") {
    return R"({"Get":{"TableName":")" + table + R"(","Key":)" + key + more + "}}";
  }
  static std::string items(const std::string& text) {
    return R"({"TransactItems":[)" + text + "]}";
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, TransactGets, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

TEST_P(TransactGets, AnswersInTheirOrder) {
  expect({
      {"TransactGetItems",
       items(get("Sorted", R"({"pk":{"S":"a"},"sk":{"S":"1"}})") + "," +
             get("Hash", R"({"pk":{"S":"none"}})") + "," +
             get("Hash", R"({"pk":{"S":"a"}})",
                 R"(,"ProjectionExpression":"#m.x","ExpressionAttributeNames":{"#m":"m"})")),
       R"({"Responses":[{"Item":{"pk":{"S":"a"},"sk":{"S":"1"}}},{},{"Item":{"m":{"M":{"x":{"S":"y"}}}}}]})"},
      // An item of which nothing is asked for is not told at all.
      {"TransactGetItems",
       items(get("Hash", R"({"pk":{"S":"a"}})", R"(,"ProjectionExpression":"nothing")")),
       R"({"Responses":[{}]})"},
      {"TransactGetItems",
       items(get("arn:aws:dynamodb:us-east-1:000000000000:table/Hash", R"({"pk":{"S":"a"}})",
                 R"(,"ProjectionExpression":"n")")),
       R"({"Responses":[{"Item":{"n":{"N":"1"}}}]})"},
  });
}

TEST_P(TransactGets, AreChecked) {
  std::string many;
  for (int i = 0; i < 101; ++i)
    many += (i ? "," : "") + get("Hash", R"({"pk":{"S":")" + std::to_string(i) + "\"}}");
  const std::string too_many = run("TransactGetItems", items(many));
  EXPECT_TRUE(too_many.starts_with(
      "ValidationException: 1 validation error detected: Value '[TransactGetItem("))
      << too_many;
  EXPECT_TRUE(too_many.ends_with(
      "at 'transactItems' failed to satisfy constraint: Member must have length less than or "
      "equal to 100"))
      << too_many;
  expect_refusals(
      "TransactGetItems",
      {
          {items(""),
           "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy "
           "constraint: Member must have length greater than or equal to 1"},
          {items("{}"),
           "1 validation error detected: Value null at 'transactItems.1.member.get' failed to "
           "satisfy constraint: Member must not be null"},
          {items(get("None", "{}", R"(,"ProjectionExpression":"!!!")")),
           "Invalid ProjectionExpression: Syntax error; token: \"!\", near: \"!!\""},
          {items(get("None", "{}", R"(,"ExpressionAttributeNames":{"#a":"a"})")),
           "ExpressionAttributeNames can only be specified when using expressions"},
          {items(get("Hash", R"({"pk":{"S":"a"}})") + "," +
                 get("arn:aws:dynamodb:us-east-1:000000000000:table/Hash", R"({"pk":{"S":"a"}})")),
           "Transaction request cannot include multiple operations on one item"},
      });
  expect({
      {"TransactGetItems", items(get("None", R"({"pk":{"S":"a"}})")),
       "ResourceNotFoundException: Requested resource not found"},
      // What is wrong with one key cancels all.
      {"TransactGetItems",
       items(get("Hash", R"({"pk":{"S":"a"}})") + "," + get("Hash", "{}") + "," +
             get("Hash", R"({"pk":{"S":""}})")),
       "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for "
       "specific reasons [None, ValidationError, ValidationError] "
       R"({"CancellationReasons":[{"Code":"None"},)"
       R"({"Code":"ValidationError","Message":"The provided key element does not match the schema"},)"
       R"({"Code":"ValidationError","Message":"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"}]})"},
  });
}

TEST_P(TransactGets, CostTwiceAsMuchAsConsistentReads) {
  const std::string big(5000, 'x');
  expect({
      {"PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"b"},"b":{"S":")" + big + "\"}}}", "{}"},
      {"TransactGetItems",
       R"({"ReturnConsumedCapacity":"TOTAL","TransactItems":[)" +
           get("Hash", R"({"pk":{"S":"b"}})", R"(,"ProjectionExpression":"pk")") + "," +
           get("Hash", R"({"pk":{"S":"none"}})") + "," +
           get("Sorted", R"({"pk":{"S":"none"},"sk":{"S":"1"}})") + "]}",
       R"({"ConsumedCapacity":[{"TableName":"Hash","CapacityUnits":6.0,"ReadCapacityUnits":6.0},)"
       R"({"TableName":"Sorted","CapacityUnits":2.0,"ReadCapacityUnits":2.0}],"Responses":[{"Item":{"pk":{"S":"b"}}},{},{}]})"},
      {"TransactGetItems",
       R"({"ReturnConsumedCapacity":"INDEXES","TransactItems":[)" +
           get("Sorted", R"({"pk":{"S":"none"},"sk":{"S":"1"}})") + "]}",
       R"({"ConsumedCapacity":[{"TableName":"Sorted","CapacityUnits":2.0,"ReadCapacityUnits":2.0,)"
       R"("Table":{"ReadCapacityUnits":2.0,"CapacityUnits":2.0}}],"Responses":[{}]})"},
  });
}

TEST_P(TransactGets, FourMebibytesAtMost) {
  const std::string big(400'000, 'x');
  std::string gets;
  for (int i = 0; i < 11; ++i) {
    const std::string key = R"("pk":{"S":"big)" + std::to_string(i) + "\"}";
    ASSERT_EQ(
        run("PutItem", R"({"TableName":"Hash","Item":{)" + key + R"(,"b":{"S":")" + big + "\"}}}"),
        "{}");
    gets += (i ? "," : "") + get("Hash", "{" + key + "}", R"(,"ProjectionExpression":"pk")");
    const std::string answer = run("TransactGetItems", items(gets));
    if (i < 10) {
      EXPECT_TRUE(answer.starts_with(R"({"Responses":[)")) << answer;
    } else {
      EXPECT_EQ(answer,
                "ValidationException: Collection size of the items in the transaction exceeds the "
                "maximum of 4 MB");
    }
  }
}

}  // namespace
}  // namespace dyad::dynamodb
