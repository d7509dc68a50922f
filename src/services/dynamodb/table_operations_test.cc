#include "services/dynamodb/table_settings.h"
#include "services/dynamodb/test_service.h"

namespace dyad::dynamodb {
namespace {

using TableOperations = OperationsTest;
INSTANTIATE_TEST_SUITE_P(Stores, TableOperations, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

const std::string kInvalid = "One or more parameter values were invalid: ";

/// CreateTable with `rest` behind the name.
std::string table(const std::string& rest) {
  return R"({"TableName":"Music",)" + rest + "}";
}
const std::string kPayPerRequest = R"("BillingMode":"PAY_PER_REQUEST",)";
const std::string kHashOnly =
    R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}])";
const std::string kHashAndRange =
    R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],)"
    R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}])";

/// The value of a member of TableDescription, as text up to the next comma.
std::string member(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\"" + name + "\":");
  if (at == std::string::npos) return "absent";
  const std::size_t begin = at + name.size() + 3;
  return answer.substr(begin, answer.find_first_of(",}", begin) - begin);
}

TEST_P(TableOperations, CreateDescribeListDelete) {
  const std::string made = run("CreateTable", table(kPayPerRequest + kHashAndRange));
  EXPECT_EQ(member(made, "TableStatus"), "\"CREATING\"");
  EXPECT_EQ(member(made, "TableArn"), "\"arn:aws:dynamodb:us-east-1:000000000000:table/Music\"");
  EXPECT_EQ(member(made, "BillingMode"), "\"PAY_PER_REQUEST\"");
  const std::string described = run("DescribeTable", R"({"TableName":"Music"})");
  EXPECT_TRUE(described.starts_with(
      R"({"Table":{"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],"TableName":"Music",)"
      R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"TableStatus":"ACTIVE","CreationDateTime":1700000)"))
      << described;
  EXPECT_EQ(member(described, "TableId"), member(made, "TableId"));
  EXPECT_EQ(member(made, "TableId").size(), 38U);
  EXPECT_EQ(member(described, "DeletionProtectionEnabled"), "false");
  expect({
      {"CreateTable", table(kPayPerRequest + kHashOnly),
       "ResourceInUseException: Table already exists: Music"},
      {"ListTables", "{}", R"({"TableNames":["Music"]})"},
      {"DescribeTable", R"({"TableName":"Musik"})",
       "ResourceNotFoundException: Requested resource not found: Table: Musik not found"},
      {"DeleteTable", R"({"TableName":"Musik"})",
       "ResourceNotFoundException: Requested resource not found: Table: Musik not found"},
  });
  const std::string dropped = run("DeleteTable", R"({"TableName":"Music"})");
  EXPECT_EQ(member(dropped, "TableStatus"), "\"DELETING\"");
  expect({
      {"DescribeTable", R"({"TableName":"Music"})",
       "ResourceNotFoundException: Requested resource not found: Table: Music not found"},
      {"GetItem", R"({"TableName":"Music","Key":{"pk":{"S":"a"},"sk":{"N":"1"}}})",
       "ResourceNotFoundException: Requested resource not found"},
      {"ListTables", "{}", R"({"TableNames":[]})"},
  });
  const std::string again = run("CreateTable", table(kPayPerRequest + kHashOnly));
  EXPECT_NE(member(again, "TableId"), member(made, "TableId"));
}

TEST_P(TableOperations, ListsPageByPageAndHideWhatIsInternal) {
  create_tables();
  create(table(kPayPerRequest + kHashOnly));
  // A request token makes the internal table.
  EXPECT_EQ(
      run("TransactWriteItems",
          R"({"ClientRequestToken":"t","TransactItems":[{"Put":{"TableName":"Hash","Item":{"pk":{"S":"a"}}}}]})"),
      "{}");
  expect({
      {"ListTables", "{}", R"({"TableNames":["Hash","Music","Sorted"]})"},
      {"ListTables", R"({"Limit":2})",
       R"({"TableNames":["Hash","Music"],"LastEvaluatedTableName":"Music"})"},
      {"ListTables", R"({"Limit":2,"ExclusiveStartTableName":"Music"})",
       R"({"TableNames":["Sorted"]})"},
      {"ListTables", R"({"Limit":3})", R"({"TableNames":["Hash","Music","Sorted"]})"},
  });
  expect_refusals(
      "Scan",
      {{R"({"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/!dynamodb-request-tokens"})",
        "Invalid ARN: Invalid ResourceArn provided as input "
        "arn:aws:dynamodb:us-east-1:000000000000:table/!dynamodb-request-tokens"}});
}

