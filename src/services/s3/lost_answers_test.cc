#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "base/bytes.h"
#include "blob/file_blob_store.h"
#include "crypto/digest.h"
#include "runtime/simulation.h"
#include "services/s3/operations.h"
#include "services/s3/test_server.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/item_codec.h"
#include "table/object_codec.h"
#include "table/object_row.h"
#include "table/reaper.h"
#include "table/verify.h"

// Everything that makes, moves and lets go of bytes, at the same time, on a store whose answers get
// lost: whatever is read is whole, and in the end every blob is named by one row and every row's
// blob is there.

namespace dyad::s3 {
namespace {

constexpr std::size_t kInlineLimitBytes = 1000;
constexpr int kClients = 6;
constexpr int kSteps = 40;

/// Now and then a transaction that wrote something answers as if the disk had failed: before it
/// ran, or after it was durable.
class ForgetfulStore final : public store::Store {
 public:
  ForgetfulStore(std::unique_ptr<store::Store> inner, Random& random)
      : inner_(std::move(inner)), random_(random) {}
  bool forgetful = false;

  Task<Result<store::Commit>> transact(std::vector<store::DeclaredKey> declared, store::Body body,
                                       Deadline deadline) override {
    if (forgetful && random_.below(20) == 0) co_return forgotten();
    Result<store::Commit> commit =
        co_await inner_->transact(std::move(declared), std::move(body), deadline);
    const bool wrote = commit && commit->timestamp != Timestamp();
    if (forgetful && wrote && random_.below(10) == 0) co_return forgotten();
    co_return commit;
  }
  Task<Result<std::optional<std::string>>> get(store::PartitionId partition,
                                               std::string_view key) override {
    return inner_->get(partition, key);
  }
  Task<Result<std::vector<std::optional<std::string>>>> get_all(
      store::PartitionId partition, std::vector<std::string> keys) override {
    return inner_->get_all(partition, std::move(keys));
  }
  Task<Result<store::ScanPage>> scan(store::PartitionId partition, const store::ScanRange& range,
                                     const store::ScanLimits& limits) override {
    return inner_->scan(partition, range, limits);
  }
  Task<Result<store::LogPage>> read_log(store::PartitionId partition, Timestamp after,
                                        const store::LogLimits& limits) override {
    return inner_->read_log(partition, after, limits);
  }
  Task<Result<Timestamp>> trim_log(store::PartitionId partition, Timestamp upto) override {
    return inner_->trim_log(partition, upto);
  }
  Task<Result<std::optional<Timestamp>>> cursor(std::string_view follower,
                                                store::PartitionId partition) override {
    return inner_->cursor(follower, partition);
  }
  Timestamp durable_upto() const override { return inner_->durable_upto(); }
  Result<store::PartitionInfo> partition(store::PartitionId id) const override {
    return inner_->partition(id);
  }
  std::vector<store::PartitionInfo> partitions() const override { return inner_->partitions(); }
  store::Traits traits() const override { return inner_->traits(); }
  Task<Result<>> close() override { return inner_->close(); }

 private:
  std::unexpected<Error> forgotten() {
    constexpr ErrorCode codes[] = {ErrorCode::io_error, ErrorCode::no_space, ErrorCode::cancelled,
                                   ErrorCode::deadline_exceeded};
    return fail(codes[random_.below(std::size(codes))], "forgotten");
  }

  const std::unique_ptr<store::Store> inner_;
  Random& random_;
};

class Storm {
 public:
  explicit Storm(std::uint64_t seed)
      : random_(seed),
        simulation_(seed),
        store_(engine(seed), random_),
        tables_(store_, simulation_, codecs()),
        blobs_(*blob::open_file_blob_store(simulation_, "blobs")),
        pins_(store_),
        reaper_(store_, *blobs_, pins_),
        service_(tables_, *blobs_, pins_, options()) {
    principal_.kind = auth::Principal::Kind::root;
  }
  ~Storm() { EXPECT_TRUE(simulation_.run_until(store_.close())); }

