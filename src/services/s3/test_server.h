#pragma once

// For tests only: needs GoogleTest.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "blob/file_blob_store.h"
#include "blob/memory_blob_store.h"
#include "protocol/service_error.h"
#include "runtime/simulation.h"
#include "services/s3/operations.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/item_codec.h"
#include "table/object_codec.h"
#include "table/reaper.h"

namespace dyad::s3 {

constexpr std::string_view kTestBucket = "photos";

/// Bytes that come in pieces and may end with an error, as a client that goes away.
class PiecewiseBody final : public http::BodyReader {
 public:
  PiecewiseBody(std::string bytes, std::size_t piece_bytes)
      : bytes_(std::move(bytes)), piece_bytes_(piece_bytes) {}

  void fail_at(std::uint64_t offset) { fail_at_ = offset; }
  void hide_length() { told_ = false; }
  std::uint64_t taken() const { return at_; }

  Task<Result<std::size_t>> read(std::span<char> out) override {
    if (at_ >= fail_at_) co_return fail(ErrorCode::cancelled, "the client went away");
    co_await resume_on(*Executor::current());
    const std::size_t count = std::min({out.size(), piece_bytes_, bytes_.size() - at_});
    std::copy_n(bytes_.data() + at_, count, out.data());
    at_ += count;
    co_return count;
  }
  std::optional<std::uint64_t> length() const override {
    if (!told_) return std::nullopt;
    return bytes_.size();
  }

 private:
  const std::string bytes_;
  const std::size_t piece_bytes_;
  std::size_t at_ = 0;
  std::uint64_t fail_at_ = UINT64_MAX;
  bool told_ = true;
};

/// The text of a Result's error: "NoSuchKey", or the lower floor's own; empty: none.
template <class T>
std::string code_of(const Result<T>& result) {
  if (result) return {};
  const std::string_view code = protocol::service_code(result.error());
  return code.empty() ? result.error().to_string() : std::string(code);
}

template <class T>
std::string field_of(const Result<T>& result, std::string_view name) {
  if (result) return {};
  const protocol::ServiceError* error = protocol::as_service_error(result.error());
  if (error == nullptr) return {};
  for (const auto& [field, value] : error->fields)
    if (field == name) return value;
  return {};
}

enum class BlobKind { memory, file };

/// S3 over an engine of its own, in a simulation.
class TestServer {
 public:
  struct Options {
    std::uint64_t seed = 1;
    bool hostile = false;
    BlobKind blobs = BlobKind::memory;
    S3Options s3 = {};
    std::string region = "us-east-1";
  };

  TestServer() : TestServer(Options()) {}
  explicit TestServer(Options options) : options_(std::move(options)), simulation_(options_.seed) {
    store_ = store::make_memory_store(simulation_);
    if (options_.hostile)
      store_ = store::make_hostile_store(std::move(store_), simulation_, options_.seed);
    table::RowCodecs codecs;
    codecs.item = std::make_shared<table::ItemCodec>();
    codecs.object = std::make_shared<table::ObjectCodec>();
    tables_ = std::make_unique<table::Tables>(*store_, simulation_, codecs);
    if (options_.blobs == BlobKind::memory) {
      blobs_ = blob::make_memory_blob_store();
    } else {
      blobs_ = *blob::open_file_blob_store(simulation_, "blobs");
    }
    pins_ = std::make_unique<table::ReadPins>(*store_);
    reaper_ = std::make_unique<table::Reaper>(*store_, *blobs_, *pins_);
    service_ = std::make_unique<S3Service>(*tables_, *blobs_, *pins_, options_.s3);
    principal_.kind = auth::Principal::Kind::root;
    principal_.account_id = "000000000000";
  }
  ~TestServer() {
    simulation_.run_until_idle();
    EXPECT_TRUE(simulation_.run_until(store_->close()));
  }

  template <class T>
  T run(Task<T> task) {
    return simulation_.run_until(std::move(task));
  }
  Simulation& simulation() { return simulation_; }
  table::Tables& tables() { return *tables_; }
  blob::BlobStore& blobs() { return *blobs_; }
  table::ReadPins& pins() { return *pins_; }
  S3Service& service() { return *service_; }
  auth::Principal& principal() { return principal_; }

  api::RequestContext context(http::BodyReader* body = nullptr) {
    api::RequestContext context;
    context.principal = &principal_;
    context.region = options_.region;
    context.account_id = "000000000000";
    context.clock = &simulation_.clock();
    context.deadline = Deadline::never();
    context.body = body;
    return context;
  }

  // One call each, as coroutines (for races) and run to their end.

