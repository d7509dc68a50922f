#include <gtest/gtest.h>
#include <simdjson.h>

#include "api/dynamodb/create_table.h"
#include "api/dynamodb/enums.h"
#include "api/dynamodb/list_tables.h"
#include "api/dynamodb/put_item.h"
#include "api/dynamodb/query.h"
#include "api/dynamodb/transact_write_items.h"
#include "protocol/json_codec.h"
#include "protocol/service_error.h"
#include "protocol/validation.h"

namespace dyad::api::dynamodb {
namespace {

/// Keeps the JSON of a provided value as its "encoding", which is all that these tests need of one.
template <class T>
class AsWritten final : public protocol::ProvidedJson {
 public:
  Result<> read(const simdjson::dom::element& in, const protocol::ProvidedPlace& place,
                void* out) override {
    places.push_back(std::string(place.member) + "/" + std::string(place.key));
    if (!in.is_object()) {
      return fail(protocol::service_error("SerializationException", 400, "no object"));
    }
    if (in.get_object().value_unsafe().size() == 0) {
      return fail(protocol::service_error("ValidationException", 400, "empty value"));
    }
    *static_cast<T*>(out) = T(simdjson::minify(in));
    return {};
  }
  void write(const void* value, std::string& out) const override {
    out += static_cast<const T*>(value)->encoded();
  }
  std::vector<std::string> places;
};

class DynamodbJson : public testing::Test {
 protected:
  template <class T>
  Result<T> parse(std::string_view text) {
    return codec_.parse<T>(parser_, text);
  }
  /// "Code: message" of the failure.
  template <class T>
  std::string refusal(std::string_view text) {
    const auto result = parse<T>(text);
    if (result) return "accepted";
    return std::string(protocol::service_code(result.error())) + ": " + result.error().message;
  }
  template <class T>
  std::string written(const T& value) {
    std::string out;
    codec_.write(value, out);
    return out;
  }

  AsWritten<table::Item> items_;
  AsWritten<table::Value> values_;
  protocol::JsonParser parser_;
  protocol::JsonCodec codec_{{nullptr, &items_, &values_}};
};

TEST_F(DynamodbJson, PutItemIsRead) {
  const auto input = parse<PutItemInput>(
      R"({"Item":{"id":{"S":"1"}},"Unknown":{"x":[1]},"TableName":"photos","ReturnValues":null,
          "ConditionExpression":"a = \u00e9","ExpressionAttributeNames":{"#a":"b","#c":"d"},
          "ExpressionAttributeValues":{":v":{"N":"1"}}})");
  ASSERT_TRUE(input) << input.error().message;
  EXPECT_EQ(input->table_name, "photos");
  EXPECT_EQ(input->item.encoded(), R"({"id":{"S":"1"}})");
  EXPECT_EQ(input->condition_expression, "a = é");
  EXPECT_EQ(input->return_values, std::nullopt);
  ASSERT_TRUE(input->expression_attribute_names);
  EXPECT_EQ(input->expression_attribute_names->at("#c"), "d");
  EXPECT_EQ(input->expression_attribute_values->at(":v").encoded(), R"({"N":"1"})");
  EXPECT_EQ(items_.places, std::vector<std::string>{"Item/"});
  EXPECT_EQ(values_.places, std::vector<std::string>{"ExpressionAttributeValues/:v"});
}

TEST_F(DynamodbJson, OfEqualNamesTheLastCounts) {
  const auto input = parse<CreateTableInput>(
      R"({"TableName":"abc","TableName":"xyz","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
          "KeySchema":[{"AttributeName":"b","KeyType":"HASH"}]})");
  ASSERT_TRUE(input);
  EXPECT_EQ(input->table_name, "xyz");
  ASSERT_EQ(input->key_schema->size(), 1u);
  EXPECT_EQ(input->key_schema->front().attribute_name, "b");
}

