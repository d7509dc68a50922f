// Location, tags and CORS rules of buckets: kept beside the table, told again, refused in S3's
// words.

#include "crypto/digest.h"
#include "services/s3/cors_match.h"
#include "services/s3/cors_policy.h"
#include "services/s3/test_server.h"

namespace dyad::s3 {
namespace {

model::CORSRule rule_of(std::vector<std::string> origins, std::vector<std::string> methods) {
  model::CORSRule rule;
  rule.allowed_origins = std::move(origins);
  rule.allowed_methods = std::move(methods);
  return rule;
}

std::string value_of(const api::CorsHeaders& headers, std::string_view name) {
  for (const auto& [header, value] : headers)
    if (header == name) return value;
  return "-";
}

class BucketSettingsTest : public testing::Test {
 protected:
  explicit BucketSettingsTest(TestServer::Options options = {}) : server_(std::move(options)) {
    server_.make_bucket();
  }

  /// A context of a request with a document and its MD5.
  api::RequestContext with_document() {
    api::RequestContext context = server_.context();
    context.document = kDocument;
    static const std::string md5 = to_base64(from_hex(kDocumentMd5).value());
    static const http::Header headers[] = {{"content-md5", md5}};
    context.headers = headers;
    return context;
  }

  Result<model::PutBucketTaggingOutput> put_tags(
      std::vector<std::pair<std::string, std::string>> tags, std::string bucket = "photos") {
    api::RequestContext context = with_document();
    model::PutBucketTaggingInput input;
    input.bucket = std::move(bucket);
    for (auto& [key, value] : tags) {
      model::Tag& tag = input.tagging.tag_set.emplace_back();
      tag.key = key;
      tag.value = value;
    }
    return server_.run(put_bucket_tagging(server_.service(), context, input));
  }
  Result<model::GetBucketTaggingOutput> tags(std::string bucket = "photos") {
    api::RequestContext context = server_.context();
    model::GetBucketTaggingInput input;
    input.bucket = std::move(bucket);
    return server_.run(get_bucket_tagging(server_.service(), context, input));
  }
  Result<model::PutBucketCorsOutput> put_cors(std::vector<model::CORSRule> rules) {
    api::RequestContext context = with_document();
    model::PutBucketCorsInput input;
    input.bucket = "photos";
    input.cors_configuration.cors_rules = std::move(rules);
    return server_.run(put_bucket_cors(server_.service(), context, input));
  }
  Result<model::GetBucketCorsOutput> cors() {
    api::RequestContext context = server_.context();
    model::GetBucketCorsInput input;
    input.bucket = "photos";
    return server_.run(get_bucket_cors(server_.service(), context, input));
  }
  /// The refusal of a rule that is otherwise good.
  std::string refusal(auto change) {
    model::CORSRule rule = rule_of({"*"}, {"GET"});
    change(rule);
    const auto put = put_cors({rule});
    return put ? "" : code_of(put) + ": " + put.error().message;
  }

