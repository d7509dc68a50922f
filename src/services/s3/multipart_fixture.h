#pragma once

// For tests only: needs GoogleTest.

#include <string>
#include <utility>
#include <vector>

#include "services/s3/test_server.h"

namespace dyad::s3 {

/// Multipart uploads of the test bucket, one call each: as coroutines, and run to their end.
class MultipartClient {
 public:
  explicit MultipartClient(TestServer& server) : server_(server) {}

  static model::CreateMultipartUploadInput create_input(std::string_view key) {
    model::CreateMultipartUploadInput input;
    input.bucket = kTestBucket;
    input.key = key;
    return input;
  }
  static model::UploadPartInput part_input(std::string_view key, std::string_view id, int number) {
    model::UploadPartInput input;
    input.bucket = kTestBucket;
    input.key = key;
    input.upload_id = id;
    input.part_number = number;
    return input;
  }
  static model::CompleteMultipartUploadInput complete_input(
      std::string_view key, std::string_view id,
      const std::vector<std::pair<int, std::string>>& parts) {
    model::CompleteMultipartUploadInput input;
    input.bucket = kTestBucket;
    input.key = key;
    input.upload_id = id;
    input.multipart_upload.emplace();
    for (const auto& [number, e_tag] : parts) {
      model::CompletedPart part;
      part.part_number = number;
      part.e_tag = e_tag;
      input.multipart_upload->parts.push_back(std::move(part));
    }
    return input;
  }

  Task<Result<model::UploadPartOutput>> part_task(model::UploadPartInput input, std::string bytes) {
    PiecewiseBody body(std::move(bytes), 100'000);
    api::RequestContext request = server_.context(&body);
    co_return co_await upload_part(server_.service(), request, input);
  }
  Task<Result<model::CompleteMultipartUploadOutput>> complete_task(
      model::CompleteMultipartUploadInput input) {
    api::RequestContext request = server_.context();
    request.address = address;
    co_return co_await complete_multipart_upload(server_.service(), request, input);
  }
  Task<Result<model::AbortMultipartUploadOutput>> abort_task(std::string key, std::string id) {
    model::AbortMultipartUploadInput input;
    input.bucket = kTestBucket;
    input.key = std::move(key);
    input.upload_id = std::move(id);
    api::RequestContext request = server_.context();
    co_return co_await abort_multipart_upload(server_.service(), request, input);
  }
  Task<Result<model::CreateMultipartUploadOutput>> create_task(
      model::CreateMultipartUploadInput input) {
    api::RequestContext request = server_.context();
    co_return co_await create_multipart_upload(server_.service(), request, input);
  }
  Task<Result<model::ListPartsOutput>> list_parts_task(model::ListPartsInput input) {
    api::RequestContext request = server_.context();
    co_return co_await list_parts(server_.service(), request, input);
  }
  Task<Result<model::ListMultipartUploadsOutput>> list_uploads_task(
      model::ListMultipartUploadsInput input) {
    api::RequestContext request = server_.context();
    co_return co_await list_multipart_uploads(server_.service(), request, input);
  }
  Task<Result<model::HeadObjectOutput>> head_task(model::HeadObjectInput input) {
    api::RequestContext request = server_.context();
    co_return co_await head_object(server_.service(), request, input);
  }

  Result<model::CreateMultipartUploadOutput> create(model::CreateMultipartUploadInput input) {
    return server_.run(create_task(std::move(input)));
  }
  /// A new upload's id.
  std::string begin(std::string_view key) {
    const auto made = create(create_input(key));
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? made->upload_id.value_or("") : "";
  }
  Result<model::UploadPartOutput> put(model::UploadPartInput input, std::string bytes) {
    return server_.run(part_task(std::move(input), std::move(bytes)));
  }
  /// The part's entity tag.
  std::string put(std::string_view key, std::string_view id, int number, std::string bytes) {
    const auto stored = put(part_input(key, id, number), std::move(bytes));
    EXPECT_TRUE(stored) << stored.error().to_string();
    return stored ? stored->e_tag.value_or("") : "";
  }
  Result<model::CompleteMultipartUploadOutput> complete(model::CompleteMultipartUploadInput input) {
    return server_.run(complete_task(std::move(input)));
  }
  Result<model::CompleteMultipartUploadOutput> complete(
      std::string_view key, std::string_view id,
      const std::vector<std::pair<int, std::string>>& parts) {
    return complete(complete_input(key, id, parts));
  }
  Result<model::AbortMultipartUploadOutput> abort(std::string_view key, std::string_view id) {
    return server_.run(abort_task(std::string(key), std::string(id)));
  }
  Result<model::ListPartsOutput> list(std::string_view key, std::string_view id) {
    model::ListPartsInput input;
    input.bucket = kTestBucket;
    input.key = key;
    input.upload_id = id;
    return server_.run(list_parts_task(std::move(input)));
  }
  Result<model::HeadObjectOutput> head(std::string_view key, int part_number = 0) {
    model::HeadObjectInput input;
    input.bucket = kTestBucket;
    input.key = key;
    input.checksum_mode = "ENABLED";
    if (part_number > 0) input.part_number = part_number;
    return server_.run(head_task(std::move(input)));
  }
  /// An object of these parts: the parts have the least size or more, but for the last.
  Result<model::CompleteMultipartUploadOutput> make(std::string_view key,
                                                    const std::vector<std::string>& parts) {
    const std::string id = begin(key);
    std::vector<std::pair<int, std::string>> named;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const int number = static_cast<int>(i) + 1;
      named.emplace_back(number, put(key, id, number, parts[i]));
    }
    return complete(key, id, named);
  }

  /// What completions are told of how the client addressed the server.
  api::ClientAddress address = {false, false, "s3.localhost:9000"};

 private:
  TestServer& server_;
};

/// Bytes that differ from place to place and from seed to seed.
inline std::string patterned(std::size_t size_bytes, std::uint64_t seed) {
  std::string bytes(size_bytes, '\0');
  SeededRandom random(seed);
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

}  // namespace dyad::s3
