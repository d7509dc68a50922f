// Multipart uploads: their way from Create to the object, and what is read of it.

#include "base/bytes.h"
#include "crypto/digest.h"
#include "services/s3/multipart_fixture.h"
#include "services/s3/multipart_upload.h"

namespace dyad::s3 {
namespace {

using Parts = std::vector<std::pair<int, std::string>>;
constexpr std::size_t kPart = kMinPartBytes;

std::string md5_hex(std::string_view bytes) {
  crypto::Md5 md5;
  md5.update(bytes);
  return to_hex(crypto::as_view(md5.finish()));
}

std::string e_tag_of_parts(const std::vector<std::string>& parts) {
  crypto::Md5 md5;
  for (const std::string& part : parts) {
    crypto::Md5 one;
    one.update(part);
    md5.update(crypto::as_view(one.finish()));
  }
  return '"' + to_hex(crypto::as_view(md5.finish())) + "-" + std::to_string(parts.size()) + '"';
}

class MultipartTest : public testing::Test {
 protected:
  MultipartTest() : server_(options()), client_(server_) { server_.make_bucket(); }
  static TestServer::Options options() {
    TestServer::Options options;
    options.blobs = BlobKind::memory;
    return options;
  }
  Result<TestServer::Got> get(std::string_view key, std::string range, int part_number = 0) {
    model::GetObjectInput input = TestServer::get_input(key);
    if (!range.empty()) input.range = std::move(range);
    if (part_number > 0) input.part_number = part_number;
    input.checksum_mode = "ENABLED";
    return server_.run(server_.get_task(std::move(input)));
  }

  TestServer server_;
  MultipartClient client_;
};

TEST_F(MultipartTest, PartsBecomeAnObject) {
  const std::vector<std::string> parts = {patterned(kPart, 1), patterned(kPart + 77, 2),
                                          patterned(10, 3)};
  const std::string id = client_.begin("film");
  Parts named;
  named.emplace_back(3, client_.put("film", id, 3, parts[2]));
  named.emplace_back(1, client_.put("film", id, 1, parts[0]));
  named.emplace_back(2, client_.put("film", id, 2, parts[1]));
  EXPECT_EQ(named[1].second, '"' + md5_hex(parts[0]) + '"');
  std::sort(named.begin(), named.end());
  EXPECT_EQ(code_of(server_.get("film")), "NoSuchKey");  // Not before it is complete.

  const auto made = client_.complete("film", id, named);
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(made->e_tag, e_tag_of_parts(parts));
  EXPECT_EQ(made->bucket, kTestBucket);
  EXPECT_EQ(made->key, "film");
  EXPECT_EQ(made->location, "http://s3.localhost:9000/photos/film");
  EXPECT_EQ(made->checksum_type, "FULL_OBJECT");
  const std::string whole = parts[0] + parts[1] + parts[2];
  crypto::Checksum checksum(crypto::ChecksumKind::crc64nvme);
  checksum.update(whole);
  EXPECT_EQ(made->checksum_crc64_nvme, to_base64(checksum.finish()));

  const auto got = get("film", "");
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(got->bytes, whole);
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->output.content_length, static_cast<std::int64_t>(whole.size()));
  EXPECT_EQ(got->output.e_tag, made->e_tag);
  EXPECT_EQ(got->output.checksum_crc64_nvme, made->checksum_crc64_nvme);
  EXPECT_FALSE(got->output.parts_count);
  const auto head = client_.head("film");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->content_length, static_cast<std::int64_t>(whole.size()));
  EXPECT_EQ(server_.blob_count(), 3u);
  EXPECT_EQ(server_.rows_of(table::RowKind::upload), 0u);
  EXPECT_EQ(server_.rows_of(table::RowKind::upload_part), 0u);
}

TEST_F(MultipartTest, TheLocationFollowsHowTheServerWasAddressed) {
  const auto location = [&](api::ClientAddress address) {
    client_.address = address;
    const std::string id = client_.begin("a b/film");
    const auto made =
        client_.complete("a b/film", id, {{1, client_.put("a b/film", id, 1, "reel")}});
    return made ? made->location.value_or("") : made.error().to_string();
  };
  EXPECT_EQ(location({false, false, "127.0.0.1:4566"}),
            "http://127.0.0.1:4566/photos/a%20b%2Ffilm");
  EXPECT_EQ(location({true, false, "s3.localhost"}), "https://s3.localhost/photos/a%20b%2Ffilm");
  EXPECT_EQ(location({true, true, "photos.s3.localhost"}),
            "https://photos.s3.localhost/a%20b%2Ffilm");
  // A name that begins as the bucket's says nothing of the style.
  EXPECT_EQ(location({false, false, "photos.example.com"}),
            "http://photos.example.com/photos/a%20b%2Ffilm");
}