  static constexpr std::string_view kDocument = "hello";
  static constexpr std::string_view kDocumentMd5 = "5d41402abc4b2a76b9719d911017c592";
  TestServer server_;
};

TEST_F(BucketSettingsTest, Tags) {
  const auto none = tags();
  EXPECT_EQ(code_of(none), "NoSuchTagSet");
  EXPECT_EQ(none.error().message, "The TagSet does not exist");
  EXPECT_EQ(field_of(none, "BucketName"), "photos");
  EXPECT_EQ(code_of(tags("absent")), "NoSuchBucket");
  EXPECT_EQ(code_of(put_tags({}, "absent")), "NoSuchBucket");

  ASSERT_TRUE(put_tags({{"b", "2"}, {"a", ""}}));
  const auto two = tags();
  ASSERT_TRUE(two);
  ASSERT_EQ(two->tag_set.size(), 2u);
  EXPECT_EQ(two->tag_set[0].key, "b");
  EXPECT_EQ(two->tag_set[1].value, "");
  ASSERT_TRUE(put_tags({{"only", "one"}}));
  EXPECT_EQ(tags()->tag_set.size(), 1u);
  ASSERT_TRUE(put_tags({})) << "an empty set takes them away";
  EXPECT_EQ(code_of(tags()), "NoSuchTagSet");

  ASSERT_TRUE(put_tags({{"a", "1"}}));
  api::RequestContext context = server_.context();
  model::DeleteBucketTaggingInput input;
  input.bucket = "photos";
  ASSERT_TRUE(server_.run(delete_bucket_tagging(server_.service(), context, input)));
  EXPECT_EQ(code_of(tags()), "NoSuchTagSet");
}

TEST_F(BucketSettingsTest, TagsRefused) {
  const auto doubled = put_tags({{"k", "1"}, {"k", "2"}});
  EXPECT_EQ(code_of(doubled), "InvalidTag");
  EXPECT_EQ(doubled.error().message, "Cannot provide multiple Tags with the same key");
  EXPECT_EQ(field_of(doubled, "TagKey"), "k");
  const auto bad_value = put_tags({{"k", "v1,v2"}});
  EXPECT_EQ(bad_value.error().message, "The TagValue you have provided is invalid");
  EXPECT_EQ(field_of(bad_value, "TagKey"), "k");
  EXPECT_EQ(field_of(bad_value, "TagValue"), "v1,v2");
  EXPECT_EQ(put_tags({{"k1,k2", "v"}}).error().message, "The TagKey you have provided is invalid");
  EXPECT_EQ(put_tags({{"aws:x", "v"}}).error().message,
            "System tags cannot be added/updated by requester");
  std::vector<std::pair<std::string, std::string>> many;
  for (std::size_t i = 0; i < kMaxBucketTags; ++i) many.emplace_back("k" + std::to_string(i), "v");
  EXPECT_TRUE(put_tags(many));
  many.emplace_back("more", "v");
  EXPECT_EQ(put_tags(many).error().message, "Bucket tag count cannot be greater than 50");
  EXPECT_EQ(tags()->tag_set.size(), kMaxBucketTags) << "a refused set changes nothing";
}

TEST_F(BucketSettingsTest, DocumentsAreHeldAgainstTheirDigest) {
  api::RequestContext context = server_.context();
  model::PutBucketTaggingInput input;
  input.bucket = "photos";
  context.document = kDocument;
  EXPECT_EQ(code_of(server_.run(put_bucket_tagging(server_.service(), context, input))),
            "InvalidRequest");
  const http::Header wrong[] = {{"content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="}};
  context.headers = wrong;
  EXPECT_EQ(code_of(server_.run(put_bucket_tagging(server_.service(), context, input))),
            "BadDigest");
}

TEST_F(BucketSettingsTest, BucketsMadeWithTags) {
  model::CreateBucketInput input;
  input.bucket = "tagged";
  input.create_bucket_configuration.emplace();
  model::Tag& tag = input.create_bucket_configuration->tags.emplace_back();
  tag.key = "k";
  tag.value = "v";
  ASSERT_TRUE(server_.run(server_.create_bucket_task(input)));
  EXPECT_EQ(tags("tagged")->tag_set.size(), 1u);
  EXPECT_EQ(code_of(server_.run(server_.create_bucket_task(input))), "BucketAlreadyOwnedByYou");
  input.create_bucket_configuration->tags.clear();
  EXPECT_TRUE(server_.run(server_.create_bucket_task(input)));
  EXPECT_EQ(tags("tagged")->tag_set.size(), 1u);
  input.bucket = "other";
  input.create_bucket_configuration->tags = {tag, tag};
  input.create_bucket_configuration->tags[0].key = "aws:k";
  EXPECT_EQ(code_of(server_.run(server_.create_bucket_task(input))), "InvalidTag");
  EXPECT_EQ(code_of(tags("other")), "NoSuchBucket");
}

TEST_F(BucketSettingsTest, Rules) {
  const auto none = cors();
  EXPECT_EQ(code_of(none), "NoSuchCORSConfiguration");
  EXPECT_EQ(field_of(none, "BucketName"), "photos");
  model::CORSRule full = rule_of({"https://*.example.com", ""}, {"GET", "PUT"});
  full.id = "first";
  full.allowed_headers = {"x-AMZ-*", "Range"};
  full.expose_headers = {"ETag"};
  full.max_age_seconds = 0;
  ASSERT_TRUE(put_cors({full, rule_of({"*"}, {"DELETE"})}));
  const auto told = cors();
  ASSERT_TRUE(told);
  ASSERT_EQ(told->cors_rules.size(), 2u);
  EXPECT_EQ(told->cors_rules[0].id, "first");
  EXPECT_EQ(told->cors_rules[0].allowed_headers, full.allowed_headers);
  EXPECT_EQ(told->cors_rules[0].allowed_origins, full.allowed_origins);
  EXPECT_EQ(told->cors_rules[0].expose_headers, full.expose_headers);
  EXPECT_EQ(told->cors_rules[0].max_age_seconds, 0);
  EXPECT_FALSE(told->cors_rules[1].id);
  EXPECT_FALSE(told->cors_rules[1].max_age_seconds);
  api::RequestContext context = server_.context();
  model::DeleteBucketCorsInput input;
  input.bucket = "photos";
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(server_.run(delete_bucket_cors(server_.service(), context, input)));
  EXPECT_EQ(code_of(cors()), "NoSuchCORSConfiguration");
}

TEST_F(BucketSettingsTest, RulesRefused) {
  EXPECT_EQ(refusal([](auto& r) {
              r.allowed_methods = {"GET", "MYMETHOD"};
            }),
            "InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is "
            "MYMETHOD");
  EXPECT_EQ(refusal([](auto& r) { r.allowed_origins = {"*example*.com"}; }),
            "InvalidRequest: AllowedOrigin \"*example*.com\" can not have more than one wildcard.");
  EXPECT_EQ(refusal([](auto& r) { r.allowed_headers = {"a*b*"}; }),
            "InvalidRequest: AllowedHeader \"a*b*\" can not have more than one wildcard.");
  EXPECT_EQ(refusal([](auto& r) { r.allowed_headers = {"a b"}; }),
            "InvalidRequest: AllowedHeader \"a b\" contains invalid character.");
  EXPECT_EQ(refusal([](auto& r) { r.expose_headers = {"x-*"}; }),
            "InvalidRequest: ExposeHeader \"x-*\" contains wildcard. We currently do not support "
            "wildcard for ExposeHeader.");
  EXPECT_EQ(refusal([](auto& r) { r.expose_headers = {"a\r\nb"}; }),
            "InvalidRequest: AllowedHeader \"a\r\nb\" contains invalid character.");
  EXPECT_EQ(refusal([](auto& r) { r.max_age_seconds = -1; }),
            "MalformedXML: MaxAgeSeconds \"-1\" is not a valid value.");
  EXPECT_EQ(refusal([](auto& r) { r.id = std::string(kMaxCorsRuleIdUnits, 'i'); }), "");
  EXPECT_NE(refusal([](auto& r) { r.id = std::string(kMaxCorsRuleIdUnits + 1, 'i'); }), "");
  EXPECT_TRUE(put_cors(std::vector(kMaxCorsRules, rule_of({"*"}, {"GET"}))));
  EXPECT_EQ(code_of(put_cors(std::vector(kMaxCorsRules + 1, rule_of({"*"}, {"GET"})))),
            "InvalidRequest");
  EXPECT_EQ(cors()->cors_rules.size(), kMaxCorsRules);

  const std::string large(kMaxCorsDocumentBytes + 1, ' ');
  api::RequestContext context = server_.context();
  context.document = large;
  const std::string md5 = to_base64(crypto::as_view(crypto::md5(large)));
  const http::Header headers[] = {{"content-md5", md5}};
  context.headers = headers;
  model::PutBucketCorsInput input;
  input.bucket = "photos";
  input.cors_configuration.cors_rules = {rule_of({"*"}, {"GET"})};
  EXPECT_EQ(code_of(server_.run(put_bucket_cors(server_.service(), context, input))),
            "MalformedXML");
}

class LocationTest : public testing::Test {
 protected:
  static std::string location(const std::string& region, const std::string& constraint) {
    TestServer::Options options;
    options.region = region;
    TestServer server(options);
    model::CreateBucketInput made;
    made.bucket = "photos";
    made.create_bucket_configuration.emplace();
    if (!constraint.empty()) made.create_bucket_configuration->location_constraint = constraint;
    const auto created = server.run(server.create_bucket_task(made));
    if (!created) return code_of(created);
    api::RequestContext context = server.context();
    model::GetBucketLocationInput input;
    input.bucket = "photos";
    const auto told = server.run(get_bucket_location(server.service(), context, input));
    return told ? told->location_constraint.value_or("null") : code_of(told);
  }
};

TEST_F(LocationTest, IsToldAsItWasGiven) {
  EXPECT_EQ(location("us-east-1", ""), "null");
  EXPECT_EQ(location("eu-west-1", "eu-west-1"), "eu-west-1");
  EXPECT_EQ(location("eu-west-1", "EU"), "EU");
  EXPECT_EQ(location("eu-west-1", "bar"), "IllegalLocationConstraintException");
  EXPECT_EQ(location("us-east-1", "bar"), "InvalidLocationConstraint");
}

TEST(BucketPropertiesTest, OldVersionsAreReadAndDamageIsFound) {
  // Version 1: region, owner, ownership.
  const std::string first("\x01\x04here\x02me\x01", 10);
  const auto old = decode_bucket_properties(first);
  ASSERT_TRUE(old) << old.error().to_string();
  EXPECT_EQ(old->region, "here");
  EXPECT_EQ(old->owner_account, "me");
  EXPECT_TRUE(old->cors.empty());

  BucketProperties properties = *old;
  properties.location_constraint = "EU";
  properties.tags = {{"k", "v"}, {"l", ""}};
  CorsRule rule;
  rule.id = "r";
  rule.allowed_origins = {"a", "*"};
  rule.allowed_methods = {"GET"};
  rule.max_age_seconds = 7;
  properties.cors = {rule, CorsRule()};
  const std::string bytes = encode_bucket_properties(properties);
  const auto read = decode_bucket_properties(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->location_constraint, "EU");
  EXPECT_EQ(read->tags, properties.tags);
  EXPECT_EQ(read->cors, properties.cors);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    EXPECT_FALSE(decode_bucket_properties(std::string_view(bytes).substr(0, i))) << i;
  EXPECT_FALSE(decode_bucket_properties(bytes + "x"));
  std::string newer = bytes;
  newer[0] = 3;
  EXPECT_EQ(decode_bucket_properties(newer).error().code, ErrorCode::unsupported);
}

TEST(BucketPropertiesTest, TheCacheIsBoundedAndFollowsVersions) {
  BucketPropertiesCache cache;
  table::TableDescriptor table;
  BucketProperties properties;
  properties.region = "one";
  table.version = 1;
  table.properties = encode_bucket_properties(properties);
  table.id = table::TableId(7);
  const auto first = cache.of(table);
  ASSERT_TRUE(first);
  EXPECT_EQ(*cache.of(table), *first) << "decoded once";
  table::TableDescriptor newer = table;
  properties.region = "two";
  newer.version = 2;
  newer.properties = encode_bucket_properties(properties);
  EXPECT_EQ((*cache.of(newer))->region, "two");
  EXPECT_EQ((*cache.of(table))->region, "one") << "a slow reader is told what it holds";
  EXPECT_EQ((*cache.of(newer))->region, "two");
  for (std::uint64_t id = 0; id < BucketPropertiesCache::kMaxEntries + 5; ++id) {
    table.id = table::TableId(id);
    ASSERT_TRUE(cache.of(table));
    ASSERT_LE(cache.size(), BucketPropertiesCache::kMaxEntries);
  }
  properties.region.assign(BucketPropertiesCache::kMaxBytes / 4, 'r');
  table.properties = encode_bucket_properties(properties);
  for (std::uint64_t id = 20'000; id < 20'010; ++id) {
    table.id = table::TableId(id);
    ASSERT_TRUE(cache.of(table));
  }
  EXPECT_LE(cache.size(), 4u);
}

class CorsPolicyTest : public BucketSettingsTest {
 protected:
  CorsPolicyTest() : policy_(make_cors_policy(server_.service())) {}

