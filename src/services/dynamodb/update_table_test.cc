#include "services/dynamodb/table_settings.h"
#include "services/dynamodb/test_service.h"
#include "table/index_backfill.h"
#include "table/object_row.h"

namespace dyad::dynamodb {
namespace {

const std::string kInvalid = "One or more parameter values were invalid: ";
const std::string kInUse =
    "ResourceInUseException: Attempt to change a resource which is still in use: ";
const std::string kOneIndex =
    "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or "
    "deleted simultaneously per table";

/// UpdateTable of "Hash" with `rest` behind the name.
std::string update(const std::string& rest, const std::string& name = "Hash") {
  return R"({"TableName":")" + name + "\"," + rest + "}";
}
std::string updates(const std::string& list) {
  return R"("GlobalSecondaryIndexUpdates":[)" + list + "]";
}
std::string create_index(const std::string& name, const std::string& key,
                         const std::string& more = "") {
  return R"({"Create":{"IndexName":")" + name + R"(","KeySchema":[{"AttributeName":")" + key +
         R"(","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"})" + more + "}}";
}
std::string delete_index(const std::string& name) {
  return R"({"Delete":{"IndexName":")" + name + "\"}}";
}
std::string throughput(int read, int write) {
  return R"("ProvisionedThroughput":{"ReadCapacityUnits":)" + std::to_string(read) +
         R"(,"WriteCapacityUnits":)" + std::to_string(write) + "}";
}
std::string update_index(const std::string& name, const std::string& what) {
  return R"({"Update":{"IndexName":")" + name + "\"," + what + "}}";
}
std::string define(const std::string& name, const std::string& type = "S") {
  return R"("AttributeDefinitions":[{"AttributeName":")" + name + R"(","AttributeType":")" + type +
         "\"}],";
}

