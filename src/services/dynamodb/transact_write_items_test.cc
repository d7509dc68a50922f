#include "services/dynamodb/cancellation.h"
#include "services/dynamodb/test_service.h"

namespace dyad::dynamodb {
namespace {

using Transactions = OperationsTest;
INSTANTIATE_TEST_SUITE_P(Stores, Transactions, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

std::string transact(const std::string& actions, const std::string& rest = "") {
  return R"({"TransactItems":[)" + actions + "]" + rest + "}";
}
std::string put(const std::string& pk, const std::string& rest = "") {
  return R"({"Put":{"TableName":"Hash","Item":{"pk":{"S":")" + pk + R"("}})" + rest + "}}";
}
std::string cancelled(const std::string& codes, const std::string& reasons) {
  return "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons "
         "for "
         "specific reasons [" +
         codes + R"(] {"CancellationReasons":[)" + reasons + "]}";
}
const std::string kNew = R"(,"ConditionExpression":"attribute_not_exists(pk) ")";
const std::string kNone = R"({"Code":"None"})";
const std::string kFailed =
    R"({"Code":"ConditionalCheckFailed","Message":"The conditional request failed"})";
const std::string kInvalid = "One or more parameter values were invalid: ";

TEST_P(Transactions, AllActionsOverTwoTablesOrNone) {
  create_tables();
  const std::string actions =
      put("new", kNew) +
      R"(,{"Update":{"TableName":"Sorted","Key":{"pk":{"S":"a"},"sk":{"S":"b"}},"UpdateExpression":"ADD n :one","ExpressionAttributeValues":{":one":{"N":"1"}}}})"
      R"(,{"Delete":{"TableName":"Hash","Key":{"pk":{"S":"old"}},"ConditionExpression":"attribute_exists(pk) "}})"
      R"(,{"ConditionCheck":{"TableName":"Hash","Key":{"pk":{"S":"guard"}},"ConditionExpression":"attribute_not_exists(pk) "}})";
  expect({
      {"TransactWriteItems", transact(actions),
       cancelled("None, None, ConditionalCheckFailed, None",
                 kNone + "," + kNone + "," + kFailed + "," + kNone)},
      {"Scan", R"({"TableName":"Sorted"})", R"({"Items":[],"Count":0,"ScannedCount":0})"},
      {"PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"old"}}})", "{}"},
      {"TransactWriteItems", transact(actions), "{}"},
      {"GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"old"}}})", "{}"},
      {"GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"new"}}})",
       R"({"Item":{"pk":{"S":"new"}}})"},
      {"GetItem", R"({"TableName":"Sorted","Key":{"pk":{"S":"a"},"sk":{"S":"b"}}})",
       R"({"Item":{"n":{"N":"1"},"pk":{"S":"a"},"sk":{"S":"b"}}})"},
      {"TransactWriteItems",
       transact(put("new", kNew + R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")")),
       cancelled(
           "ConditionalCheckFailed",
           R"({"Item":{"pk":{"S":"new"}},"Code":"ConditionalCheckFailed","Message":"The conditional request failed"})")},
  });
}

TEST_P(Transactions, FaultsOfOneActionAreReasonsThoseOfTheRequestAreNot) {
  create_tables();
  const auto invalid = [](const std::string& message) {
    return cancelled("ValidationError",
                     R"({"Code":"ValidationError","Message":")" + message + R"("})");
  };
  const std::string mismatch = "The provided key element does not match the schema";
  expect({
      {"TransactWriteItems", transact(R"({"Put":{"TableName":"Hash","Item":{"pk":{"N":"5"}}}})"),
       invalid(kInvalid + "Type mismatch for key pk expected: S actual: N")},
      {"TransactWriteItems", transact(R"({"Delete":{"TableName":"Hash","Key":{"pk":{"N":"5"}}}})"),
       invalid(mismatch)},
      {"TransactWriteItems",
       transact(
           R"({"Put":{"TableName":"Sorted","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"gsk":{"S":"x"}}}})"),
       invalid(kInvalid + "Type mismatch for Index Key gsk Expected: N Actual: S IndexName: gsi")},
      {"TransactWriteItems",
       transact(
           R"({"Update":{"TableName":"Hash","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET a = b"}})"),
       invalid("The provided expression refers to an attribute that does not exist in the item")},
      {"TransactWriteItems",
       transact(
           R"({"Update":{"TableName":"Hash","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET pk = :v","ExpressionAttributeValues":{":v":{"S":"x"}}}})"),
       invalid(kInvalid + "Cannot update attribute pk. This attribute is part of the key")},
  });
  expect_refusals(
      "TransactWriteItems",
      {
          {transact(R"({"Delete":{"TableName":"Hash","Key":{"pk":{"S":""}}}})"),
           "One or more parameter values are not valid. The AttributeValue for a key attribute "
           "cannot "
           "contain an empty string value. Key: pk"},
          {transact(put("a") + "," + put("a")),
           "Transaction request cannot include multiple operations on one item"},
          {transact(
               put("a") +
               R"(,{"ConditionCheck":{"TableName":"Hash","Key":{"pk":{"S":"a"}},"ConditionExpression":"attribute_exists(pk) "}})"),
           "Transaction request cannot include multiple operations on one item"},
          {transact("{}"),
           "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"},
          {transact(
               R"({"Put":{"TableName":"Hash","Item":{"pk":{"S":"a"}}},"Delete":{"TableName":"Hash","Key":{"pk":{"S":"a"}}}})"),
           "TransactItems can only contain one of Check, Put, Update or Delete"},
          {transact(put("a", R"(,"ConditionExpression":"")")),
           "Invalid ConditionExpression: The expression can not be empty;"},
          {transact(put("a", kNew + R"(,"ExpressionAttributeValues":{":v":{"S":"x"}})")),
           "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"},
          {transact(R"({"Put":{"TableName":"bad!name","Item":{"pk":{"S":"a"}}}})"),
           "1 validation error detected: Value 'bad!name' at "
           "'transactItems.1.member.put.tableName' failed "
           "to satisfy constraint: Member must satisfy regular expression pattern: "
           "[a-zA-Z0-9_.-]+"},
          {transact(""),
           "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy "
           "constraint: "
           "Member must have length greater than or equal to 1"},
      });
  EXPECT_EQ(
      run("TransactWriteItems",
          transact(put("a") + R"(,{"Delete":{"TableName":"Nowhere","Key":{"pk":{"S":"a"}}}})")),
      "ResourceNotFoundException: Requested resource not found");
  EXPECT_EQ(run("Scan", R"({"TableName":"Hash"})"), R"({"Items":[],"Count":0,"ScannedCount":0})");
}