// Texts of constraint violations as the service answers them; those of tableName are its newer
// ones. Source: error-messages and validation-ordering tests of nubo-db/dynamodb-conformance,
// validated against the service, and dynalite's tests for the rest.

TEST_F(DynamodbJson, NullTooShortTooLongAndPattern) {
  const std::string one = "ValidationException: 1 validation error detected: ";
  EXPECT_EQ(
      refusal<PutItemInput>(R"({"Item":{"a":{"S":"1"}}})"),
      one + "Value null at 'tableName' failed to satisfy constraint: Member must not be null");
  // The single-item writes say this of an empty name in words of their own.
  EXPECT_EQ(refusal<QueryInput>(R"({"TableName":""})"),
            one +
                "Value '' at 'tableName' failed to satisfy constraint: Member must have length "
                "greater than or equal to 1");
  const std::string longest(256, 'a');
  EXPECT_EQ(
      refusal<PutItemInput>(R"({"TableName":")" + longest + R"(","Item":{"a":{"S":"1"}}})"),
      one + "Value '" + longest +
          "' at 'tableName' failed to satisfy constraint: Member must have length less than or "
          "equal to 255");
  EXPECT_EQ(refusal<PutItemInput>(R"({"TableName":"bad table!@#","Item":{"a":{"S":"1"}}})"),
            one +
                "Value 'bad table!@#' at 'tableName' failed to satisfy constraint: Member must "
                "satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  EXPECT_TRUE(parse<PutItemInput>(
      R"({"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/t","Item":{"a":{"S":"1"}}})"));
}

TEST_F(DynamodbJson, CreateTableHasItsOwnWords) {
  EXPECT_EQ(refusal<CreateTableInput>("{}"),
            "ValidationException: The parameter 'TableName' is required but was not present in the "
            "request");
  EXPECT_EQ(refusal<CreateTableInput>(R"({"TableName":"ab"})"),
            "ValidationException: 1 validation error detected: Value 'ab' at 'tableName' failed to "
            "satisfy constraint: Member must have length greater than or equal to 3");
  EXPECT_EQ(refusal<CreateTableInput>(
                R"({"TableName":"abc","KeySchema":[{"AttributeName":"pk","KeyType":"INVALID"}]})"),
            "ValidationException: 1 validation error detected: Value 'INVALID' at "
            "'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum "
            "value set: [HASH, RANGE]");
  EXPECT_EQ(
      refusal<CreateTableInput>(
          R"({"TableName":"abc","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"INVALID"}]})"),
      "ValidationException: 1 validation error detected: Value 'INVALID' at "
      "'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must "
      "satisfy enum value set: [B, N, S]");
  const std::string key = R"({"AttributeName":"a","KeyType":"HASH"})";
  EXPECT_EQ(
      refusal<CreateTableInput>(R"({"TableName":"abc","KeySchema":[)" + key + "," + key + "," +
                                key + "]}"),
      "ValidationException: 1 validation error detected: Value "
      "'[KeySchemaElement(attributeName=a, keyType=HASH), KeySchemaElement(attributeName=a, "
      "keyType=HASH), KeySchemaElement(attributeName=a, keyType=HASH)]' at 'keySchema' failed "
      "to satisfy constraint: Member must have length less than or equal to 2");
}

TEST_F(DynamodbJson, QueryLimitAndSelect) {
  EXPECT_EQ(refusal<QueryInput>(R"({"TableName":"abc","Limit":0})"),
            "ValidationException: 1 validation error detected: Value at 'Limit' failed to satisfy "
            "constraint: Member must have value greater than or equal to 1");
  EXPECT_EQ(
      refusal<QueryInput>(R"({"TableName":"abc","Select":"INVALID_VALUE"})"),
      "ValidationException: 1 validation error detected: Value 'INVALID_VALUE' at 'select' "
      "failed to satisfy constraint: Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, "
      "COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]");
}