TEST_P(TableOperations, SettingsAreKeptAndTold) {
  const std::string settings =
      R"("ProvisionedThroughput":{"ReadCapacityUnits":7,"WriteCapacityUnits":3},"TableClass":"STANDARD_INFREQUENT_ACCESS",
      "SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"alias/mine"},"DeletionProtectionEnabled":true,
      "StreamSpecification":{"StreamEnabled":false},"Tags":[{"Key":"team","Value":"x"}],)";
  create(table(settings + kHashOnly));
  const std::string told = run("DescribeTable", R"({"TableName":"Music"})");
  EXPECT_EQ(member(told, "ReadCapacityUnits"), "7");
  EXPECT_EQ(member(told, "WriteCapacityUnits"), "3");
  EXPECT_EQ(member(told, "TableClass"), "\"STANDARD_INFREQUENT_ACCESS\"");
  EXPECT_EQ(member(told, "KMSMasterKeyArn"), "\"arn:aws:kms:us-east-1:000000000000:alias/mine\"");
  EXPECT_EQ(member(told, "BillingMode"), "absent");
  EXPECT_EQ(member(told, "StreamEnabled"), "absent");
  EXPECT_EQ(run("DeleteTable", R"({"TableName":"Music"})"),
            "ValidationException: Resource cannot be deleted as it is currently protected against "
            "deletion. Disable deletion protection first.");
}

TEST_P(TableOperations, IndexesAreTold) {
  create_tables();
  const std::string told = run("DescribeTable", R"({"TableName":"Sorted"})");
  EXPECT_NE(
      told.find(
          R"("LocalSecondaryIndexes":[{"IndexName":"lsi","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"lsk","KeyType":"RANGE"}],)"
          R"("Projection":{"ProjectionType":"KEYS_ONLY"},"IndexSizeBytes":0,"ItemCount":0,"IndexArn":"arn:aws:dynamodb:us-east-1:000000000000:table/Sorted/index/lsi"}])"),
      std::string::npos)
      << told;
  EXPECT_NE(
      told.find(
          R"("Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["a"]},"IndexStatus":"ACTIVE","ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":0,"WriteCapacityUnits":0})"),
      std::string::npos)
      << told;
}