class UpdateTable : public OperationsTest {
 protected:
  /// What stands behind `"name":` first, up to the next comma or brace; from `after` on.
  static std::string member(const std::string& answer, const std::string& name,
                            const std::string& after = "") {
    const std::size_t from = after.empty() ? 0 : answer.find(after);
    if (from == std::string::npos) return "no " + after;
    const std::size_t at = answer.find("\"" + name + "\":", from);
    if (at == std::string::npos) return "absent";
    const std::size_t begin = at + name.size() + 3;
    return answer.substr(begin, answer.find_first_of(",}", begin) - begin);
  }
  std::string describe(const std::string& name = "Hash") {
    return run("DescribeTable", R"({"TableName":")" + name + "\"}");
  }
  std::string change(const std::string& rest, const std::string& name = "Hash") {
    const std::string answer = run("UpdateTable", update(rest, name));
    EXPECT_TRUE(answer.starts_with("{\"TableDescription\"")) << rest << "\n" << answer;
    return answer;
  }
  void refuse(const std::string& rest, const std::string& message,
              const std::string& name = "Hash") {
    EXPECT_EQ(run("UpdateTable", update(rest, name)), "ValidationException: " + message) << rest;
  }
  void create_provisioned(const std::string& more = "") {
    create(R"({"TableName":"Hash",)" + throughput(5, 6) +
           R"(,"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}])" +
           more + "}");
  }
  /// One pass of so many rows.
  table::IndexBackfill::Pass backfill(std::uint32_t rows) {
    table::BackfillOptions options;
    options.rows_per_transaction = rows;
    options.rows_per_turn = rows;
    options.rows_per_pass = rows;
    table::IndexBackfill worker(service_.tables(), options);
    auto pass = service_.simulation().run_until(worker.pass(Deadline::never()));
    EXPECT_TRUE(pass);
    return pass ? *pass : table::IndexBackfill::Pass();
  }
  void build() {
    for (int i = 0; i < 1000; ++i)
      if (!backfill(100).more) return;
    FAIL() << "the index is never built";
  }
  void add(const std::string& name, const std::string& key, const std::string& type = "S") {
    change(define(key, type) + updates(create_index(name, key)));
    build();
  }
  void put(const std::string& item, const std::string& table = "Hash") {
    EXPECT_EQ(run("PutItem", R"({"TableName":")" + table + R"(","Item":)" + item + "}"), "{}");
  }
  std::string query(const std::string& index, const std::string& key, const std::string& value,
                    const std::string& table = "Hash") {
    return run(
        "Query",
        R"({"TableName":")" + table + R"(","IndexName":")" + index +
            R"(","ScanIndexForward":false,"KeyConditionExpression":"#k = :v","ExpressionAttributeNames":{"#k":")" +
            key + R"("},"ExpressionAttributeValues":{":v":{"S":")" + value + "\"}}}");
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, UpdateTable, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

TEST_P(UpdateTable, AnIndexIsAddedBuiltReadAndRemoved) {
  create_tables();
  for (int i = 0; i < 5; ++i)
    put(R"({"pk":{"S":")" + std::to_string(i) + R"("},"group":{"S":"a"}})");
  put(R"({"pk":{"S":"n"},"group":{"N":"7"}})");
  const std::string answer = change(define("group") + updates(create_index("by-group", "group")));
  EXPECT_EQ(member(answer, "TableStatus"), "\"UPDATING\"");
  EXPECT_EQ(member(answer, "IndexStatus"), "\"CREATING\"");
  EXPECT_EQ(member(answer, "Backfilling"), "false");
  EXPECT_NE(
      answer.find(
          R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"group","AttributeType":"S"}])"),
      std::string::npos)
      << answer;
  std::string told = describe();
  EXPECT_EQ(member(told, "TableStatus"), "\"UPDATING\"");
  EXPECT_EQ(member(told, "IndexStatus"), "\"CREATING\"");
  EXPECT_EQ(member(told, "Backfilling"), "false");
  const std::string kBackfilling =
      "ValidationException: Cannot read from backfilling global secondary index: by-group";
  EXPECT_EQ(query("by-group", "group", "a"), kBackfilling);
  EXPECT_EQ(run("Scan", R"({"TableName":"Hash","IndexName":"by-group"})"), kBackfilling);
  // What comes first by Amazon's phases.
  EXPECT_EQ(run("UpdateTable", update(updates(delete_index("by-group")))),
            kInUse +
                "Index creation is in resource allocation phase. Retry deletion during "
                "backfilling phase or when the index is active. Table: Hash Index: by-group");
  EXPECT_EQ(
      run("UpdateTable", update(updates(update_index(
                             "by-group", R"("WarmThroughput":{"ReadUnitsPerSecond":13000})")))),
      kInUse + "Index is being created but is not backfilling yet. Table: Hash Index: by-group");
  EXPECT_EQ(run("UpdateTable", update(R"("BillingMode":"PROVISIONED",)" + throughput(1, 1))),
            kInUse +
                "Can't change table IOPS when an index is being created. Table: Hash Indexes: "
                "[by-group]");
  EXPECT_EQ(run("UpdateTable", update(R"("OnDemandThroughput":{"MaxReadRequestUnits":9})")),
            kInUse +
                "OnDemandThroughput cannot be updated while index creation is in progress for "
                "indexes: [by-group]");

  while (member(describe(), "Backfilling") == "false") backfill(2);
  told = describe();
  EXPECT_EQ(member(told, "TableStatus"), "\"ACTIVE\"");
  EXPECT_EQ(member(told, "IndexStatus"), "\"CREATING\"");
  EXPECT_EQ(member(told, "Backfilling"), "true");
  EXPECT_EQ(query("by-group", "group", "a"), kBackfilling);
  EXPECT_EQ(run("UpdateTable", update(define("x") + updates(create_index("other", "x")))),
            kOneIndex);
  EXPECT_EQ(run("UpdateTable", update(define("x") + updates(create_index("by-group", "x")))),
            kInUse + "Index is being created. Table: Hash Index: by-group");
  EXPECT_EQ(run("DeleteTable", R"({"TableName":"Hash"})"),
            kInUse + "Cannot delete table while indexes are being created, updated, or deleted.");
  // Every write keeps the index, and its types hold.
  put(R"({"pk":{"S":"x"},"group":{"S":"a"}})");
  EXPECT_EQ(run("DeleteItem", R"({"TableName":"Hash","Key":{"pk":{"S":"3"}}})"), "{}");
  EXPECT_EQ(run("PutItem", R"({"TableName":"Hash","Item":{"pk":{"S":"y"},"group":{"N":"1"}}})"),
            "ValidationException: " + kInvalid +
                "Type mismatch for Index Key group Expected: S Actual: N IndexName: by-group");
  build();
  told = describe();
  EXPECT_EQ(member(told, "TableStatus"), "\"ACTIVE\"");
  EXPECT_EQ(member(told, "IndexStatus"), "\"ACTIVE\"");
  EXPECT_EQ(member(told, "Backfilling"), "absent");
  EXPECT_EQ(member(query("by-group", "group", "a"), "Count"), "5");
  EXPECT_EQ(member(run("Scan", R"({"TableName":"Hash","IndexName":"by-group"})"), "Count"), "5");

  const std::string removed = change(updates(delete_index("by-group")));
  EXPECT_EQ(member(removed, "TableStatus"), "\"UPDATING\"");
  EXPECT_EQ(member(removed, "IndexStatus"), "\"DELETING\"");
  told = describe();
  EXPECT_EQ(member(told, "TableStatus"), "\"ACTIVE\"");
  EXPECT_EQ(member(told, "IndexStatus"), "absent");
  EXPECT_EQ(told.find("group"), std::string::npos) << told;
  EXPECT_EQ(query("by-group", "group", "a"),
            "ValidationException: The table does not have the specified index: by-group");
  put(R"({"pk":{"S":"y"},"group":{"N":"1"}})");
}