/// What the table of another service does not take is seen after all actions were decided.
TEST_P(Transactions, FaultsThatAreSeenLateAreTheirActionsReasons) {
  create_tables();
  table::TableSpec spec;
  spec.name = "reserved.photos";
  spec.codec = table::RowCodecKind::object;
  spec.placement = table::Placement::ordered;
  spec.keys.hash = {"bucket", table::Type::string};
  spec.keys.range = table::KeyAttribute{"key", table::Type::string};
  spec.ordered_hash = "photos";
  ASSERT_TRUE(service_.simulation().run_until(
      service_.tables().create(std::move(spec), Deadline::never())));
  const std::string object =
      R"({"Put":{"TableName":"reserved.photos","Item":{"bucket":{"S":"photos"},"key":{"S":"a"}}}})";
  expect({
      {"TransactWriteItems", transact(put("a") + "," + object),
       cancelled("None, ValidationError",
                 kNone + R"(,{"Code":"ValidationError","Message":")" + kInvalid +
                     R"(An object cannot be made without bytes; put it through S3 first"})")},
      {"GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"a"}}})", "{}"},
  });
}

TEST(Cancellation, OfAConflictGivesEachActionTheReason) {
  const Error error = cancelled_by_conflict(2);
  const protocol::ServiceError* told = protocol::as_service_error(error);
  ASSERT_NE(told, nullptr);
  const std::string conflict =
      R"({"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"})";
  EXPECT_EQ(told->code + ": " + error.message + " {" + told->json_members + "}",
            cancelled("TransactionConflict, TransactionConflict", conflict + "," + conflict));
}