TEST_F(MultipartTest, RangesGoAcrossParts) {
  const std::vector<std::string> parts = {patterned(kPart, 1), patterned(kPart, 2),
                                          patterned(1000, 3)};
  ASSERT_TRUE(client_.make("film", parts));
  const std::string whole = parts[0] + parts[1] + parts[2];
  const std::size_t a = kPart, b = 2 * kPart;
  const std::pair<std::size_t, std::size_t> ranges[] = {
      {0, 1},        {a - 1, a + 1},      {a, a + 1},    {a - 3, b + 5},
      {b, b + 1000}, {b + 999, b + 1000}, {0, b + 1000}, {a - 200'000, a + 200'000}};
  for (const auto& [first, end] : ranges) {
    const auto got = get("film", "bytes=" + std::to_string(first) + "-" + std::to_string(end - 1));
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_EQ(got->status, 206);
    EXPECT_TRUE(got->bytes == whole.substr(first, end - first)) << first << "-" << end;
  }
  EXPECT_EQ(code_of(get("film", "bytes=" + std::to_string(whole.size()) + "-")), "InvalidRange");
}

TEST_F(MultipartTest, APartIsReadByItsNumber) {
  const std::string id = client_.begin("film");
  const std::string first = patterned(kPart, 1), second = patterned(99, 2);
  const Parts named = {{2, client_.put("film", id, 2, first)},
                       {7, client_.put("film", id, 7, second)}};
  ASSERT_TRUE(client_.complete("film", id, named));
  const auto got = get("film", "", 7);
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(got->bytes, second);
  EXPECT_EQ(got->status, 206);
  EXPECT_EQ(got->output.parts_count, 2);
  EXPECT_EQ(got->output.content_range, "bytes 5242880-5242978/5242979");
  EXPECT_FALSE(got->output.checksum_crc64_nvme);  // Of the whole, which this is not.
  const auto head = client_.head("film", 2);
  ASSERT_TRUE(head) << head.error().to_string();
  EXPECT_EQ(head->content_length, static_cast<std::int64_t>(kPart));
  EXPECT_EQ(head->parts_count, 2);
  const auto none = get("film", "", 3);
  EXPECT_EQ(code_of(none), "InvalidPartNumber");
  EXPECT_EQ(field_of(none, "ActualPartCount"), "2");
  // The only part of an object that was put as a whole; its number of parts is not told.
  ASSERT_TRUE(server_.put("plain", "abc"));
  const auto plain = get("plain", "", 1);
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->output.parts_count);
}

TEST_F(MultipartTest, TheObjectIsAsItWasAnnounced) {
  model::CreateMultipartUploadInput input = MultipartClient::create_input("film");
  input.content_type = "video/mp4";
  input.cache_control = "no-cache";
  input.metadata["Author"] = "me";
  input.tagging = "a=1&b=2";
  input.storage_class = "STANDARD_IA";
  const auto made = client_.create(input);
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_FALSE(made->checksum_algorithm);
  const std::string id = *made->upload_id;
  ASSERT_TRUE(client_.complete("film", id, {{1, client_.put("film", id, 1, "x")}}));
  const auto head = client_.head("film");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->content_type, "video/mp4");
  EXPECT_EQ(head->cache_control, "no-cache");
  EXPECT_EQ(head->storage_class, "STANDARD_IA");
  EXPECT_EQ(head->metadata.at("author"), "me");
  EXPECT_EQ(head->tag_count, 2);
}

TEST_F(MultipartTest, OneEmptyPartIsAnEmptyObject) {
  const auto made = client_.make("nothing", {""});
  ASSERT_TRUE(made) << made.error().to_string();
  EXPECT_EQ(made->e_tag, e_tag_of_parts({""}));
  const auto got = get("nothing", "");
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(got->bytes, "");
  EXPECT_EQ(client_.head("nothing", 1)->content_length, 0);
}

TEST_F(MultipartTest, CompletingAgainAnswersTheSame) {
  const std::string id = client_.begin("film");
  const Parts named = {{1, client_.put("film", id, 1, "one")}};
  const auto first = client_.complete("film", id, named);
  ASSERT_TRUE(first);
  const auto again = client_.complete("film", id, named);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->e_tag, first->e_tag);
  EXPECT_EQ(again->checksum_crc64_nvme, first->checksum_crc64_nvme);
  EXPECT_EQ(code_of(client_.abort("film", id)), "NoSuchUpload");
  EXPECT_EQ(code_of(client_.put(MultipartClient::part_input("film", id, 2), "x")), "NoSuchUpload");
  EXPECT_EQ(code_of(client_.list("film", id)), "NoSuchUpload");
  // Once something else is there, it is gone.
  ASSERT_TRUE(server_.put("film", "other"));
  EXPECT_EQ(code_of(client_.complete("film", id, named)), "NoSuchUpload");
}