TEST_P(UpdateTable, AnItemThatNoIndexTakesCanStillBeChanged) {
  create_tables();
  put(R"({"pk":{"S":"n"},"group":{"N":"7"}})");
  put(R"({"pk":{"S":"e"},"group":{"S":""}})");
  add("by-group", "group");
  const auto set = [&](const std::string& key, const std::string& what, const std::string& value) {
    return run("UpdateItem",
               R"({"TableName":"Hash","Key":{"pk":{"S":")" + key +
                   R"("}},"UpdateExpression":"SET #a = :v","ExpressionAttributeNames":{"#a":")" +
                   what + R"("},"ExpressionAttributeValues":{":v":)" + value + "}}");
  };
  EXPECT_EQ(set("n", "other", R"({"S":"x"})"), "{}");
  EXPECT_EQ(set("e", "other", R"({"S":"x"})"), "{}");
  EXPECT_EQ(set("n", "group", R"({"N":"8"})"),
            "ValidationException: " + kInvalid +
                "Type mismatch for Index Key group Expected: S Actual: N IndexName: by-group");
  EXPECT_EQ(
      run("TransactWriteItems",
          R"({"TransactItems":[{"Update":{"TableName":"Hash","Key":{"pk":{"S":"n"}},"UpdateExpression":"SET note = :v","ExpressionAttributeValues":{":v":{"S":"y"}}}}]})"),
      "{}");
  EXPECT_EQ(set("n", "group", R"({"S":"a"})"), "{}");
  EXPECT_EQ(member(query("by-group", "group", "a"), "Count"), "1");
}

TEST_P(UpdateTable, AnIndexThatIsBeingBuiltCanBeRemoved) {
  create_tables();
  for (int i = 0; i < 20; ++i)
    put(R"({"pk":{"S":")" + std::to_string(i) + R"("},"group":{"S":"a"}})");
  change(define("group") + updates(create_index("by-group", "group")));
  while (member(describe(), "Backfilling") == "false") backfill(2);
  EXPECT_EQ(member(change(updates(delete_index("by-group"))), "IndexStatus"), "\"DELETING\"");
  EXPECT_EQ(backfill(100).rows, 0U);
  add("by-group", "group");
  EXPECT_EQ(member(query("by-group", "group", "a"), "Count"), "20");
  EXPECT_TRUE(run("DeleteTable", R"({"TableName":"Hash"})").starts_with("{\"TableDescription\""));
}