TEST_P(TableOperations, SchemasAreChecked) {
  const std::string attributes =
      R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],)";
  const auto keys = [](const std::string& hash, const std::string& hash_type,
                       const std::string& range, const std::string& range_type) {
    return R"("KeySchema":[{"AttributeName":")" + hash + R"(","KeyType":")" + hash_type +
           R"("},{"AttributeName":")" + range + R"(","KeyType":")" + range_type + R"("}])";
  };
  const auto lsi = [](const std::string& key_schema, const std::string& projection) {
    return R"(,"LocalSecondaryIndexes":[{"IndexName":"one",)" + key_schema + R"(,"Projection":)" +
           projection + "}]";
  };
  const std::string all = R"({"ProjectionType":"ALL"})";
  const std::string good = keys("pk", "HASH", "sk", "RANGE");
  expect_refusals(
      "CreateTable",
      {
          {table(kHashOnly), kInvalid +
                                 "ReadCapacityUnits and WriteCapacityUnits must both be specified "
                                 "when BillingMode is PROVISIONED"},
          {table(kPayPerRequest +
                 R"("ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},)" +
                 kHashOnly),
           kInvalid +
               "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode "
               "is PAY_PER_REQUEST"},
          {table(
               R"("ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":1},)" +
               kHashOnly),
           "Given value 1000000000001 for ReadCapacityUnits is out of bounds"},
          {table(kPayPerRequest +
                 R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)" +
                 keys("pk", "HASH", "pk", "RANGE")),
           "Invalid KeySchema: Some index key attribute have no definition"},
          {table(kPayPerRequest + attributes + keys("pk", "HASH", "other", "RANGE")),
           kInvalid +
               "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk, "
               "other], AttributeDefinitions: [pk, sk]"},
          {table(kPayPerRequest + attributes + keys("pk", "HASH", "pk", "RANGE")),
           "Both the Hash Key and the Range Key element in the KeySchema have the same name"},
          {table(kPayPerRequest + attributes + keys("pk", "RANGE", "sk", "HASH")),
           "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
          {table(kPayPerRequest + attributes + keys("pk", "HASH", "sk", "HASH")),
           "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"},
          {table(kPayPerRequest + attributes +
                 R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}])"),
           kInvalid +
               "Number of attributes in KeySchema does not exactly match number of attributes "
               "defined in AttributeDefinitions"},
          {table(kPayPerRequest + attributes +
                 R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}])" + lsi(good, all)),
           kInvalid +
               "Table KeySchema does not have a range key, which is required when specifying a "
               "LocalSecondaryIndex"},
          {table(kPayPerRequest + attributes + good + lsi(keys("sk", "HASH", "pk", "RANGE"), all)),
           kInvalid +
               "Index KeySchema does not have the same leading hash key as table KeySchema for "
               "index: one. index hash key: sk, table hash key: pk"},
          {table(kPayPerRequest + attributes + good +
                 lsi(R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}])", all)),
           kInvalid + "Index KeySchema does not have a range key for index: one"},
          {table(kPayPerRequest + attributes + good + lsi(good, "{}")),
           kInvalid + "Unknown ProjectionType: null"},
          {table(kPayPerRequest + attributes + good +
                 lsi(good, R"({"ProjectionType":"ALL","NonKeyAttributes":["a"]})")),
           kInvalid + "ProjectionType is ALL, but NonKeyAttributes is specified"},
          {table(kPayPerRequest + attributes + good + lsi(good, R"({"ProjectionType":"INCLUDE"})")),
           kInvalid + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
          {table(kPayPerRequest + attributes + good + lsi(good, all) +
                 R"(,"GlobalSecondaryIndexes":[{"IndexName":"one",)" + good + R"(,"Projection":)" +
                 all + "}]"),
           kInvalid + "Duplicate index name: one"},
          {table(kPayPerRequest + attributes + good + R"(,"GlobalSecondaryIndexes":[])"),
           kInvalid + "List of GlobalSecondaryIndexes is empty"},
          {R"({"TableName":"reserved.x",)" + kPayPerRequest + kHashOnly + "}",
           kInvalid + "Table names that begin with reserved. belong to tables that another service "
                      "manages: reserved.x"},
      });
}

TEST_P(TableOperations, WhatIsNotServedIsRefused) {
  const std::string start = kPayPerRequest + kHashOnly + ",";
  expect_refusals(
      "CreateTable",
      {
          {table(start +
                 R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"})"),
           kInvalid +
               "StreamSpecification: DynamoDB Streams are not supported by this server; create "
               "the table with StreamEnabled false"},
          {table(start +
                 R"("StreamSpecification":{"StreamEnabled":false,"StreamViewType":"NEW_IMAGE"})"),
           kInvalid + "Table is being created with a stream disabled, UpdateViewType should not be "
                      "specified"},
          {table(start + R"("ResourcePolicy":"{}")"),
           kInvalid + "ResourcePolicy: resource policies are not supported by this server"},
      });
  EXPECT_EQ(run("ListTables", "{}"), R"({"TableNames":[]})");
}