  Task<Result<model::CreateBucketOutput>> create_bucket_task(model::CreateBucketInput input) {
    api::RequestContext request = context();
    co_return co_await create_bucket(*service_, request, input);
  }
  Task<Result<model::PutObjectOutput>> put_task(model::PutObjectInput input, std::string bytes) {
    PiecewiseBody body(std::move(bytes), 10'000);
    api::RequestContext request = context(&body);
    co_return co_await put_object(*service_, request, input);
  }
  struct Got {
    model::GetObjectOutput output;
    std::string bytes;
    std::uint16_t status = 200;
  };
  /// The answer with all of its body; the body's error is the answer's.
  Task<Result<Got>> get_task(model::GetObjectInput input) {
    api::RequestContext request = context();
    Got got;
    DYAD_CO_TRY_ASSIGN(got.output, co_await get_object(*service_, request, input));
    if (request.status != 0) got.status = request.status;
    http::BodyReader& body = *request.reply_body;
    DYAD_CO_TRY_ASSIGN(got.bytes, co_await http::read_all(body, 1u << 30));
    co_return got;
  }
  Task<Result<model::DeleteObjectOutput>> delete_task(model::DeleteObjectInput input) {
    api::RequestContext request = context();
    co_return co_await delete_object(*service_, request, input);
  }
  Task<Result<model::DeleteBucketOutput>> delete_bucket_task(std::string bucket) {
    api::RequestContext request = context();
    model::DeleteBucketInput input;
    input.bucket = std::move(bucket);
    co_return co_await delete_bucket(*service_, request, input);
  }
  Task<Result<model::ListObjectsV2Output>> list_task(model::ListObjectsV2Input input) {
    api::RequestContext request = context();
    co_return co_await list_objects_v2(*service_, request, input);
  }

  void make_bucket(std::string_view name = kTestBucket) {
    model::CreateBucketInput input;
    input.bucket = name;
    const auto made = run(create_bucket_task(input));
    ASSERT_TRUE(made) << made.error().to_string();
  }
  static model::PutObjectInput put_input(std::string_view key) {
    model::PutObjectInput input;
    input.bucket = kTestBucket;
    input.key = key;
    return input;
  }
  static model::GetObjectInput get_input(std::string_view key) {
    model::GetObjectInput input;
    input.bucket = kTestBucket;
    input.key = key;
    return input;
  }
  static model::DeleteObjectInput delete_input(std::string_view key) {
    model::DeleteObjectInput input;
    input.bucket = kTestBucket;
    input.key = key;
    return input;
  }
  Result<model::PutObjectOutput> put(std::string_view key, std::string bytes) {
    return run(put_task(put_input(key), std::move(bytes)));
  }
  Result<Got> get(std::string_view key) { return run(get_task(get_input(key))); }
  Result<model::DeleteObjectOutput> erase(std::string_view key) {
    return run(delete_task(delete_input(key)));
  }

  std::size_t blob_count() {
    const auto ids = run(blobs_->list(blob::BlobId(), 100'000));
    EXPECT_TRUE(ids);
    return ids->size();
  }
  /// Runs the reaper until nothing is left to do.
  void reap() {
    for (int i = 0; i < 1000; ++i) {
      const auto pass = run(reaper_->pass(Deadline::never()));
      if (!pass) {
        ASSERT_EQ(pass.error().code, ErrorCode::not_owner) << pass.error().to_string();
        continue;
      }
      if (!pass->more) return;
    }
    FAIL() << "the reaper never ends";
  }
  /// Rows of one kind, in all partitions.
  std::size_t rows_of(table::RowKind kind) { return run(count_rows(kind)); }

 private:
  Task<std::size_t> count_rows(table::RowKind kind) {
    std::size_t count = 0;
    for (const store::PartitionInfo& partition : store_->partitions()) {
      store::ScanRange range;
      range.begin = std::string(1, static_cast<char>(kind));
      range.end = std::string(1, static_cast<char>(static_cast<int>(kind) + 1));
      const store::ScanLimits limits;
      while (true) {
        const Result<store::ScanPage> page = co_await store_->scan(partition.id, range, limits);
        if (!page) continue;  // A lie about the partition: asked again.
        count += page->size();
        if (!page->next) break;
        range = *page->next;
      }
    }
    co_return count;
  }

  const Options options_;
  Simulation simulation_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<table::Tables> tables_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unique_ptr<table::ReadPins> pins_;
  std::unique_ptr<table::Reaper> reaper_;
  std::unique_ptr<S3Service> service_;
  auth::Principal principal_;
};

}  // namespace dyad::s3