TEST_P(UpdateTable, RequestsThatAskForNothingOrTooMuch) {
  create_tables();
  const std::string nothing =
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
      "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
      "ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, "
      "OnDemandThroughput, WarmThroughput or TableClass is required";
  EXPECT_EQ(run("UpdateTable", R"({"TableName":"Hash"})"), "ValidationException: " + nothing);
  EXPECT_EQ(run("UpdateTable", R"({"TableName":"NoSuch"})"), "ValidationException: " + nothing);
  refuse(updates(""), nothing);
  refuse(R"("AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}])", nothing);
  refuse(updates("") + R"(,"DeletionProtectionEnabled":true)",
         kInvalid + "List of GlobalSecondaryIndexUpdates is empty");
  refuse(updates("{}"),
         kInvalid +
             "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
             "GlobalSecondaryIndexUpdate.Delete must not be null");
  refuse(updates(R"({"Delete":{"IndexName":"abc"},"Update":{"IndexName":"abc"}})"),
         kInvalid +
             "Only one global secondary index action is allowed per "
             "GlobalSecondaryIndexUpdate object");
  refuse(updates(delete_index("abc") + "," + delete_index("abc")),
         kInvalid +
             "Only one global secondary index update per index is allowed simultaneously. "
             "Index: abc");
  const std::string add = define("a") + updates(create_index("new", "a"));
  refuse(add + R"(,"DeletionProtectionEnabled":true)",
         kInvalid + "DeletionProtection modification must be the only operation in the request");
  refuse(add + R"(,"TableClass":"STANDARD")",
         kInvalid + "TableClass modification must be the only operation in the request");
  refuse(
      R"("SSESpecification":{"Enabled":true},"DeletionProtectionEnabled":true)",
      kInvalid + "Server-Side Encryption modification must be the only operation in the request");
  refuse(add + R"(,"WarmThroughput":{"ReadUnitsPerSecond":13000})",
         kInvalid +
             "Create global secondary index cannot be specified when updating "
             "WarmThroughput");
  refuse(R"("BillingMode":"PAY_PER_REQUEST","WarmThroughput":{"ReadUnitsPerSecond":13000})",
         kInvalid + "WarmThroughput must be the only operation in the request");
  refuse(add + R"(,"OnDemandThroughput":{"MaxReadRequestUnits":5})",
         kInvalid +
             "OnDemandThroughput can only be combined with BillingMode in an UpdateTable "
             "request");
  refuse(add + "," + throughput(1, 1),
         kInvalid + "You cannot create or delete index while updating table IOPS");
  refuse(add + R"(,"StreamSpecification":{"StreamEnabled":false})",
         kInvalid + "You cannot create or delete index while changing stream status");
  refuse(throughput(1, 1) + R"(,"StreamSpecification":{"StreamEnabled":false})",
         kInvalid + "You cannot modify stream status while updating table IOPS");
  EXPECT_EQ(run("UpdateTable", update(R"("DeletionProtectionEnabled":true)", "Missing")),
            "ResourceNotFoundException: Requested resource not found: Table: Missing not found");
  EXPECT_EQ(member(describe(), "DeletionProtectionEnabled"), "false");
}

TEST_P(UpdateTable, WhatIsNotServedIsRefused) {
  create_tables();
  refuse(R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"})",
         kInvalid +
             "StreamSpecification: DynamoDB Streams are not supported by this server; a "
             "table's stream cannot be enabled");
  refuse(R"("StreamSpecification":{"StreamEnabled":true})",
         kInvalid + "If stream is being enabled then UpdateViewType is required");
  refuse(R"("StreamSpecification":{"StreamEnabled":false,"StreamViewType":"NEW_IMAGE"})",
         kInvalid + "If stream is being disabled, then UpdateViewType must not be specified");
  refuse(R"("StreamSpecification":{"StreamEnabled":false})",
         "Table has no stream to disable: TableName: Hash");
  refuse(R"("ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}])",
         kInvalid + "Global tables are not supported by this server");
  refuse(R"("GlobalTableSettingsReplicationMode":"ENABLED")",
         kInvalid + "Global tables are not supported by this server");
}