  void run() {
    model::CreateBucketInput bucket;
    bucket.bucket = kTestBucket;
    api::RequestContext request = context();
    request.deadline = Deadline::never();
    ASSERT_TRUE(simulation_.run_until(create_bucket(service_, request, bucket)));
    store_.forgetful = true;
    for (int i = 0; i < kClients; ++i) simulation_.executor().spawn(client());
    simulation_.executor().spawn(reap_meanwhile());
    while (clients_left_ > 0) simulation_.run_for_ms(1000);
    simulation_.run_for_ms(60'000);
    store_.forgetful = false;
    EXPECT_GT(whole_reads_, 0);
    // What nobody could tell is settled by the next start.
    const auto blobs = *blob::open_file_blob_store(simulation_, "blobs");
    ASSERT_TRUE(
        simulation_.run_until(table::settle_pending_blobs(tables_, *blobs, Deadline::never())));
    check_rest(*blobs);
    abort_all(*blobs);
    check_rest(*blobs);
  }
  int completed() const { return completed_; }

 private:
  /// Every other one is in several partitions, lies about where rows are and wants things repeated.
  std::unique_ptr<store::Store> engine(std::uint64_t seed) {
    std::unique_ptr<store::Store> engine = store::make_memory_store(simulation_);
    if (seed % 2 == 0) return engine;
    return store::make_hostile_store(std::move(engine), simulation_, seed);
  }
  /// Until the engine tells the truth.
  template <class Make>
  auto insist(const Make& make) {
    auto answer = simulation_.run_until(make());
    for (int i = 0; i < 1000 && !answer && answer.error().code == ErrorCode::not_owner; ++i)
      answer = simulation_.run_until(make());
    return answer;
  }
  static table::RowCodecs codecs() {
    table::RowCodecs codecs;
    codecs.item = std::make_shared<table::ItemCodec>();
    codecs.object = std::make_shared<table::ObjectCodec>();
    return codecs;
  }
  static S3Options options() {
    S3Options options;
    options.inline_limit_bytes = kInlineLimitBytes;
    return options;
  }
  api::RequestContext context(http::BodyReader* body = nullptr) {
    api::RequestContext context;
    context.principal = &principal_;
    context.region = "us-east-1";
    context.account_id = "000000000000";
    context.clock = &simulation_.clock();
    context.deadline = Deadline::never();
    if (random_.below(8) == 0)
      context.deadline =
          Deadline::after_ms(simulation_.clock(), static_cast<std::int64_t>(random_.below(3)));
    context.body = body;
    return context;
  }
  std::string some_key() { return std::string(1, static_cast<char>('a' + random_.below(2))); }
  /// Eight bytes that nobody else writes, again and again.
  std::string some_bytes() {
    std::string token;
    append_le64(token, ++tokens_);
    const std::size_t count = random_.below(3) == 0 ? random_.below(100) : random_.below(20'000);
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += token;
    return bytes;
  }

  template <class Input>
  Input on(std::string key) {
    Input input;
    input.bucket = kTestBucket;
    input.key = std::move(key);
    return input;
  }

  Task<void> wait(std::uint64_t at_most_us) {
    const std::int64_t us = static_cast<std::int64_t>(random_.below(at_most_us));
    co_await SleepUntil(simulation_.clock().steady_us() + us);
  }

  Task<void> client() {
    for (int i = 0; i < kSteps; ++i) co_await step();
    --clients_left_;
  }

  Task<void> step() {
    switch (random_.below(9)) {
      case 0:
      case 1:
        co_return co_await put();
      case 2:
        co_return co_await copy();
      case 3:
        co_return co_await erase();
      case 4:
        co_return co_await tag();
      case 5:
        co_return co_await begin_or_end_upload();
      case 6:
        co_return co_await put_part();
      default:
        co_return co_await get();
    }
  }

  Task<void> put() {
    auto input = on<model::PutObjectInput>(some_key());
    if (random_.below(4) == 0) input.if_none_match = "*";
    PiecewiseBody body(some_bytes(), 50'000);
    api::RequestContext request = context(&body);
    (void)co_await put_object(service_, request, input);
  }
  Task<void> copy() {
    auto input = on<model::CopyObjectInput>(some_key());
    input.copy_source = std::string(kTestBucket) + "/" + some_key();
    input.metadata_directive = "REPLACE";
    api::RequestContext request = context();
    (void)co_await copy_object(service_, request, input);
  }
  Task<void> erase() {
    api::RequestContext request = context();
    auto input = on<model::DeleteObjectInput>(some_key());
    (void)co_await delete_object(service_, request, input);
  }
  Task<void> tag() {
    api::RequestContext request = context();
    auto input = on<model::DeleteObjectTaggingInput>(some_key());
    (void)co_await delete_object_tagging(service_, request, input);
  }

  struct Upload {
    std::string key;
    std::string id;
    std::map<int, std::string> e_tags;
  };
  Task<void> begin_or_end_upload() {
    if (uploads_.empty() || random_.below(3) == 0) {
      auto input = on<model::CreateMultipartUploadInput>(some_key());
      api::RequestContext request = context();
      const auto made = co_await create_multipart_upload(service_, request, input);
      if (made) uploads_.push_back({input.key, *made->upload_id, {}});
      co_return;
    }
    const Upload upload = uploads_[random_.below(uploads_.size())];
    if (upload.e_tags.empty() || random_.below(4) == 0) {
      auto input = on<model::AbortMultipartUploadInput>(upload.key);
      input.upload_id = upload.id;
      api::RequestContext request = context();
      (void)co_await abort_multipart_upload(service_, request, input);
      co_return;
    }
    // One part, which may be as small as it likes; the others are let go of.
    auto input = on<model::CompleteMultipartUploadInput>(upload.key);
    input.upload_id = upload.id;
    input.multipart_upload.emplace();
    model::CompletedPart& part = input.multipart_upload->parts.emplace_back();
    part.part_number = upload.e_tags.begin()->first;
    part.e_tag = upload.e_tags.begin()->second;
    api::RequestContext request = context();
    const auto made = co_await complete_multipart_upload(service_, request, input);
    if (made) ++completed_;
  }
  Task<void> put_part() {
    if (uploads_.empty()) co_return;
    const std::size_t index = random_.below(uploads_.size());
    const int number = static_cast<int>(1 + random_.below(3));
    if (random_.below(3) == 0) {
      auto input = on<model::UploadPartCopyInput>(uploads_[index].key);
      input.upload_id = uploads_[index].id;
      input.part_number = number;
      input.copy_source = std::string(kTestBucket) + "/" + some_key();
      api::RequestContext request = context();
      const auto put = co_await upload_part_copy(service_, request, input);
      if (put) uploads_[index].e_tags[number] = *put->copy_part_result->e_tag;
      co_return;
    }
    auto input = on<model::UploadPartInput>(uploads_[index].key);
    input.upload_id = uploads_[index].id;
    input.part_number = number;
    PiecewiseBody body(some_bytes(), 50'000);
    api::RequestContext request = context(&body);
    const auto put = co_await upload_part(service_, request, input);
    if (put) uploads_[index].e_tags[number] = *put->e_tag;
  }

  Task<void> get() {
    auto input = on<model::GetObjectInput>(some_key());
    api::RequestContext request = context();
    const auto got = co_await get_object(service_, request, input);
    if (!got) {
      const std::string code = code_of(got);
      EXPECT_TRUE(code == "NoSuchKey" || code == "SlowDown" ||
                  got.error().message.ends_with("forgotten") ||
                  got.error().code == ErrorCode::deadline_exceeded)
          << got.error().to_string();
      co_return;
    }
    co_await wait(2000);
    http::BodyReader& body = *request.reply_body;
    const auto bytes = co_await http::read_all(body, 1u << 20);
    if (!bytes) {
      ADD_FAILURE() << bytes.error().to_string();
      co_return;
    }
    EXPECT_EQ(bytes->size(), static_cast<std::size_t>(*got->content_length));
    for (std::size_t at = 8; at < bytes->size(); ++at)
      if ((*bytes)[at] != (*bytes)[at - 8]) {
        ADD_FAILURE() << "bytes of two writes";
        break;
      }
    ++whole_reads_;
  }

  Task<void> reap_meanwhile() {
    while (clients_left_ > 0) {
      (void)co_await reaper_.pass(Deadline::never());
      co_await wait(500);
    }
  }

  void check_rest(blob::BlobStore& blobs) {
    table::VerifyReport report;
    const auto verified = insist([&] {
      report = table::VerifyReport();
      return table::verify_tables(tables_, blobs, report);
    });
    ASSERT_TRUE(verified) << verified.error().to_string();
    for (const std::string& damage : report.damages) ADD_FAILURE() << damage;
  }
  void abort_all(blob::BlobStore& blobs) {
    for (const Upload& upload : uploads_) {
      auto input = on<model::AbortMultipartUploadInput>(upload.key);
      input.upload_id = upload.id;
      api::RequestContext request = context();
      request.deadline = Deadline::never();
      (void)simulation_.run_until(abort_multipart_upload(service_, request, input));
    }
    table::Reaper reaper(store_, blobs, pins_);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(simulation_.run_until(reaper.pass(Deadline::never())));
    EXPECT_EQ(simulation_.run_until(blobs.list(blob::BlobId(), 1000))->size(), blobs_of_objects());
  }

  /// At most one object a key is left.
  std::size_t blobs_of_objects() {
    std::size_t count = 0;
    for (const char* key : {"a", "b"}) {
      const auto row = simulation_.run_until(tables_.get(
          *simulation_.run_until(tables_.find("s3.photos", Deadline::never())),
          table::PrimaryKey{table::Value::string(kTestBucket), table::Value::string(key)},
          Deadline::never()));
      EXPECT_TRUE(row);
      if (!row || !*row) continue;
      const auto bytes = table::decode_object_bytes((*row)->view().private_part);
      EXPECT_TRUE(bytes);
      count += bytes->place == table::ObjectBytes::Place::blob ? 1 : bytes->part_count;
    }
    return count;
  }

  SeededRandom random_;
  Simulation simulation_;
  ForgetfulStore store_;
  table::Tables tables_;
  const std::unique_ptr<blob::BlobStore> blobs_;
  table::ReadPins pins_;
  table::Reaper reaper_;
  S3Service service_;
  auth::Principal principal_;
  std::vector<Upload> uploads_;
  std::uint64_t tokens_ = 0;
  int clients_left_ = kClients;
  int whole_reads_ = 0;
  int completed_ = 0;
};

TEST(LostAnswers, NothingIsLostAndNothingIsLeft) {
  const char* seed_text = std::getenv("DYAD_SEED");
  const std::uint64_t first = seed_text == nullptr ? 1 : std::strtoull(seed_text, nullptr, 10);
  const std::uint64_t runs = seed_text == nullptr ? 30 : 1;
  int completed = 0;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    SCOPED_TRACE("DYAD_SEED=" + std::to_string(seed));
    Storm storm(seed);
    storm.run();
    completed += storm.completed();
    if (::testing::Test::HasFailure()) return;
  }
  if (runs > 1) {
    EXPECT_GT(completed, 0);
  }
}

}  // namespace
}  // namespace dyad::s3
