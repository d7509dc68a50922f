// Tags of objects, and GetObjectAttributes.

#include "base/bytes.h"
#include "runtime/seed_scope.h"
#include "services/s3/test_server.h"
#include "table/item_builder.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

class ObjectTagsTest : public testing::TestWithParam<bool> {
 protected:
  ObjectTagsTest() : server_(options()) { server_.make_bucket(); }
  static TestServer::Options options() {
    TestServer::Options options;
    options.seed = seed_from_environment(5);
    options.hostile = GetParam();
    return options;
  }
  Result<model::PutObjectTaggingOutput> put_tags(std::string_view key, const Tags& tags,
                                                 std::optional<std::string> version = {}) {
    model::PutObjectTaggingInput input;
    input.bucket = kTestBucket;
    input.key = key;
    input.version_id = std::move(version);
    input.tagging.tag_set = tag_set_of(tags);
    const std::string md5 = to_base64(crypto::as_view(crypto::md5("<Tagging/>")));
    const http::Header headers[] = {{"Content-MD5", md5}};
    api::RequestContext context = server_.context();
    context.document = "<Tagging/>";
    context.headers = headers;
    return server_.run(put_object_tagging(server_.service(), context, input));
  }
  Result<Tags> get_tags(std::string_view key) {
    model::GetObjectTaggingInput input;
    input.bucket = kTestBucket;
    input.key = key;
    api::RequestContext context = server_.context();
    auto got = server_.run(get_object_tagging(server_.service(), context, input));
    if (!got) return fail(std::move(got).error());
    Tags tags;
    for (const model::Tag& tag : got->tag_set) tags.emplace_back(tag.key, tag.value);
    return tags;
  }
  Result<model::DeleteObjectTaggingOutput> delete_tags(std::string_view key) {
    model::DeleteObjectTaggingInput input;
    input.bucket = kTestBucket;
    input.key = key;
    api::RequestContext context = server_.context();
    return server_.run(delete_object_tagging(server_.service(), context, input));
  }
  TestServer server_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ObjectTagsTest, testing::Bool());