TEST_P(UpdateTable, IndexesAreCheckedAgainstTheirTable) {
  create_tables();
  EXPECT_EQ(run("UpdateTable", update(updates(delete_index("ghost")))),
            "ResourceNotFoundException: Requested resource not found: Index ghost for table Hash");
  EXPECT_EQ(
      run("UpdateTable",
          update(updates(update_index("ghost", R"("WarmThroughput":{"ReadUnitsPerSecond":1})")))),
      "ResourceNotFoundException: Requested resource not found: Index ghost for table Hash");
  refuse(updates(delete_index("lsi")),
         "Cannot delete an index that is not a GlobalSecondaryIndex: lsi", "Sorted");
  refuse(updates(update_index("lsi", throughput(1, 1))),
         "Cannot update an index that is not a GlobalSecondaryIndex: lsi", "Sorted");
  refuse(define("x") + updates(create_index("lsi", "x")),
         "Attempting to create an index which already exists", "Sorted");
  refuse(define("x") + updates(create_index("gsi", "x")),
         "Attempting to create an index which already exists", "Sorted");
  refuse(updates(create_index("new", "x")),
         kInvalid + "AttributeDefinitions is not specified for index: new");
  refuse(define("y") + updates(create_index("new", "x")),
         kInvalid +
             "Some index key attributes are not defined in AttributeDefinitions. Keys: [x], "
             "AttributeDefinitions: [y, pk]");
  refuse(define("gpk", "N") + updates(create_index("new", "gpk")),
         kInvalid +
             "Attributes cannot be redefined. Please check that your attribute has the same type "
             "as previously defined. Existing schema: Schema:[SchemaElement: key{gpk:S:HASH}] New "
             "schema: Schema:[SchemaElement: key{gpk:N:HASH}]",
         "Sorted");
  for (const std::string& two : {create_index("one", "x") + "," + create_index("two", "x"),
                                 create_index("one", "x") + "," + delete_index("gsi"),
                                 delete_index("gsi") + "," + delete_index("lsi")})
    EXPECT_EQ(run("UpdateTable", update(define("x") + updates(two), "Sorted")), kOneIndex);
  EXPECT_EQ(member(describe("Sorted"), "IndexStatus"), "\"ACTIVE\"");
}

TEST_P(UpdateTable, TwentyIndexesAndNoMore) {
  create_tables();
  for (int i = 0; i < 20; ++i) {
    const std::string name = "a" + std::to_string(i);
    add("index-" + name, name);
  }
  EXPECT_EQ(run("UpdateTable", update(define("x") + updates(create_index("more", "x")))),
            "LimitExceededException: Subscriber limit exceeded: Number of global secondary indexes "
            "exceeds per-table limit of 20");
}

TEST_P(UpdateTable, ProjectedAttributesAreLimited) {
  create_tables();
  int attribute = 0;
  for (int i = 0; i < 6; ++i) {
    std::string names;
    for (int j = 0; j < 20; ++j, ++attribute)
      names += std::string(j > 0 ? "," : "") + "\"p" + std::to_string(attribute) + "\"";
    const std::string one =
        R"({"Create":{"IndexName":"index)" + std::to_string(i) +
        R"(","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":[)" +
        names + "]}}}";
    if (i == 5) {
      refuse(define("a") + updates(one),
             kInvalid + "Number of NonKeyAttributes exceeds per-table limit of 100");
    } else {
      change(define("a") + updates(one));
      build();
    }
  }
}

TEST_P(UpdateTable, ThroughputOfTheTable) {
  create_provisioned();
  const std::string unchanged =
      "The provisioned throughput for the table will not change. The requested value equals the "
      "current value. Current ReadCapacityUnits provisioned for the table: 5. Requested "
      "ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for the table: 6. Requested "
      "WriteCapacityUnits: 6. Refer to the Amazon DynamoDB Developer Guide for current limits and "
      "how to request higher limits.";
  refuse(throughput(5, 6), unchanged);
  refuse(R"("BillingMode":"PROVISIONED",)" + throughput(5, 6), unchanged);
  refuse(R"("ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":1})",
         "Given value 1000000000001 for ReadCapacityUnits is out of bounds");
  refuse(
      R"("BillingMode":"PAY_PER_REQUEST",)" + throughput(5, 5),
      kInvalid + "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST");
  refuse(R"("OnDemandThroughput":{"MaxReadRequestUnits":5})",
         kInvalid +
             "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table "
             "BillingMode is PROVISIONED");
  // The answer tells what was, on its way.
  const std::string raised = change(throughput(20, 6));
  EXPECT_EQ(member(raised, "TableStatus"), "\"UPDATING\"");
  EXPECT_EQ(member(raised, "ReadCapacityUnits"), "5");
  std::string told = describe();
  EXPECT_EQ(member(told, "TableStatus"), "\"ACTIVE\"");
  EXPECT_EQ(member(told, "ReadCapacityUnits"), "20");
  EXPECT_EQ(member(told, "NumberOfDecreasesToday"), "0");
  EXPECT_NE(member(told, "LastIncreaseDateTime"), "absent");
  EXPECT_EQ(member(told, "LastDecreaseDateTime"), "absent");
  EXPECT_EQ(member(told, "BillingMode"), "absent");
  change(throughput(10, 6));
  told = describe();
  EXPECT_EQ(member(told, "NumberOfDecreasesToday"), "1");
  EXPECT_NE(member(told, "LastDecreaseDateTime"), "absent");
  // What was warm stays warm.
  EXPECT_EQ(member(told, "ReadUnitsPerSecond"), "20");
}

