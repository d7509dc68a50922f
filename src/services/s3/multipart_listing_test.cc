// ListMultipartUploads and ListParts; uploads across splits, in buckets that go, on an engine that
// lies; and what verify says of all of them.

#include "base/bytes.h"
#include "services/s3/multipart_fixture.h"
#include "services/s3/multipart_upload.h"
#include "table/blob_references.h"
#include "table/verify.h"

namespace dyad::s3 {
namespace {

using Parts = std::vector<std::pair<int, std::string>>;

class MultipartListingTest : public testing::Test {
 protected:
  MultipartListingTest() : client_(server_) { server_.make_bucket(); }

  static model::ListMultipartUploadsInput input(std::string prefix = {},
                                                std::string delimiter = {}) {
    model::ListMultipartUploadsInput input;
    input.bucket = kTestBucket;
    if (!prefix.empty()) input.prefix = std::move(prefix);
    if (!delimiter.empty()) input.delimiter = std::move(delimiter);
    return input;
  }
  Result<model::ListMultipartUploadsOutput> list(model::ListMultipartUploadsInput input) {
    return server_.run(client_.list_uploads_task(std::move(input)));
  }
  static std::vector<std::string> ids(const model::ListMultipartUploadsOutput& output) {
    std::vector<std::string> ids;
    for (const auto& upload : output.uploads) ids.push_back(upload.upload_id.value_or(""));
    return ids;
  }
  /// A new upload, a while after the one before.
  std::string begin(std::string_view key) {
    server_.simulation().run_for_ms(2);
    return client_.begin(key);
  }
  void expect_sound() {
    table::VerifyReport report;
    ASSERT_TRUE(server_.run(table::verify_tables(server_.tables(), server_.blobs(), report)));
    for (const std::string& damage : report.damages) ADD_FAILURE() << damage;
  }