TEST_P(ObjectTagsTest, TagsChangeAndNothingElse) {
  for (const std::size_t size : {0u, 10u, 100'000u}) {
    model::PutObjectInput put = TestServer::put_input("k");
    put.tagging = "first=1";
    put.metadata["a"] = "b";
    const std::string bytes(size, 'x');
    ASSERT_TRUE(server_.run(server_.put_task(put, bytes)));
    const auto before = server_.get("k");
    EXPECT_EQ(*get_tags("k"), (Tags{{"first", "1"}}));
    EXPECT_EQ(before->output.tag_count, 1);
    server_.simulation().run_for_ms(5000);

    ASSERT_TRUE(put_tags("k", {{"b", ""}, {"a", "2"}}));
    EXPECT_EQ(*get_tags("k"), (Tags{{"a", "2"}, {"b", ""}}));
    const auto after = server_.get("k");
    ASSERT_TRUE(after) << after.error().to_string();
    EXPECT_TRUE(after->bytes == bytes);
    EXPECT_EQ(after->output.tag_count, 2);
    EXPECT_EQ(after->output.last_modified, before->output.last_modified);
    EXPECT_EQ(after->output.e_tag, before->output.e_tag);
    EXPECT_EQ(after->output.metadata, before->output.metadata);

    ASSERT_TRUE(delete_tags("k"));
    EXPECT_TRUE(get_tags("k")->empty());
    EXPECT_FALSE(server_.get("k")->output.tag_count);
    ASSERT_TRUE(delete_tags("k")) << "again";
    server_.reap();
    EXPECT_TRUE(server_.get("k")->bytes == bytes) << "the reaper takes nothing";
  }
  ASSERT_TRUE(server_.erase("k"));
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
}

/// Attributes that were set through the table stay.
TEST_P(ObjectTagsTest, AttributesOfTheTableStay) {
  ASSERT_TRUE(server_.put("k", "bytes"));
  const auto table = server_.run(server_.tables().find("s3.photos", Deadline::never()));
  ASSERT_TRUE(table);
  table::RowWrite write;
  write.table = *table;
  write.key = {table::Value::string(kTestBucket), table::Value::string("k")};
  write.decide = [](const table::RowView& old) -> Result<table::Decision> {
    table::ItemBuilder item;
    const table::MapView attributes = old.item.attributes();
    for (std::size_t i = 0; i < attributes.size(); ++i)
      item.set(attributes[i].name, attributes[i].value);
    item.string("mine", "value");
    return table::Decision::put(table::NewRow{item.build(), {}});
  };
  std::vector<table::RowWrite> writes;
  writes.push_back(std::move(write));
  ASSERT_TRUE(server_.run(server_.tables().write(std::move(writes), Deadline::never())));
  ASSERT_TRUE(put_tags("k", {{"a", "1"}}));
  table::PrimaryKey key{table::Value::string(kTestBucket), table::Value::string("k")};
  const auto row = server_.run(server_.tables().get(*table, std::move(key), Deadline::never()));
  ASSERT_TRUE(row && *row);
  EXPECT_EQ((*row)->view().item.find("mine")->as_string(), "value");
  EXPECT_EQ((*row)->view().item.find("tag:a")->as_string(), "1");
}

TEST_P(ObjectTagsTest, WhatIsNotThere) {
  EXPECT_EQ(code_of(put_tags("absent", {})), "NoSuchKey");
  EXPECT_EQ(field_of(put_tags("absent", {}), "Key"), "absent");
  EXPECT_EQ(code_of(delete_tags("absent")), "NoSuchKey");
  EXPECT_EQ(field_of(get_tags("absent"), "Key"), "photos/absent");
  ASSERT_TRUE(server_.put("k", "x"));
  EXPECT_EQ(code_of(put_tags("k", {}, "other")), "InvalidArgument");
  EXPECT_TRUE(put_tags("k", {}, "null"));
}

TEST_P(ObjectTagsTest, Limits) {
  ASSERT_TRUE(server_.put("k", "x"));
  Tags tags;
  for (int i = 0; i < 10; ++i) tags.emplace_back("key" + std::to_string(i), "v");
  tags[0] = {std::string(128, 'k'), std::string(256, 'v')};
  EXPECT_TRUE(put_tags("k", tags));
  EXPECT_EQ(get_tags("k")->size(), 10u);
  tags.emplace_back("one more", "v");
  const auto refused = put_tags("k", tags);
  EXPECT_EQ(code_of(refused), "BadRequest");
  EXPECT_EQ(refused.error().message, "Object tags cannot be greater than 10");
  EXPECT_EQ(field_of(put_tags("k", {{std::string(129, 'k'), ""}}), "TagKey"),
            std::string(129, 'k'));
  EXPECT_EQ(code_of(put_tags("k", {{"k", std::string(257, 'v')}})), "InvalidTag");
  EXPECT_EQ(field_of(put_tags("k", {{"k", "a,b"}}), "TagValue"), "a,b");
  EXPECT_EQ(put_tags("k", {{"k", "1"}, {"k", "2"}}).error().message,
            "Cannot provide multiple Tags with the same key");
  EXPECT_EQ(put_tags("k", {{"aws:k", "1"}}).error().message,
            "Your TagKey cannot be prefixed with aws:");
  EXPECT_EQ(get_tags("k")->size(), 10u);
}

class ObjectFactsTest : public testing::Test {
 protected:
  ObjectFactsTest() { server_.make_bucket(); }
  Result<model::GetObjectAttributesOutput> facts(std::vector<std::string> names,
                                                 std::string_view key = "k") {
    model::GetObjectAttributesInput input;
    input.bucket = kTestBucket;
    input.key = key;
    input.object_attributes = std::move(names);
    api::RequestContext context = server_.context();
    return server_.run(get_object_attributes(server_.service(), context, input));
  }
  TestServer server_;
};

TEST_F(ObjectFactsTest, OnlyWhatIsAskedForIsTold) {
  const auto put = server_.put("k", "bytes");
  ASSERT_TRUE(put);
  auto all = facts({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"});
  ASSERT_TRUE(all) << all.error().to_string();
  EXPECT_EQ('"' + *all->e_tag + '"', put->e_tag);
  EXPECT_EQ(all->checksum->checksum_crc64_nvme, put->checksum_crc64_nvme);
  EXPECT_EQ(all->checksum->checksum_type, "FULL_OBJECT");
  EXPECT_EQ(all->storage_class, "STANDARD");
  EXPECT_EQ(all->object_size, 5);
  EXPECT_FALSE(all->object_parts) << "it was put as a whole";
  EXPECT_EQ(all->last_modified, server_.get("k")->output.last_modified);
  const auto one = facts({"ObjectSize"});
  EXPECT_FALSE(one->e_tag || one->checksum || one->storage_class);
  EXPECT_EQ(one->object_size, 5);
}

TEST_F(ObjectFactsTest, Refusals) {
  ASSERT_TRUE(server_.put("k", "bytes"));
  EXPECT_EQ(code_of(facts({})), "InvalidRequest");
  const auto wrong = facts({"ETag", "Colour"});
  EXPECT_EQ(code_of(wrong), "InvalidArgument");
  EXPECT_EQ(field_of(wrong, "ArgumentName"), "x-amz-object-attributes");
  EXPECT_EQ(code_of(facts({"ETag"}, "absent")), "NoSuchKey");
}

}  // namespace
}  // namespace dyad::s3