TEST_P(UpdateTable, BillingModes) {
  create_provisioned();
  EXPECT_EQ(member(change(R"("BillingMode":"PAY_PER_REQUEST")"), "TableStatus"), "\"UPDATING\"");
  std::string told = describe();
  EXPECT_EQ(member(told, "BillingMode"), "\"PAY_PER_REQUEST\"");
  EXPECT_EQ(member(told, "ReadCapacityUnits"), "0");
  EXPECT_EQ(member(told, "ReadUnitsPerSecond"), "12000");
  EXPECT_EQ(member(change(R"("BillingMode":"PAY_PER_REQUEST")"), "TableStatus"), "\"ACTIVE\"");
  refuse(throughput(1, 1),
         kInvalid +
             "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
             "BillingMode is PAY_PER_REQUEST");
  refuse(R"("BillingMode":"PROVISIONED")",
         kInvalid + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  add("by-group", "group");
  const std::string provisioned = R"("BillingMode":"PROVISIONED",)" + throughput(3, 3);
  refuse(provisioned, kInvalid + "ProvisionedThroughput must be specified for index: by-group");
  change(R"("OnDemandThroughput":{"MaxReadRequestUnits":7})");
  EXPECT_EQ(member(describe(), "MaxReadRequestUnits"), "7");
  EXPECT_EQ(member(describe(), "MaxWriteRequestUnits"), "-1");
  change(provisioned + "," + updates(update_index("by-group", throughput(4, 4))));
  told = describe();
  EXPECT_EQ(member(told, "BillingMode"), "\"PROVISIONED\"");
  EXPECT_EQ(member(told, "MaxReadRequestUnits"), "absent");
  EXPECT_EQ(member(told, "ReadCapacityUnits", "by-group"), "4");
  EXPECT_EQ(member(told, "ReadUnitsPerSecond"), "12000");
  refuse(define("x") + updates(create_index("more", "x")),
         kInvalid +
             "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: "
             "more");
  // An index and the billing mode may change together.
  change(R"("BillingMode":"PAY_PER_REQUEST",)" + define("x") + updates(create_index("more", "x")));
  told = describe();
  EXPECT_EQ(member(told, "BillingMode"), "\"PAY_PER_REQUEST\"");
  EXPECT_EQ(member(told, "ReadCapacityUnits", "by-group"), "0");
  EXPECT_EQ(member(told, "IndexStatus", "\"more\""), "\"CREATING\"");
}

TEST_P(UpdateTable, ThroughputOfIndexes) {
  create_provisioned();
  change(define("x") + updates(create_index("one", "x", "," + throughput(2, 2))));
  build();
  const std::string answer = change(updates(update_index("one", throughput(4, 2))));
  EXPECT_EQ(member(answer, "TableStatus"), "\"ACTIVE\"");
  EXPECT_EQ(member(answer, "IndexStatus"), "\"UPDATING\"");
  EXPECT_EQ(member(answer, "ReadCapacityUnits", "IndexStatus"), "2");
  EXPECT_EQ(member(describe(), "ReadCapacityUnits", "IndexStatus"), "4");
  refuse(updates(update_index("one", throughput(4, 2))),
         "The provisioned throughput for the index one will not change. The requested value equals "
         "the current value. Current ReadCapacityUnits provisioned for the index: 4. Requested "
         "ReadCapacityUnits: 4. Current WriteCapacityUnits provisioned for the index: 2. Requested "
         "WriteCapacityUnits: 2. Refer to the Amazon DynamoDB Developer Guide for current limits "
         "and how to request higher limits.");
  refuse(updates(update_index("one", R"("OnDemandThroughput":{"MaxWriteRequestUnits":5})")),
         kInvalid +
             "MaxWriteRequestUnits for OnDemandThroughput for index : one cannot be "
             "specified when the table BillingMode is PROVISIONED");
  change(R"("BillingMode":"PAY_PER_REQUEST")");
  refuse(updates(update_index("one", throughput(4, 2))),
         kInvalid +
             "The only Updates for index: one when TableThroughputMode is PAY_PER_REQUEST "
             "can be to OnDemandThroughput, WarmThroughput");
  refuse(updates(update_index("one", R"("OnDemandThroughput":{"MaxReadRequestUnits":0})")),
         kInvalid +
             "Requested MaxReadRequestUnits for OnDemandThroughput for index : one is "
             "outside of valid range");
  change(updates(update_index("one", R"("OnDemandThroughput":{"MaxReadRequestUnits":50})")));
  EXPECT_EQ(member(describe(), "MaxReadRequestUnits"), "50");
  refuse(updates(update_index("one", R"("WarmThroughput":{"ReadUnitsPerSecond":100})")),
         kInvalid +
             "Requested ReadUnitsPerSecond for WarmThroughput for index one is lower than "
             "current WarmThroughput, decreasing WarmThroughput is not supported");
  change(updates(update_index("one", R"("WarmThroughput":{"ReadUnitsPerSecond":12002})")));
  EXPECT_EQ(member(describe(), "ReadUnitsPerSecond", "IndexStatus"), "12002");
  EXPECT_EQ(member(describe(), "WriteUnitsPerSecond", "IndexStatus"), "4000");
  refuse(define("y") + updates(create_index("two", "y", "," + throughput(1, 1))),
         kInvalid +
             "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
             "two when BillingMode is PAY_PER_REQUEST");
}

TEST_P(UpdateTable, WarmThroughputRises) {
  create_tables();
  refuse(R"("WarmThroughput":{"WriteUnitsPerSecond":3999})",
         kInvalid +
             "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than "
             "current WarmThroughput, decreasing WarmThroughput is not supported");
  const std::string answer = change(R"("WarmThroughput":{"WriteUnitsPerSecond":5000})");
  EXPECT_EQ(member(answer, "TableStatus"), "\"ACTIVE\"");
  EXPECT_EQ(member(answer, "WriteUnitsPerSecond"), "4000");
  EXPECT_EQ(member(answer, "Status", "WarmThroughput"), "\"UPDATING\"");
  EXPECT_EQ(member(describe(), "WriteUnitsPerSecond"), "5000");
  EXPECT_EQ(member(describe(), "ReadUnitsPerSecond"), "12000");
}

TEST_P(UpdateTable, ProtectionClassAndEncryption) {
  create_tables();
  const std::string answer = change(R"("DeletionProtectionEnabled":true)");
  EXPECT_EQ(member(answer, "DeletionProtectionEnabled"), "true");
  EXPECT_EQ(member(answer, "TableStatus"), "\"ACTIVE\"");
  EXPECT_EQ(run("DeleteTable", R"({"TableName":"Hash"})"),
            "ValidationException: Resource cannot be deleted as it is currently protected against "
            "deletion. Disable deletion protection first.");
  change(R"("DeletionProtectionEnabled":false)");

  EXPECT_EQ(member(change(R"("TableClass":"STANDARD_INFREQUENT_ACCESS")"), "TableClass"), "absent");
  EXPECT_EQ(member(describe(), "TableClass"), "\"STANDARD_INFREQUENT_ACCESS\"");
  EXPECT_NE(member(describe(), "LastUpdateDateTime"), "absent");

  refuse(R"("SSESpecification":{})", kInvalid + "Table is already encrypted by default");
  refuse(R"("SSESpecification":{"Enabled":false,"SSEType":"KMS"})",
         kInvalid + "SSEType can not be specified if Enabled is false");
  refuse(R"("SSESpecification":{"Enabled":true,"KMSMasterKeyId":"alias/x"})",
         kInvalid + "SSEType KMS is required if KMSMasterKeyId is specified");
  const std::string by_key =
      R"("SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"alias/x"})";
  EXPECT_EQ(member(change(by_key), "Status", "SSEDescription"), "\"UPDATING\"");
  EXPECT_EQ(member(describe(), "KMSMasterKeyArn"),
            "\"arn:aws:kms:us-east-1:000000000000:alias/x\"");
  refuse(by_key, kInvalid +
                     "Table is already encrypted with given KMSMasterKeyId. Use "
                     "KMSMasterKeyId parameter if you want to change Master Key");
  change(R"("SSESpecification":{"Enabled":false})");
  EXPECT_EQ(member(describe(), "KMSMasterKeyArn"), "absent");
  EXPECT_TRUE(run("DeleteTable", R"({"TableName":"Hash"})").starts_with("{\"TableDescription\""));
}