  api::CorsRequest asked(std::string_view origin, std::optional<std::string_view> method,
                         std::optional<std::string_view> headers = std::nullopt) {
    api::CorsRequest request;
    request.bucket = bucket_;
    request.of_object = true;
    request.method = "OPTIONS";
    request.origin = origin;
    request.asked_method = method;
    request.asked_headers = headers;
    request.deadline = Deadline::never();
    return request;
  }
  Result<api::CorsHeaders> preflight(api::CorsRequest request) {
    return server_.run(policy_->preflight(request));
  }
  api::CorsHeaders actual(std::string_view method, std::string_view origin) {
    api::CorsRequest request = asked(origin, std::nullopt);
    request.method = method;
    return server_.run(policy_->allowed(request));
  }
  std::string bucket_ = "photos";
  std::unique_ptr<api::CorsPolicy> policy_;
};

TEST_F(CorsPolicyTest, OrderAndWordsOfRefusals) {
  EXPECT_EQ(preflight(asked("", "PUT")).error().message,
            "Insufficient information. Origin request header needed.");
  const auto off = preflight(asked("http://a", "PUT"));
  EXPECT_EQ(code_of(off), "AccessForbidden");
  EXPECT_EQ(off.error().message, "CORSResponse: CORS is not enabled for this bucket.");
  EXPECT_EQ(field_of(off, "Method"), "PUT");
  EXPECT_EQ(field_of(off, "ResourceType"), "BUCKET");
  EXPECT_EQ(field_of(preflight(asked("http://a", std::nullopt)), "Method"), "OPTIONS");
  bucket_ = "absent";
  EXPECT_EQ(preflight(asked("http://a", "PUT")).error().message, "CORSResponse: Bucket not found");
  bucket_ = "Not a bucket's name";
  EXPECT_EQ(code_of(preflight(asked("http://a", "PUT"))), "AccessForbidden");
  bucket_ = "photos";

  ASSERT_TRUE(put_cors({rule_of({"http://a"}, {"GET"})}));
  const auto no_method = preflight(asked("http://a", std::nullopt));
  EXPECT_EQ(code_of(no_method), "BadRequest");
  EXPECT_EQ(no_method.error().message, "Invalid Access-Control-Request-Method: null");
  EXPECT_EQ(preflight(asked("http://a", "PATCH")).error().message,
            "Invalid Access-Control-Request-Method: PATCH");
  EXPECT_EQ(code_of(preflight(asked("http://a", "GET", "a(b"))), "BadRequest");
  for (const auto& request :
       {asked("http://a", "PUT"), asked("http://b", "GET"), asked("http://a", "GET", "x-y")}) {
    const auto refused = preflight(request);
    EXPECT_EQ(code_of(refused), "AccessForbidden");
    EXPECT_EQ(field_of(refused, "ResourceType"), "OBJECT");
  }
  EXPECT_TRUE(preflight(asked("http://a", "GET")));
  EXPECT_TRUE(actual("GET", "http://b").empty());
  EXPECT_TRUE(actual("PUT", "http://a").empty());
  EXPECT_FALSE(actual("GET", "http://a").empty());
}

TEST_F(CorsPolicyTest, WhatIsAllowedIsSaid) {
  model::CORSRule rule = rule_of({"https://localhost:4200"}, {"GET", "PUT"});
  rule.allowed_headers = {"x-amz-*", "X-Other"};
  rule.expose_headers = {"x-amz-id-2", "ETag"};
  rule.max_age_seconds = 3000;
  ASSERT_TRUE(put_cors({rule, rule_of({"*"}, {"HEAD"})}));
  const auto allowed =
      preflight(asked("https://localhost:4200", "PUT", "x-AMZ-expected-BUCKET-owner,x-other"));
  ASSERT_TRUE(allowed) << allowed.error().to_string();
  const api::CorsHeaders expected = {
      {"Access-Control-Allow-Origin", "https://localhost:4200"},
      {"Access-Control-Allow-Methods", "GET, PUT"},
      {"Access-Control-Allow-Headers", "x-amz-expected-bucket-owner, x-other"},
      {"Access-Control-Expose-Headers", "x-amz-id-2, ETag"},
      {"Access-Control-Max-Age", "3000"},
      {"Access-Control-Allow-Credentials", "true"},
      {"Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}};
  EXPECT_EQ(*allowed, expected);
  const api::CorsHeaders head = actual("HEAD", "http://anywhere");
  EXPECT_EQ(value_of(head, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(value_of(head, "Access-Control-Allow-Credentials"), "-");
  EXPECT_EQ(value_of(head, "Access-Control-Max-Age"), "-");
  // A change is seen at once.
  ASSERT_TRUE(put_cors({rule_of({"http://b"}, {"GET"})}));
  EXPECT_TRUE(actual("HEAD", "http://anywhere").empty());
}

TEST_F(CorsPolicyTest, AnActualRequestMayNameWhatItAsks) {
  ASSERT_TRUE(put_cors({rule_of({"http://a"}, {"GET"})}));
  api::CorsRequest request = asked("http://a", "PUT");
  request.method = "GET";
  EXPECT_TRUE(server_.run(policy_->allowed(request)).empty());
  request.asked_method.reset();
  request.asked_headers = "x-amz-request-payer";
  EXPECT_TRUE(server_.run(policy_->allowed(request)).empty());
}

TEST(CorsMatchTest, OneWildcardStandsForAnything) {
  const auto allows = [](std::string pattern, std::string_view origin) {
    CorsRule rule;
    rule.allowed_methods = {"GET"};
    rule.allowed_origins = {std::move(pattern)};
    CorsQuestion question;
    question.origin = origin;
    question.method = "GET";
    return match_cors({rule}, question) != nullptr;
  };
  EXPECT_TRUE(allows("*", "null"));
  EXPECT_TRUE(allows("*suffix", "foo.suffix"));
  EXPECT_TRUE(allows("*suffix", "suffix"));
  EXPECT_FALSE(allows("*suffix", "foo.suffix.get"));
  EXPECT_TRUE(allows("start*end", "startend"));
  EXPECT_TRUE(allows("start*end", "start12end"));
  EXPECT_FALSE(allows("start*end", "0start12end"));
  EXPECT_FALSE(allows("startt*tend", "starttend")) << "the two ends may not share a character";
  EXPECT_TRUE(allows("prefix*", "prefix.suffix"));
  EXPECT_FALSE(allows("prefix*", "bla.prefix"));
  EXPECT_FALSE(allows("http://a.com", "http://A.com"));
  EXPECT_FALSE(allows("http://a.com", "http://a.com/"));
  EXPECT_FALSE(allows("", "http://a.com"));
}

TEST(CorsMatchTest, NamesInAList) {
  EXPECT_EQ(named_headers(" a ,b,,\tc "), (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_TRUE(named_headers(" , ").empty());
  EXPECT_TRUE(named_headers("").empty());
}

}  // namespace
}  // namespace dyad::s3