TEST_P(Transactions, AHundredActionsAndFourMegabytes) {
  create_tables();
  std::string actions;
  for (int i = 0; i < 100; ++i)
    actions += (i > 0 ? "," : "") + put("item" + std::to_string(i), kNew);
  EXPECT_EQ(run("TransactWriteItems", transact(actions)), "{}");
  // The actions are repeated in the message; the list is closed though it is cut.
  EXPECT_TRUE(
      run("TransactWriteItems", transact(actions + "," + put("one more")))
          .ends_with("...]' at 'transactItems' failed to satisfy constraint: Member must have "
                     "length less than or equal to 100"));
  EXPECT_TRUE(run("Scan", R"({"TableName":"Hash","Select":"COUNT"})")
                  .ends_with(R"("Count":100,"ScannedCount":100})"));

  const auto large = [](int count) {
    std::string large;
    for (int i = 0; i < count; ++i)
      large += std::string(i > 0 ? "," : "") +
               R"({"Put":{"TableName":"Hash","Item":{"pk":{"S":"l)" + std::to_string(i) +
               R"("},"x":{"S":")" + std::string(350000, 'x') + R"("}}}})";
    return transact(large);
  };
  const auto sized = [](std::string_view action, std::size_t bytes) {
    const std::string text = R"({"S":")" + std::string(bytes - 4, 'x') + R"("})";
    return transact(action == "Put"
                        ? R"({"Put":{"TableName":"Hash","Item":{"pk":{"S":"s"},"x":)" + text + "}}}"
                        : R"({"Update":{"TableName":"Hash","Key":{"pk":{"S":"s"}},)"
                          R"("UpdateExpression":"SET x = :x","ExpressionAttributeValues":{":x":)" +
                              text + "}}}");
  };
  EXPECT_EQ(run("TransactWriteItems", sized("Put", 409600)), "{}");
  EXPECT_EQ(run("TransactWriteItems", sized("Put", 409601)),
            "ValidationException: Item size has exceeded the maximum allowed size");
  EXPECT_EQ(run("TransactWriteItems", sized("Update", 409600)), "{}");
  EXPECT_TRUE(run("TransactWriteItems", sized("Update", 409601))
                  .starts_with("TransactionCanceledException: "));

  EXPECT_EQ(run("TransactWriteItems", large(11)), "{}");
  EXPECT_TRUE(run("TransactWriteItems", large(12)).starts_with("ValidationException: "));
  // What updates leave counts as well: twelve large items, though the request is small.
  run("PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"l11"},"x":{"S":")" +
                     std::string(350000, 'x') + R"("}}})");
  std::string updates;
  for (int i = 0; i < 12; ++i)
    updates +=
        std::string(i > 0 ? "," : "") +
        R"({"Update":{"TableName":"Hash","UpdateExpression":"SET y = :y","ExpressionAttributeValues":{":y":{"N":"1"}},"Key":{"pk":{"S":"l)" +
        std::to_string(i) + R"("}}}})";
  EXPECT_TRUE(run("TransactWriteItems", transact(updates)).starts_with("ValidationException: "));
}

TEST_P(Transactions, TokensMakeARequestIdempotent) {
  create_tables();
  const std::string add =
      R"({"Update":{"TableName":"Hash","Key":{"pk":{"S":"n"}},"UpdateExpression":"ADD n :one","ExpressionAttributeValues":{":one":{"N":"1"}}}})";
  const std::string token = R"(,"ClientRequestToken":"token-1")";
  const std::string get =
      R"({"TableName":"Hash","Key":{"pk":{"S":"n"}},"ProjectionExpression":"n"})";
  expect({
      {"TransactWriteItems", transact(add, token), "{}"},
      {"TransactWriteItems", transact(add, token), "{}"},
      {"GetItem", get, R"({"Item":{"n":{"N":"1"}}})"},
      {"TransactWriteItems", transact(put("other"), token),
       "IdempotentParameterMismatchException: The request token was already used with other "
       "parameters. Use a new token for a new transaction."},
      {"TransactWriteItems", transact(add, token + R"(,"ReturnConsumedCapacity":"TOTAL")"),
       R"({"ConsumedCapacity":[{"TableName":"Hash","CapacityUnits":2.0,"ReadCapacityUnits":2.0}]})"},
  });
  // It outlives the process.
  service_.restart();
  EXPECT_EQ(run("TransactWriteItems", transact(add, token)), "{}");
  EXPECT_EQ(run("GetItem", get), R"({"Item":{"n":{"N":"1"}}})");
  // A transaction that was cancelled leaves no token.
  const std::string second = R"(,"ClientRequestToken":"token-2")";
  EXPECT_TRUE(run("TransactWriteItems", transact(put("n", kNew), second))
                  .starts_with("TransactionCanceledException"));
  EXPECT_EQ(run("TransactWriteItems", transact(put("m", kNew), second)), "{}");
  // Ten minutes later the token is fresh again.
  service_.simulation().run_for_ms(kRequestTokenMs);
  EXPECT_EQ(run("TransactWriteItems", transact(add, token)), "{}");
  EXPECT_EQ(run("GetItem", get), R"({"Item":{"n":{"N":"2"}}})");
}