TEST_P(UpdateTable, TablesOfOtherServicesGetIndexesAndNothingElse) {
  table::TableSpec spec;
  spec.name = "reserved.photos";
  spec.codec = table::RowCodecKind::object;
  spec.placement = table::Placement::ordered;
  spec.keys.hash = {"bucket", table::Type::string};
  spec.keys.range = table::KeyAttribute{"key", table::Type::string};
  spec.ordered_hash = "photos";
  spec.properties = "another service's own bytes";
  const auto made =
      service_.simulation().run_until(service_.tables().create(std::move(spec), Deadline::never()));
  ASSERT_TRUE(made);
  for (int day = 1; day <= 3; ++day) {
    table::RowWrite write;
    write.table = *made;
    const table::Item item = table::ItemBuilder()
                                 .string("bucket", "photos")
                                 .string("key", "photo" + std::to_string(day))
                                 .string("last_modified_date", "2026-10-0" + std::to_string(day))
                                 .string("x-amz-meta-author", day == 2 ? "Bob" : "Ada")
                                 .build();
    write.key = *table::key_of((*made)->keys, item.view());
    write.by_owner = true;
    write.decide = [item](const table::RowView&) -> Result<table::Decision> {
      return table::Decision::put(
          table::NewRow{item, table::encode_object_bytes(table::ObjectBytes())});
    };
    std::vector<table::RowWrite> writes;
    writes.push_back(std::move(write));
    ASSERT_TRUE(service_.simulation().run_until(
        service_.tables().write(std::move(writes), Deadline::never())));
  }
  const std::string by_author =
      R"("AttributeDefinitions":[{"AttributeName":"x-amz-meta-author","AttributeType":"S"},{"AttributeName":"last_modified_date","AttributeType":"S"}],)" +
      updates(
          R"({"Create":{"IndexName":"by-author","KeySchema":[{"AttributeName":"x-amz-meta-author","KeyType":"HASH"},{"AttributeName":"last_modified_date","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}})");
  change(by_author, "reserved.photos");
  build();
  EXPECT_EQ(member(describe("reserved.photos"), "IndexStatus"), "\"ACTIVE\"");
  const std::string photos = query("by-author", "x-amz-meta-author", "Ada", "reserved.photos");
  EXPECT_EQ(member(photos, "Count"), "2");
  EXPECT_LT(photos.find("photo3"), photos.find("photo1")) << photos;
  const auto table =
      service_.simulation().run_until(service_.tables().find("reserved.photos", Deadline::never()));
  EXPECT_EQ((*table)->properties, "another service's own bytes");

  const std::string elsewhere =
      kInvalid +
      "The table reserved.photos is managed by another service; only global secondary indexes can "
      "be created and deleted here";
  refuse(R"("DeletionProtectionEnabled":true)", elsewhere, "reserved.photos");
  refuse(R"("BillingMode":"PAY_PER_REQUEST")", elsewhere, "reserved.photos");
  refuse(updates(update_index("by-author", R"("WarmThroughput":{"ReadUnitsPerSecond":13000})")),
         elsewhere, "reserved.photos");
  change(updates(delete_index("by-author")), "reserved.photos");
  EXPECT_EQ(member(describe("reserved.photos"), "IndexStatus"), "absent");
}

TEST(TableSettings, TimesOfChangesNeedTheSecondVersion) {
  TableSettings settings;
  EXPECT_EQ(encode_settings(settings)[0], 1);
  settings.on_demand_since_ms = 1;
  settings.raised_ms = 2;
  settings.lowered_ms = 3;
  settings.lowered_times = 4;
  settings.class_changed_ms = 5;
  const std::string bytes = encode_settings(settings);
  EXPECT_EQ(bytes[0], 2);
  const auto back = decode_settings(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_settings(*back), bytes);
  EXPECT_EQ(back->lowered_times, 4U);
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_EQ(decode_settings(bytes.substr(0, size)).error().code, ErrorCode::corruption) << size;
}

}  // namespace
}  // namespace dyad::dynamodb