  TestServer server_;
  MultipartClient client_;
};

TEST_F(MultipartListingTest, ByKeyAndThenByBeginning) {
  const std::string z = begin("z");
  const std::string ab = begin("ab");
  const std::string a1 = begin("a");
  const std::string zero = begin(std::string("a\0b", 3));
  const std::string a2 = begin("a");
  const auto all = list(input());
  ASSERT_TRUE(all) << all.error().to_string();
  EXPECT_EQ(ids(*all), (std::vector<std::string>{a1, a2, zero, ab, z}));
  EXPECT_FALSE(*all->is_truncated);
  EXPECT_EQ(all->key_marker, "");
  EXPECT_EQ(all->upload_id_marker, "");
  EXPECT_EQ(all->next_key_marker, "z");
  EXPECT_EQ(all->next_upload_id_marker, z);
  EXPECT_EQ(all->max_uploads, 1000);
  EXPECT_EQ(all->uploads[0].storage_class, "STANDARD");
  EXPECT_TRUE(all->uploads[0].owner && all->uploads[0].initiator && all->uploads[0].initiated);
  EXPECT_FALSE(all->uploads[0].initiator->display_name);
  ASSERT_TRUE(client_.abort("a", a1));
  auto behind_one_that_ended = input();
  behind_one_that_ended.key_marker = "a";
  behind_one_that_ended.upload_id_marker = a1;
  EXPECT_EQ(list(behind_one_that_ended)->uploads.at(0).upload_id, a2);

  const auto left = ids(*list(input()));
  std::vector<std::string> paged;
  auto page = input();
  page.max_uploads = 1;
  for (int i = 0; i < 4; ++i) {
    const auto one = list(page);
    ASSERT_TRUE(one) << one.error().to_string();
    ASSERT_EQ(one->uploads.size(), 1u);
    EXPECT_EQ(*one->is_truncated, i < 3);
    paged.push_back(*one->uploads[0].upload_id);
    page.key_marker = one->next_key_marker;
    page.upload_id_marker = one->next_upload_id_marker;
  }
  EXPECT_EQ(paged, left);
  // Without an upload's id: behind all uploads of the key.
  page.key_marker = "a";
  page.upload_id_marker.reset();
  EXPECT_EQ(list(page)->uploads.at(0).upload_id, zero);
  // One of another key.
  page.upload_id_marker = z;
  const auto wrong = list(page);
  EXPECT_EQ(code_of(wrong), "InvalidArgument");
  EXPECT_EQ(field_of(wrong, "ArgumentName"), "upload-id-marker");
  // Without a key it does not count.
  page.key_marker.reset();
  EXPECT_EQ(list(page)->uploads.at(0).upload_id, a2);
  page.max_uploads = 0;
  EXPECT_EQ(list(page)->uploads.size(), 0u);
  EXPECT_FALSE(*list(page)->is_truncated);
}

TEST_F(MultipartListingTest, PrefixesAndDelimiters) {
  for (int i = 0; i < 40; ++i) begin("folder/a/" + std::to_string(i));
  const std::string file = begin("folder/file1");
  begin("folder/z/1");
  begin("other");
  const auto top = list(input("", "/"));
  ASSERT_TRUE(top) << top.error().to_string();
  ASSERT_EQ(top->common_prefixes.size(), 1u);
  EXPECT_EQ(top->common_prefixes[0].prefix, "folder/");
  EXPECT_EQ(top->uploads.size(), 1u);
  const auto below = list(input("folder/", "/"));
  ASSERT_EQ(below->common_prefixes.size(), 2u);
  EXPECT_EQ(below->common_prefixes[0].prefix, "folder/a/");
  EXPECT_EQ(below->common_prefixes[1].prefix, "folder/z/");
  EXPECT_EQ(ids(*below), (std::vector<std::string>{file}));
  EXPECT_EQ(below->prefix, "folder/");
  EXPECT_EQ(below->delimiter, "/");
  EXPECT_EQ(list(input("folder/a/1"))->uploads.size(), 11u);

  auto page = input("folder/", "/");
  page.max_uploads = 1;
  const auto first = list(page);
  EXPECT_TRUE(*first->is_truncated);
  EXPECT_EQ(first->common_prefixes.size(), 1u);
  EXPECT_EQ(first->next_key_marker, "folder/a/");
  for (const char* const marker : {"folder/a/", "folder/a/17"}) {
    page.key_marker = marker;
    const auto second = list(page);
    ASSERT_EQ(second->uploads.size(), 1u) << marker;
    EXPECT_EQ(second->uploads[0].key, "folder/file1");
    EXPECT_TRUE(*second->is_truncated);
  }
  auto encoded = input("folder/ ");
  encoded.encoding_type = "url";
  EXPECT_EQ(list(encoded)->prefix, "folder/+");
  // The answer repeats them, and is UTF-8.
  EXPECT_EQ(code_of(list(input("\xff"))), "InvalidURI");
  EXPECT_EQ(code_of(list(input("", "\xff"))), "InvalidURI");
  page.key_marker = "\xff";
  EXPECT_EQ(code_of(list(page)), "InvalidURI");
}

TEST_F(MultipartListingTest, WhatIsForDirectoryBuckets) {
  const std::string id = begin("film");
  model::AbortMultipartUploadInput input;
  input.bucket = kTestBucket;
  input.key = "film";
  input.upload_id = id;
  input.if_match_initiated_time = protocol::UtcMs{0};
  api::RequestContext request = server_.context();
  EXPECT_EQ(code_of(server_.run(abort_multipart_upload(server_.service(), request, input))),
            "NotImplemented");
  EXPECT_TRUE(client_.list("film", id));
}

TEST_F(MultipartListingTest, PartsInPages) {
  const std::string id = begin("film");
  const std::string other = begin("film");
  client_.put("film", other, 4, "x");
  for (const int number : {300, 2, 7}) client_.put("film", id, number, "data");
  auto all = client_.list("film", id);
  ASSERT_TRUE(all) << all.error().to_string();
  ASSERT_EQ(all->parts.size(), 3u);
  EXPECT_EQ(all->parts[0].part_number, 2);
  EXPECT_EQ(all->parts[2].part_number, 300);
  EXPECT_EQ(all->parts[0].e_tag, "\"8d777f385d3dfec8815d20f7496026dc\"");
  EXPECT_EQ(all->parts[0].size, 4);
  EXPECT_EQ(all->next_part_number_marker, 300);
  EXPECT_EQ(all->part_number_marker, 0);
  EXPECT_FALSE(*all->is_truncated);

  model::ListPartsInput input;
  input.bucket = kTestBucket;
  input.key = "film";
  input.upload_id = id;
  input.max_parts = 1;
  const auto page = [&](int marker) {
    input.part_number_marker = marker;
    return server_.run(client_.list_parts_task(input));
  };
  EXPECT_EQ(page(0)->parts.at(0).part_number, 2);
  EXPECT_TRUE(*page(0)->is_truncated);
  EXPECT_EQ(page(2)->parts.at(0).part_number, 7);
  EXPECT_EQ(page(7)->parts.at(0).part_number, 300);
  EXPECT_FALSE(*page(7)->is_truncated);
  for (const int behind : {300, 10'000, 2'000'000'000}) {
    EXPECT_EQ(page(behind)->parts.size(), 0u);
    EXPECT_EQ(page(behind)->next_part_number_marker, 0);
    EXPECT_EQ(page(behind)->part_number_marker, behind);
  }
}

TEST_F(MultipartListingTest, MoreThanAPageOfParts) {
  const std::string id = begin("film");
  for (int number = 1; number <= 1001; ++number) client_.put("film", id, number, "x");
  const auto first = client_.list("film", id);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->parts.size(), 1000u);
  EXPECT_TRUE(*first->is_truncated);
  EXPECT_EQ(first->next_part_number_marker, 1000);
}

TEST_F(MultipartListingTest, SplitsLeaveUploadsWhole) {
  const std::vector<std::string> keys = {"a", std::string("a\0x", 3), "b", "ba", "c"};
  std::map<std::string, std::string> ids;
  std::map<std::string, Parts> parts;
  for (const std::string& key : keys) {
    ids[key] = begin(key);
    parts[key].emplace_back(1, client_.put(key, ids[key], 1, patterned(kMinPartBytes, key.size())));
  }
  const std::string table = "s3." + std::string(kTestBucket);
  for (const char* const at : {"b", "ba", "a"})
    ASSERT_TRUE(server_.run(server_.tables().split(table, "", at, Deadline::never()))) << at;
  // Between a key and what stands beside it there is no cut.
  EXPECT_FALSE(
      server_.run(server_.tables().split(table, "", std::string("a\0", 2), Deadline::never())));
  EXPECT_EQ(list(input())->uploads.size(), keys.size());
  expect_sound();
  for (const std::string& key : keys)
    parts[key].emplace_back(2, client_.put(key, ids[key], 2, "end of " + key));
  EXPECT_EQ(client_.list("ba", ids["ba"])->parts.size(), 2u);
  ASSERT_TRUE(client_.abort("c", ids["c"]));
  for (const std::string& key : keys) {
    if (key == "c") continue;
    const auto made = client_.complete(key, ids[key], parts[key]);
    ASSERT_TRUE(made) << made.error().to_string();
  }
  ASSERT_TRUE(server_.run(server_.tables().split(table, "", "b ", Deadline::never())));
  for (const std::string& key : keys) {
    const auto got = server_.get(key);
    if (key == "c") continue;
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_TRUE(got->bytes == patterned(kMinPartBytes, key.size()) + "end of " + key);
  }
  server_.reap();
  expect_sound();
}

TEST_F(MultipartListingTest, ABucketGoesWithItsUploads) {
  const std::string id = begin("film");
  client_.put("film", id, 1, "abc");
  client_.put("film", id, 2, "abc");
  begin("empty");
  ASSERT_TRUE(server_.put("object", "x"));
  const std::string bucket(kTestBucket);
  EXPECT_EQ(code_of(server_.run(server_.delete_bucket_task(bucket))), "BucketNotEmpty");
  EXPECT_EQ(client_.list("film", id)->parts.size(), 2u);
  ASSERT_TRUE(server_.erase("object"));
  const auto gone = server_.run(server_.delete_bucket_task(bucket));
  ASSERT_TRUE(gone) << gone.error().to_string();
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(code_of(client_.put(MultipartClient::part_input("film", id, 3), "x")), "NoSuchBucket");
  server_.make_bucket();
  EXPECT_EQ(code_of(client_.list("film", id)), "NoSuchUpload");
  expect_sound();
}

TEST_F(MultipartListingTest, ABucketWithMoreUploadedPartsThanOneDropMoves) {
  const std::size_t parts = table::kMaxRehomedRows + 10;
  std::string id;
  for (std::size_t i = 0; i < parts; ++i) {
    if (i % 2000 == 0) id = begin("film" + std::to_string(i / 2000));
    client_.put("film" + std::to_string(i / 2000), id, static_cast<int>(i % 2000) + 1, "x");
  }
  const auto gone = server_.run(server_.delete_bucket_task(std::string(kTestBucket)));
  ASSERT_TRUE(gone) << gone.error().to_string();
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
}

TEST_F(MultipartListingTest, VerifyFindsWhatIsMissing) {
  const std::string id = begin("film");
  client_.put("film", id, 1, "abc");
  ASSERT_TRUE(client_.make("whole", {patterned(kMinPartBytes, 1), "end"}));
  expect_sound();
  const auto table =
      server_.run(server_.tables().find("s3." + std::string(kTestBucket), Deadline::never()));
  ASSERT_TRUE(table);
  const auto without = [&](std::string row) {
    const store::PartitionId partition = (*table)->partitions[0].partition;
    const auto value = server_.run(server_.tables().store().get(partition, row));
    EXPECT_TRUE(value && *value);
    const store::Body erase = [&](store::Transaction& tx) -> Task<Result<>> {
      co_return tx.erase(partition, row);
    };
    const store::Body restore = [&](store::Transaction& tx) -> Task<Result<>> {
      co_return tx.put(partition, row, **value);
    };
    EXPECT_TRUE(server_.run(server_.tables().store().transact({}, erase, Deadline::never())));
    table::VerifyReport report;
    EXPECT_TRUE(server_.run(table::verify_tables(server_.tables(), server_.blobs(), report)));
    EXPECT_TRUE(server_.run(server_.tables().store().transact({}, restore, Deadline::never())));
    return report.damages.size();
  };
  const std::string raw = *parse_upload_id(id);
  EXPECT_GE(without(table::upload_row("film", raw)), 1u);          // A part without its upload.
  EXPECT_GE(without(table::upload_part_row("film", raw, 1)), 1u);  // A reference without a part.
  EXPECT_GE(without(std::string(1, static_cast<char>(table::RowKind::part_list)) + "whole"), 1u);
  expect_sound();
}

TEST(MultipartHostile, RacesOnAnEngineThatLies) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TestServer::Options options;
    options.seed = seed;
    options.hostile = true;
    TestServer server(options);
    server.make_bucket();
    MultipartClient client(server);
    const std::string id = client.begin("film");
    const std::string e_tag = client.put("film", id, 1, "former bytes");
    // A part is replaced while the upload is completed and aborted: one of the two ends it, and the
    // object, if there is one, is whole.
    int completed = 0, aborted = 0;
    const auto complete = [&]() -> Task<void> {
      std::vector<std::pair<int, std::string>> parts = {{1, e_tag}};
      auto input = MultipartClient::complete_input("film", id, parts);
      const auto made = co_await client.complete_task(std::move(input));
      if (made) ++completed;
    };
    const auto abort = [&]() -> Task<void> {
      const auto gone = co_await client.abort_task("film", id);
      if (gone) ++aborted;
    };
    const auto put = [&]() -> Task<void> {
      auto input = MultipartClient::part_input("film", id, 1);
      const auto stored = co_await client.part_task(std::move(input), "other bytes");
      EXPECT_TRUE(stored || code_of(stored) == "NoSuchUpload") << code_of(stored);
    };
    server.simulation().executor().spawn(put());
    server.simulation().executor().spawn(complete());
    server.simulation().executor().spawn(abort());
    server.simulation().run_for_ms(60'000);
    EXPECT_LE(completed + aborted, 1);
    const auto got = server.get("film");
    EXPECT_EQ(got.has_value(), completed == 1);
    if (got) {
      EXPECT_EQ(got->bytes, "former bytes");
    }
    if (completed + aborted == 0) {
      EXPECT_TRUE(client.abort("film", id));
    }
    server.reap();
    EXPECT_EQ(server.blob_count(), completed == 1 ? 1u : 0u);
    // Verify reads each partition where it is and asks nobody twice: a lie ends it.
    bool verified = false;
    for (int attempt = 0; attempt < 200 && !verified; ++attempt) {
      table::VerifyReport report;
      verified =
          server.run(table::verify_tables(server.tables(), server.blobs(), report)).has_value();
      if (!verified) continue;
      for (const std::string& damage : report.damages) ADD_FAILURE() << "seed " << seed << damage;
    }
    EXPECT_TRUE(verified);
  }
}

