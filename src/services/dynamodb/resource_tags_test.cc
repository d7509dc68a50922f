#include "services/dynamodb/test_service.h"

namespace dyad::dynamodb {
namespace {

constexpr char kArn[] = "arn:aws:dynamodb:us-east-1:000000000000:table/Hash";

class ResourceTags : public OperationsTest {
 protected:
  ResourceTags() { create_tables(); }

  static std::string request(const std::string& more, const std::string& arn = kArn) {
    return R"({"ResourceArn":")" + arn + "\"" + more + "}";
  }
  static std::string tag(const std::string& key, const std::string& value) {
    return R"({"Key":")" + key + R"(","Value":")" + value + "\"}";
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, ResourceTags, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

/// Whose tags these are, and what else stands there, this service does not know.
TEST_P(ResourceTags, TablesOfOtherServicesHaveNoneHere) {
  for (const std::string properties : {"", "another service's own bytes"}) {
    const std::string name = properties.empty() ? "reserved.plain" : "reserved.photos";
    table::TableSpec spec;
    spec.name = name;
    spec.codec = table::RowCodecKind::object;
    spec.placement = table::Placement::ordered;
    spec.keys.hash = {"bucket", table::Type::string};
    spec.keys.range = table::KeyAttribute{"key", table::Type::string};
    spec.ordered_hash = "photos";
    spec.properties = properties;
    ASSERT_TRUE(service_.simulation().run_until(
        service_.tables().create(std::move(spec), Deadline::never())));
    const std::string arn = "arn:aws:dynamodb:us-east-1:000000000000:table/" + name;
    const std::string refused =
        "ValidationException: One or more parameter values were invalid: The table " + name +
        " is managed by another service and cannot be tagged here";
    expect({
        {"TagResource", request(R"(,"Tags":[)" + tag("a", "b") + "]", arn), refused},
        {"UntagResource", request(R"(,"TagKeys":["a"])", arn), refused},
        {"ListTagsOfResource", request("", arn), R"({"Tags":[]})"},
    });
    const auto table =
        service_.simulation().run_until(service_.tables().find(name, Deadline::never()));
    EXPECT_EQ((*table)->properties, properties);
  }
}

TEST_P(ResourceTags, AreAddedReplacedListedAndTakenAway) {
  expect({
      {"ListTagsOfResource", request(""), R"({"Tags":[]})"},
      {"TagResource", request(R"(,"Tags":[)" + tag("env", "test") + "," + tag("a b", "") + "]"),
       "{}"},
      {"TagResource", request(R"(,"Tags":[)" + tag("env", "live") + "," + tag("x", "ü") + "]"),
       "{}"},
      {"ListTagsOfResource", request(""),
       R"({"Tags":[{"Key":"env","Value":"live"},{"Key":"a b","Value":""},{"Key":"x","Value":"ü"}]})"},
      {"UntagResource", request(R"(,"TagKeys":["a b","never"])"), "{}"},
      {"ListTagsOfResource", request(""),
       R"({"Tags":[{"Key":"env","Value":"live"},{"Key":"x","Value":"ü"}]})"},
  });
  service_.restart();
  expect({{"ListTagsOfResource", request(""),
           R"({"Tags":[{"Key":"env","Value":"live"},{"Key":"x","Value":"ü"}]})"}});
}

TEST_P(ResourceTags, ThoseOfCreateTableAreListed) {
  create(R"({"TableName":"Tagged","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"Tags":[{"Key":"k","Value":"v"}]})");
  expect(
      {{"ListTagsOfResource", request("", "arn:aws:dynamodb:us-east-1:000000000000:table/Tagged"),
        R"({"Tags":[{"Key":"k","Value":"v"}]})"}});
}

TEST_P(ResourceTags, FiftyAtMost) {
  const auto tags = [&](int begin, int end) {
    std::string text;
    for (int i = begin; i < end; ++i) text += (i > begin ? "," : "") + tag(std::to_string(i), "v");
    return request(R"(,"Tags":[)" + text + "]");
  };
  EXPECT_EQ(run("TagResource", tags(0, 30)), "{}");
  EXPECT_EQ(run("TagResource", tags(20, 50)), "{}");
  EXPECT_TRUE(run("TagResource", tags(49, 51)).starts_with("ValidationException: "));
  EXPECT_EQ(run("TagResource", tags(40, 50)), "{}");

  std::string many;
  for (int i = 0; i < 51; ++i) many += (i ? "," : "") + tag(std::to_string(i), "v");
  EXPECT_TRUE(run("CreateTable", R"({"TableName":"Tagged","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"Tags":[)" +
                                     many + "]}")
                  .starts_with("ValidationException: One or more"));
  EXPECT_TRUE(
      run("DescribeTable", R"({"TableName":"Tagged"})").starts_with("ResourceNotFoundException: "));
}

TEST_P(ResourceTags, AreChecked) {
  const std::string tags = R"(,"Tags":[)" + tag("a", "b") + "]";
  const std::string other_account = "arn:aws:dynamodb:us-east-1:111111111111:table/Hash";
  const std::string denied =
      "AccessDeniedException: User: arn:aws:iam::000000000000:root is not authorized to perform: "
      "dynamodb:TagResource on "
      "resource: ";
  const std::string no_table = "arn:aws:dynamodb:us-east-1:000000000000:table/None";
  expect({
      {"TagResource", request(R"(,"Tags":[])"),
       "ValidationException: Atleast one Tag needs to be provided as Input."},
      {"UntagResource", request(R"(,"TagKeys":[])"),
       "ValidationException: Atleast one Tag Key needs to be provided as Input."},
      {"TagResource", request(tags, "Hash"),
       "ValidationException: Invalid TableArn: ARNs must start with 'arn:': Hash"},
      {"TagResource", request(tags, "arn:aws:s3:::bucket"), denied + "arn:aws:s3:::bucket"},
      {"TagResource", request(tags, other_account), denied + other_account},
      {"TagResource", request(tags, "arn:aws:dynamodb:us-west-2:000000000000:table/Hash"),
       "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input "
       "arn:aws:dynamodb:us-west-2:000000000000:table/Hash"},
      {"ListTagsOfResource", request("", "arn:aws:dynamodb:us-east-1:000000000000:backup/Hash"),
       "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input "
       "arn:aws:dynamodb:us-east-1:000000000000:backup/Hash"},
      {"ListTagsOfResource", request("", "arn:aws:dynamodb"),
       "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input "
       "arn:aws:dynamodb"},
      {"ListTagsOfResource", request("", std::string(kArn) + "/index/gsi"),
       "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input " +
           std::string(kArn) + "/index/gsi"},
      {"TagResource", request(tags, no_table),
       "ResourceNotFoundException: Requested resource not found: ResourceArn: " + no_table +
           " not found"},
      {"ListTagsOfResource", request("", no_table),
       "ResourceNotFoundException: Requested resource not found: ResourceArn: " + no_table +
           " not found"},
      {"UntagResource", request(R"(,"TagKeys":["a"])", no_table),
       "ResourceNotFoundException: Requested resource not found"},
  });
  for (const char* bad : {"#!%", "->>;-)", "a\\\\b"}) {
    EXPECT_TRUE(run("TagResource", request(R"(,"Tags":[)" + tag(bad, "x") + "]"))
                    .starts_with("ValidationException: One or more"))
        << bad;
    EXPECT_TRUE(run("TagResource", request(R"(,"Tags":[)" + tag("x", bad) + "]"))
                    .starts_with("ValidationException: One or more"))
        << bad;
  }
  EXPECT_TRUE(run("TagResource", request(R"(,"Tags":[)" + tag("aws:x", "x") + "]"))
                  .starts_with("ValidationException: One or more"));
  EXPECT_EQ(run("ListTagsOfResource", request("")), R"({"Tags":[]})");
}

}  // namespace
}  // namespace dyad::dynamodb