TEST_F(DynamodbJson, TransactionsHaveOneToAHundredParts) {
  EXPECT_EQ(
      refusal<TransactWriteItemsInput>(R"({"TransactItems":[]})"),
      "ValidationException: 1 validation error detected: Value '[]' at 'transactItems' failed "
      "to satisfy constraint: Member must have length greater than or equal to 1");
  std::string many = R"({"TransactItems":[)";
  for (int i = 0; i < 101; ++i) {
    many += R"({"Put":{"TableName":"abc","Item":{"a":{"S":"1"}}}},)";
  }
  many.back() = ']';
  const std::string refused = refusal<TransactWriteItemsInput>(many + "}");
  EXPECT_TRUE(refused.ends_with("]' at 'transactItems' failed to satisfy constraint: Member must "
                                "have length less than or equal to 100") ||
              refused.ends_with("...' at 'transactItems' failed to satisfy constraint: Member must "
                                "have length less than or equal to 100"))
      << refused;
  EXPECT_LT(refused.size(), protocol::kMaxEchoBytes + 300);
}

TEST_F(DynamodbJson, SeveralViolationsAreJoined) {
  EXPECT_EQ(
      refusal<QueryInput>(
          R"({"TableName":"abc;","ReturnConsumedCapacity":"hi","KeyConditions":{"a":{}}})"),
      "ValidationException: 3 validation errors detected: Value 'abc;' at 'tableName' failed to "
      "satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
      "Value 'hi' at 'returnConsumedCapacity' failed to satisfy constraint: Member must "
      "satisfy enum value set: [INDEXES, TOTAL, NONE]; Value null at "
      "'keyConditions.a.member.comparisonOperator' failed to satisfy constraint: Member must "
      "not be null");
}

TEST_F(DynamodbJson, ViolationsAreCountedUpToTheirLimit) {
  std::string text = R"({"TableName":"abc","KeyConditions":{)";
  for (int i = 0; i < 30; ++i) text += "\"k" + std::to_string(i) + "\":{},";
  text.back() = '}';
  EXPECT_TRUE(refusal<QueryInput>(text + "}")
                  .starts_with("ValidationException: " + std::to_string(protocol::kMaxViolations) +
                               " validation errors"));
}

TEST_F(DynamodbJson, ListTables) {
  EXPECT_EQ(
      refusal<ListTablesInput>(R"({"Limit":101,"ExclusiveStartTableName":"a"})"),
      "ValidationException: 2 validation errors detected: Value '101' at 'limit' failed to "
      "satisfy constraint: Member must have value less than or equal to 100; Value 'a' at "
      "'exclusiveStartTableName' failed to satisfy constraint: Member must have length greater "
      "than or equal to 3");
  EXPECT_TRUE(parse<ListTablesInput>("{}"));
  EXPECT_EQ(written(ListTablesOutput{}), R"({"TableNames":[]})");
}