TEST_P(TableOperations, ManyIndexesReachTheLimits) {
  std::string definitions = R"({"AttributeName":"pk","AttributeType":"S"})";
  std::string indexes;
  for (int i = 0; i < 21; ++i) {
    const std::string name = "a" + std::to_string(i);
    definitions += R"(,{"AttributeName":")" + name + R"(","AttributeType":"S"})";
    indexes += std::string(i > 0 ? "," : "") + R"({"IndexName":"index)" + name +
               R"(","KeySchema":[{"AttributeName":")" + name +
               R"(","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}})";
    const std::string request = table(
        kPayPerRequest + R"("AttributeDefinitions":[)" + definitions +
        R"(],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"GlobalSecondaryIndexes":[)" +
        indexes + "]");
    if (i == 20) {
      expect_refusals("CreateTable", {{request, kInvalid + "GlobalSecondaryIndex count exceeds the "
                                                           "per-table limit of 20"}});
    } else if (i == 19) {
      create(request);
      run("DeleteTable", R"({"TableName":"Music"})");
    }
  }
}

TEST_P(TableOperations, TablesOfOtherServicesAreReadAndPartlyWritten) {
  table::TableSpec spec;
  spec.name = "reserved.photos";
  spec.codec = table::RowCodecKind::object;
  spec.placement = table::Placement::ordered;
  spec.keys.hash = {"bucket", table::Type::string};
  spec.keys.range = table::KeyAttribute{"key", table::Type::string};
  spec.ordered_hash = "photos";
  spec.properties = "another service's own bytes";
  ASSERT_TRUE(service_.simulation().run_until(
      service_.tables().create(std::move(spec), Deadline::never())));
  expect({
      {"ListTables", "{}", R"({"TableNames":["reserved.photos"]})"},
      {"DeleteTable", R"({"TableName":"reserved.photos"})",
       "ValidationException: " + kInvalid +
           "The table reserved.photos is managed by another service and cannot be deleted here"},
      {"PutItem",
       R"({"TableName":"reserved.photos","Item":{"bucket":{"S":"photos"},"key":{"S":"a"}}})",
       "ValidationException: " + kInvalid +
           "An object cannot be made without bytes; put it through S3 first"},
      {"GetItem",
       R"({"TableName":"reserved.photos","Key":{"bucket":{"S":"photos"},"key":{"S":"a"}}})", "{}"},
      {"Scan", R"({"TableName":"reserved.photos"})", R"({"Items":[],"Count":0,"ScannedCount":0})"},
      {"Query",
       R"({"TableName":"reserved.photos","KeyConditionExpression":"#b = :b","ExpressionAttributeNames":{"#b":"bucket"},"ExpressionAttributeValues":{":b":{"S":"photos"}}})",
       R"({"Items":[],"Count":0,"ScannedCount":0})"},
      {"DeleteItem",
       R"({"TableName":"reserved.photos","Key":{"bucket":{"S":"photos"},"key":{"S":"a"}}})", "{}"},
      {"TransactWriteItems",
       R"({"TransactItems":[{"ConditionCheck":{"TableName":"reserved.photos","Key":{"bucket":{"S":"photos"},"key":{"S":"a"}},"ConditionExpression":"attribute_not_exists(#k) ","ExpressionAttributeNames":{"#k":"key"}}}]
})",
       "{}"},
  });
  EXPECT_EQ(member(run("DescribeTable", R"({"TableName":"reserved.photos"})"), "TableStatus"),
            "\"ACTIVE\"");
}

TEST(TableSettings, ComeBackAndAreReadStrictly) {
  TableSettings settings;
  settings.pay_per_request = false;
  settings.provisioned = {5, 6};
  settings.on_demand = Throughput{-1, 9};
  settings.table_class = "STANDARD";
  settings.deletion_protection = true;
  settings.tags = {{"a", "b"}};
  settings.attribute_order = {"sk", "pk"};
  settings.indexes.push_back({"gsi", {1, 2}, {}, Throughput{3, 4}});
  const std::string bytes = encode_settings(settings);
  const auto back = decode_settings(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_settings(*back), bytes);
  EXPECT_FALSE(back->pay_per_request);
  EXPECT_EQ(back->find_index("gsi")->warm->write, 4);
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_EQ(decode_settings(bytes.substr(0, size)).error().code, ErrorCode::corruption) << size;
  EXPECT_EQ(decode_settings(bytes + "x").error().code, ErrorCode::corruption);
  EXPECT_EQ(decode_settings("\x03" + bytes.substr(1)).error().code, ErrorCode::unsupported);
  EXPECT_TRUE(decode_settings("")->pay_per_request);
}

}  // namespace
}  // namespace dyad::dynamodb