TEST_F(MultipartTest, ObjectsAndPartsLetGoOfWhatTheyReplace) {
  const std::string id = client_.begin("film");
  client_.put("film", id, 1, "former");
  const Parts named = {{1, client_.put("film", id, 1, patterned(kPart, 5))},
                       {2, client_.put("film", id, 2, "end")}};
  client_.put("film", id, 9, "not named");
  EXPECT_EQ(server_.rows_of(table::RowKind::reference), 3u);
  EXPECT_EQ(server_.rows_of(table::RowKind::released), 1u);
  ASSERT_TRUE(client_.complete("film", id, named));
  EXPECT_EQ(server_.rows_of(table::RowKind::reference), 2u);
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 2u);
  // Parts by parts, then one piece over parts, then nothing.
  ASSERT_TRUE(client_.make("film", {"again"}));
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 1u);
  EXPECT_EQ(server_.rows_of(table::RowKind::part_list), 1u);
  ASSERT_TRUE(server_.put("film", "small"));
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(server_.rows_of(table::RowKind::part_list), 0u);
  ASSERT_TRUE(client_.make("film", {"and again"}));
  ASSERT_TRUE(server_.erase("film"));
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(server_.rows_of(table::RowKind::part_list), 0u);
  EXPECT_EQ(server_.rows_of(table::RowKind::reference), 0u);
}

TEST_F(MultipartTest, AbortLetsGoOfAllParts) {
  const std::string id = client_.begin("film");
  const std::string other = client_.begin("film");
  for (int number = 1; number <= 5; ++number) client_.put("film", id, number, "abc");
  client_.put("film", other, 1, "stays");
  ASSERT_TRUE(client_.abort("film", id));
  EXPECT_EQ(code_of(client_.abort("film", id)), "NoSuchUpload");
  EXPECT_EQ(code_of(client_.put(MultipartClient::part_input("film", id, 1), "x")), "NoSuchUpload");
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 1u);
  ASSERT_TRUE(client_.list("film", other));
  EXPECT_EQ(client_.list("film", other)->parts.size(), 1u);
}

TEST_F(MultipartTest, AnUploadIsItsKeysAlone) {
  const std::string id = client_.begin("film");
  for (const std::string& wrong :
       {std::string("fakeid"), std::string(32, '0'), id + "0", std::string()}) {
    EXPECT_EQ(code_of(client_.put(MultipartClient::part_input("film", wrong, 1), "x")),
              "NoSuchUpload");
    const auto aborted = client_.abort("film", wrong);
    EXPECT_EQ(code_of(aborted), "NoSuchUpload");
    EXPECT_EQ(field_of(aborted, "UploadId"), wrong);
    EXPECT_EQ(code_of(client_.complete("film", wrong, {{1, "x"}})), "NoSuchUpload");
    EXPECT_EQ(code_of(client_.list("film", wrong)), "NoSuchUpload");
  }
  EXPECT_EQ(code_of(client_.put(MultipartClient::part_input("other", id, 1), "x")), "NoSuchUpload");
  EXPECT_EQ(code_of(client_.abort("other", id)), "NoSuchUpload");
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(code_of(client_.create(MultipartClient::create_input(std::string(1025, 'k')))),
            "KeyTooLongError");
}

TEST_F(MultipartTest, AClientThatGoesAwayLeavesNothing) {
  const std::string id = client_.begin("film");
  PiecewiseBody body(patterned(300'000, 1), 10'000);
  body.fail_at(200'000);
  api::RequestContext request = server_.context(&body);
  model::UploadPartInput input = MultipartClient::part_input("film", id, 1);
  const auto put = server_.run(upload_part(server_.service(), request, input));
  EXPECT_FALSE(put);
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(client_.list("film", id)->parts.size(), 0u);
}

TEST_F(MultipartTest, APartThatComesTooLateIsNoPart) {
  // The upload ends while the part's bytes come in.
  const std::string id = client_.begin("film");
  auto late = client_.part_task(MultipartClient::part_input("film", id, 1), patterned(500'000, 1));
  Result<model::UploadPartOutput> stored = fail(ErrorCode::internal, "not run");
  const auto race = [&]() -> Task<void> { stored = co_await std::move(late); };
  server_.simulation().executor().spawn(race());
  ASSERT_TRUE(client_.abort("film", id));
  server_.simulation().run_until_idle();
  EXPECT_EQ(code_of(stored), "NoSuchUpload");
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(server_.rows_of(table::RowKind::upload_part), 0u);
}

}  // namespace
}  // namespace dyad::s3