TEST_P(Transactions, OldTokensAreErased) {
  create_tables();
  const auto request = [](int i) {
    return transact(put("x"), R"(,"ClientRequestToken":"t)" + std::to_string(i) + "\"");
  };
  for (int i = 0; i < 8; ++i) EXPECT_EQ(run("TransactWriteItems", request(i)), "{}");
  service_.simulation().run_for_ms(kRequestTokenMs + 1000);
  for (int i = 8; i < 12; ++i) EXPECT_EQ(run("TransactWriteItems", request(i)), "{}");
  auto table = service_.simulation().run_until(
      service_.tables().find("!dynamodb-request-tokens", Deadline::never()));
  table::ScanSpec all;
  all.table = *table;
  auto rows =
      service_.simulation().run_until(service_.tables().scan(std::move(all), Deadline::never()));
  EXPECT_EQ(rows->rows.size(), 4U);
}

Task<void> add_once(TestService& service, std::string request, int& finished) {
  EXPECT_EQ(co_await service.call("TransactWriteItems", request), "{}");
  ++finished;
}

TEST_P(Transactions, RacingRequestsOfOneTokenHappenOnce) {
  create_tables();
  const std::string add =
      R"({"Update":{"TableName":"Hash","Key":{"pk":{"S":"n"}},"UpdateExpression":"ADD n :one","ExpressionAttributeValues":{":one":{"N":"1"}}}})";
  int finished = 0;
  for (int i = 0; i < 16; ++i)
    service_.simulation().executor().spawn(
        add_once(service_, transact(add, R"(,"ClientRequestToken":"same")"), finished));
  while (finished < 16) service_.simulation().run_for_ms(1);
  EXPECT_EQ(run("GetItem", R"({"TableName":"Hash","Key":{"pk":{"S":"n"}}})"),
            R"({"Item":{"n":{"N":"1"},"pk":{"S":"n"}}})");
}

TEST_P(Transactions, CapacityOfTablesIsDouble) {
  create_tables();
  const std::string check =
      R"(,{"ConditionCheck":{"TableName":"Hash","Key":{"pk":{"S":"none"}},"ConditionExpression":"attribute_not_exists(pk) "}})";
  EXPECT_EQ(
      run("TransactWriteItems",
          transact(
              R"({"Put":{"TableName":"Sorted","Item":{"pk":{"S":"a"},"sk":{"S":"b"},"lsk":{"S":"c"}}}})" +
                  check,
              R"(,"ReturnConsumedCapacity":"INDEXES","ReturnItemCollectionMetrics":"SIZE")")),
      R"({"ConsumedCapacity":[{"TableName":"Hash","CapacityUnits":2.0,"WriteCapacityUnits":2.0,"Table":{"WriteCapacityUnits":2.0,"CapacityUnits":2.0}},)"
      R"({"TableName":"Sorted","CapacityUnits":3.0,"WriteCapacityUnits":3.0,"Table":{"WriteCapacityUnits":2.0,"CapacityUnits":2.0},)"
      R"("LocalSecondaryIndexes":{"lsi":{"WriteCapacityUnits":1.0,"CapacityUnits":1.0}}}],)"
      R"("ItemCollectionMetrics":{"Sorted":[{"ItemCollectionKey":{"pk":{"S":"a"}},"SizeEstimateRangeGB":[0.0,1.0]}]}})");
}

/// A repeated request is charged for reading what the first one wrote over, though it is gone.
TEST_P(Transactions, ARepeatedRequestReadsWhatTheFirstOneSaw) {
  create_tables();
  const std::string big(9000, 'x');
  const std::string request = transact(
      R"({"Delete":{"TableName":"Hash","Key":{"pk":{"S":"a"}}}},{"Put":{"TableName":"Sorted","Item":{"pk":{"S":"a"},"sk":{"S":"b"}}}})",
      R"(,"ClientRequestToken":"t","ReturnConsumedCapacity":"TOTAL")");
  expect({
      {"PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"a"},"b":{"S":")" + big + "\"}}}", "{}"},
      {"TransactWriteItems", request,
       R"({"ConsumedCapacity":[{"TableName":"Hash","CapacityUnits":18.0,"WriteCapacityUnits":18.0},)"
       R"({"TableName":"Sorted","CapacityUnits":2.0,"WriteCapacityUnits":2.0}]})"},
      {"TransactWriteItems", request,
       R"({"ConsumedCapacity":[{"TableName":"Hash","CapacityUnits":6.0,"ReadCapacityUnits":6.0},)"
       R"({"TableName":"Sorted","CapacityUnits":2.0,"ReadCapacityUnits":2.0}]})"},
  });
}

}  // namespace
}  // namespace dyad::dynamodb