TEST(MultipartHostile, ASlowReaderKeepsEveryPart) {
  TestServer server;
  server.make_bucket();
  MultipartClient client(server);
  const std::string first = patterned(kMinPartBytes, 1), second = patterned(kMinPartBytes, 2);
  ASSERT_TRUE(client.make("film", {first, second}));
  api::RequestContext request = server.context();
  model::GetObjectInput input = TestServer::get_input("film");
  ASSERT_TRUE(server.run(get_object(server.service(), request, input)));
  ASSERT_TRUE(server.put("film", "something else"));
  server.simulation().run_for_ms(10);
  const auto reap = [&] {
    table::Reaper reaper(server.tables().store(), server.blobs(), server.pins());
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(server.run(reaper.pass(Deadline::never())));
  };
  reap();
  EXPECT_EQ(server.blob_count(), 1u);  // The first part is open and may go, the second is not.
  http::BodyReader& body = *request.reply_body;
  const auto bytes = server.run(http::read_all(body, 1u << 30));
  ASSERT_TRUE(bytes) << bytes.error().to_string();
  EXPECT_TRUE(*bytes == first + second);
  reap();
  EXPECT_EQ(server.blob_count(), 0u);
}

TEST(MultipartHostile, ASlowReaderHoldsUpNobodyElse) {
  TestServer server;
  server.make_bucket();
  MultipartClient client(server);
  ASSERT_TRUE(client.make("film", {patterned(kMinPartBytes, 1), "end"}));
  ASSERT_TRUE(server.put("photo", patterned(100'000, 2)));
  api::RequestContext request = server.context();
  model::GetObjectInput input = TestServer::get_input("film");
  ASSERT_TRUE(server.run(get_object(server.service(), request, input)));
  // What is let go of from now on is none of the reader's business, but for its own parts.
  ASSERT_TRUE(server.erase("photo"));
  ASSERT_TRUE(server.erase("film"));
  server.simulation().run_for_ms(10);
  table::Reaper reaper(server.tables().store(), server.blobs(), server.pins());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(server.run(reaper.pass(Deadline::never())));
  EXPECT_EQ(server.blob_count(), 1u);
  request.reply_body.reset();  // The client goes away.
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(server.run(reaper.pass(Deadline::never())));
  EXPECT_EQ(server.blob_count(), 0u);
}

}  // namespace
}  // namespace dyad::s3