TEST_F(DynamodbJson, WrongTypesAreSerializationErrorsBeforeAllElse) {
  const std::string code = "SerializationException: ";
  EXPECT_EQ(refusal<PutItemInput>(R"({"TableName":5})"),
            code + "NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(refusal<PutItemInput>(R"({"TableName":5.5})"),
            code + "DECIMAL_VALUE cannot be converted to String");
  EXPECT_EQ(refusal<PutItemInput>(R"({"TableName":true})"),
            code + "TRUE_VALUE cannot be converted to String");
  EXPECT_EQ(refusal<PutItemInput>(R"({"TableName":[]})"),
            code + "Unrecognized collection type class java.lang.String");
  EXPECT_EQ(refusal<PutItemInput>(R"({"TableName":{}})"),
            code + "Start of structure or map found where not expected");
  EXPECT_EQ(refusal<QueryInput>(R"({"Limit":"1"})"),
            code + "STRING_VALUE cannot be converted to Integer");
  EXPECT_EQ(refusal<QueryInput>(R"({"Limit":2147483648})"),
            code + "NUMBER_VALUE cannot be converted to Integer");
  EXPECT_EQ(refusal<QueryInput>(R"({"ConsistentRead":"maybe"})"),
            code + "Unexpected token received from parser");
  EXPECT_EQ(refusal<CreateTableInput>(R"({"KeySchema":"x"})"), code + "Unexpected field type");
  EXPECT_EQ(refusal<CreateTableInput>(R"({"KeySchema":["x"]})"),
            code + "Unexpected value type in payload");
  EXPECT_EQ(refusal<CreateTableInput>(R"({"KeySchema":[null]})"),
            code + "Unexpected value type in payload");
  EXPECT_EQ(refusal<CreateTableInput>(R"({"ProvisionedThroughput":[]})"),
            code +
                "Unrecognized collection type class "
                "com.amazonaws.dynamodb.v20120810.ProvisionedThroughput");
  EXPECT_EQ(refusal<QueryInput>(R"({"KeyConditions":[]})"),
            code +
                "Unrecognized collection type java.util.Map<java.lang.String, "
                "com.amazonaws.dynamodb.v20120810.Condition>");
  // Before the constraints of members that came earlier, and of those that are missing.
  EXPECT_EQ(refusal<PutItemInput>(R"({"TableName":"","Item":5})"), code + "no object");
  for (std::string_view bad : {"", "[]", "5", "\"a\"", "null", "{", "{\"TableName\":\"a\"",
                               "{\"TableName\":\"\xff\"}", "{\"TableName\":\"a\"} x"}) {
    EXPECT_TRUE(refusal<PutItemInput>(bad).starts_with(code)) << bad;
  }
}

TEST_F(DynamodbJson, ProvidedTypesComplainAfterTheConstraints) {
  EXPECT_EQ(refusal<PutItemInput>(R"({"TableName":"abc","Item":{}})"),
            "ValidationException: empty value");
  EXPECT_TRUE(refusal<PutItemInput>(R"({"TableName":"a b","Item":{}})").find("'tableName'") !=
              std::string::npos);
}

TEST_F(DynamodbJson, OutputsLeaveOutWhatIsNotThere) {
  EXPECT_EQ(written(PutItemOutput{}), "{}");
  QueryOutput query;
  query.count = 1;
  query.scanned_count = 2;
  query.items.emplace().push_back(table::Item(R"({"a":{"S":"1"}})"));
  auto& capacity = query.consumed_capacity.emplace();
  capacity.table_name = "t\"";
  capacity.capacity_units = 0.5;
  capacity.global_secondary_indexes.emplace()["by-x"].capacity_units = 2;
  EXPECT_EQ(written(query),
            R"({"Items":[{"a":{"S":"1"}}],"Count":1,"ScannedCount":2,"ConsumedCapacity":)"
            R"({"TableName":"t\"","CapacityUnits":0.5,"GlobalSecondaryIndexes":)"
            R"({"by-x":{"CapacityUnits":2.0}}}})");
}

TEST_F(DynamodbJson, TimestampsAreSeconds) {
  CreateTableOutput output;
  output.table_description.table_status = TableStatus::kActive;
  output.table_description.creation_date_time = protocol::UtcMs{1'700'000'000'123};
  EXPECT_EQ(written(output),
            R"({"TableDescription":{"TableStatus":"ACTIVE","CreationDateTime":1700000000.123}})");
}

TEST_F(DynamodbJson, ErrorsCarryMembers) {
  TransactionCanceledException error;
  auto& reason = error.cancellation_reasons.emplace().emplace_back();
  reason.code = "ConditionalCheckFailed";
  EXPECT_EQ(codec_.members(error), R"("CancellationReasons":[{"Code":"ConditionalCheckFailed"}])");
}

TEST_F(DynamodbJson, EveryCutOfARequestIsAnswered) {
  const std::string whole =
      R"({"TableName":"abc","Item":{"a":{"S":"\u00e9"}},"ExpressionAttributeValues":{":v":{"N":"1"}}})";
  ASSERT_TRUE(parse<PutItemInput>(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse<PutItemInput>(whole.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace dyad::api::dynamodb
