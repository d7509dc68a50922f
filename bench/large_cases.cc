#include <fmt/format.h>

#include <algorithm>

#include "crypto/digest.h"
#include "http_setup.h"
#include "load.h"
#include "machine_rates.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

constexpr std::size_t kLargeBytes = 64u << 20;
constexpr std::size_t kPartBytes = 16u << 20;
constexpr std::uint32_t kPartStreams = 8;
/// Objects sent or read in a round.
constexpr std::uint64_t kLargeOperations = 8;
/// Of those one after the other, so many names: each is replaced while the next is written.
constexpr std::uint64_t kLargeNames = 2;
constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";

std::string large_content(const TextPool& pool) {
  std::string content;
  content.reserve(kLargeBytes);
  for (std::uint64_t i = 0; content.size() < kLargeBytes; ++i) {
    const std::size_t piece =
        std::min<std::size_t>(TextPool::kBytes / 2, kLargeBytes - content.size());
    content.append(pool.cut(i * 7919, piece));
  }
  return content;
}

HttpRequest large_request(std::string_view method, std::uint64_t number) {
  HttpRequest request;
  request.method = method;
  request.target = fmt::format("/{}/large-{}.bin", kLargeBucketName, number % kLargeNames);
  return request;
}

class LargeDriver final : public Driver {
 public:
  /// `content` empty: reads. `hash`: what is signed.
  LargeDriver(std::unique_ptr<HttpConnection> connection, std::string_view content,
              std::string_view hash)
      : connection_(std::move(connection)), content_(content), hash_(hash) {}

  Task<Result<>> operate() override {
    HttpRequest request = large_request(content_.empty() ? "GET" : "PUT", number_++);
    request.shared_body = content_;
    if (!content_.empty()) request.payload_hash = hash_;
    DYAD_CO_TRY_ASSIGN(const std::uint64_t bytes,
                       co_await connection_->exchange_long(request, answer_));
    if (answer_.status != 200 || (content_.empty() && bytes != kLargeBytes))
      co_return fail(unexpected_answer(answer_.status, answer_.body()));
    co_return Result<>();
  }
  std::uint64_t units() const override { return kLargeBytes; }

 private:
  std::unique_ptr<HttpConnection> connection_;
  const std::string_view content_;
  const std::string_view hash_;
  std::uint64_t number_ = 0;
  HttpAnswer answer_;
};

/// 64 MiB objects over one connection, one after the other.
class LargeCase final : public Case {
 public:
  enum class Kind : std::uint8_t { get, put, put_hashed };
  LargeCase(CaseInfo info, Kind kind) : Case(std::move(info)), kind_(kind) {}

  Result<> prepare(Bed& bed, Server& server) override {
    DYAD_TRY(ensure_bucket(bed, server, kLargeBucketName));
    if (content_.empty()) {
      content_ = large_content(bed.pool);
      const auto hash = crypto::sha256_hex(content_);
      hash_.assign(hash.begin(), hash.end());
    }
    if (kind_ != Kind::get || !server.loaded.insert("large objects").second) return {};
    DYAD_TRY(sync_wait(bed.reactor, run(bed, server, content_, kLargeNames)));
    return {};
  }

  Result<Measurement> measure(Bed& bed, Server& server, std::uint32_t) override {
    const std::string_view content = kind_ == Kind::get ? std::string_view() : content_;
    Measurement measured;
    DYAD_TRY_ASSIGN(measured.phase,
                    sync_wait(bed.reactor, run(bed, server, content, kLargeOperations)));
    return measured;
  }

 private:
  Task<Result<Phase>> run(Bed& bed, const Server& server, std::string_view content,
                          std::uint64_t operations) {
    DYAD_CO_TRY_ASSIGN(std::unique_ptr<HttpConnection> connection,
                       co_await HttpConnection::open(bed.reactor, server.target, s3_form()));
    std::vector<std::unique_ptr<Driver>> drivers;
    const std::string_view hash = kind_ == Kind::put_hashed ? std::string_view(hash_) : kUnsigned;
    drivers.push_back(std::make_unique<LargeDriver>(std::move(connection), content, hash));
    const PhasePlan plan = counted(bed, server, operations, info().name);
    DYAD_CO_TRY_ASSIGN(Phase phase, co_await run_phase(bed.reactor, drivers, plan));
    if (phase.errors > 0) co_return fail(ErrorCode::conflict, phase.first_error);
    co_return phase;
  }

  const Kind kind_;
  std::string content_;
  std::string hash_;
};

/// The parts of one upload, shared by its streams.
struct Upload {
  std::string target;  ///< Up to "uploadId=".
  std::string_view content;
  std::uint32_t next_part = 1;
  std::vector<std::string> etags;
};

class PartDriver final : public Driver {
 public:
  PartDriver(std::unique_ptr<HttpConnection> connection, Upload& upload)
      : connection_(std::move(connection)), upload_(upload) {}

  Task<Result<>> operate() override {
    const std::uint32_t part = upload_.next_part++;
    HttpRequest request;
    request.method = "PUT";
    const std::size_t question = upload_.target.find('?');
    request.target = fmt::format("{}?partNumber={}&{}", upload_.target.substr(0, question), part,
                                 upload_.target.substr(question + 1));
    request.shared_body = upload_.content;
    request.payload_hash = kUnsigned;
    DYAD_CO_TRY(co_await connection_->exchange(request, answer_));
    if (answer_.status != 200 || answer_.etag.empty())
      co_return fail(unexpected_answer(answer_.status, answer_.body()));
    upload_.etags[part - 1] = answer_.etag;
    co_return Result<>();
  }
  std::uint64_t units() const override { return kPartBytes; }

 private:
  std::unique_ptr<HttpConnection> connection_;
  Upload& upload_;
  HttpAnswer answer_;
};

/// One object in parts of 16 MiB over eight connections: from its begin to its completion.
class MultipartCase final : public Case {
 public:
  using Case::Case;

  Result<> prepare(Bed& bed, Server& server) override {
    content_ = large_content(bed.pool).substr(0, kPartBytes);
    return ensure_bucket(bed, server, kLargeBucketName);
  }

  Result<Measurement> measure(Bed& bed, Server& server, std::uint32_t) override {
    Measurement measured;
    DYAD_TRY_ASSIGN(measured.phase, sync_wait(bed.reactor, upload(bed, server)));
    return measured;
  }

 private:
  Task<Result<Phase>> upload(Bed& bed, const Server& server) {
    const std::uint64_t parts =
        std::max<std::uint64_t>(1, bed.options.multipart_mib * (1u << 20) / kPartBytes);
    Upload upload;
    upload.content = content_;
    upload.etags.resize(parts);
    std::vector<std::unique_ptr<Driver>> drivers;
    for (std::uint32_t i = 0; i < kPartStreams; ++i) {
      DYAD_CO_TRY_ASSIGN(std::unique_ptr<HttpConnection> connection,
                         co_await HttpConnection::open(bed.reactor, server.target, s3_form()));
      drivers.push_back(std::make_unique<PartDriver>(std::move(connection), upload));
    }
    DYAD_CO_TRY_ASSIGN(const Stopwatch watch, Stopwatch::start(bed.reactor.clock(), server.pid));
    DYAD_CO_TRY(co_await create(bed, server, upload));
    const PhasePlan plan = counted(bed, server, parts, info().name);
    DYAD_CO_TRY_ASSIGN(Phase phase, co_await run_phase(bed.reactor, drivers, plan));
    if (phase.errors > 0) co_return fail(ErrorCode::conflict, phase.first_error);
    DYAD_CO_TRY(co_await complete(bed, server, upload));
    DYAD_CO_TRY(watch.stop(phase));
    co_return phase;
  }

  Task<Result<>> create(Bed& bed, const Server& server, Upload& upload) {
    HttpRequest request;
    request.method = "POST";
    request.target = fmt::format("/{}/multipart.bin?uploads=", kLargeBucketName);
    DYAD_CO_TRY_ASSIGN(const HttpAnswer answer,
                       co_await ask_once(bed.reactor, server.target, s3_form(), request));
    constexpr std::string_view tag = "<UploadId>";
    const std::size_t begin = answer.body().find(tag);
    const std::size_t end = answer.body().find("</UploadId>");
    if (answer.status != 200 || end == std::string_view::npos || begin > end)
      co_return fail(unexpected_answer(answer.status, answer.body()));
    const std::size_t from = begin + tag.size();
    upload.target = fmt::format("/{}/multipart.bin?uploadId={}", kLargeBucketName,
                                answer.body().substr(from, end - from));
    co_return Result<>();
  }

  Task<Result<>> complete(Bed& bed, const Server& server, Upload& upload) {
    HttpRequest request;
    request.method = "POST";
    request.target = upload.target;
    request.body = "<CompleteMultipartUpload>";
    for (std::size_t i = 0; i < upload.etags.size(); ++i)
      request.body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1,
                                  upload.etags[i]);
    request.body += "</CompleteMultipartUpload>";
    DYAD_CO_TRY_ASSIGN(const HttpAnswer answer,
                       co_await ask_once(bed.reactor, server.target, s3_form(), request));
    if (answer.status != 200 || answer.body().find("<Error>") != std::string_view::npos)
      co_return fail(unexpected_answer(answer.status, answer.body()));
    co_return Result<>();
  }

  std::string content_;
};

/// What the machine can do, in the same round as what stands beside it.
class MachineCase final : public Case {
 public:
  using Case::Case;

  Result<Measurement> measure(Bed& bed, Server&, std::uint32_t) override {
    Measurement measured;
    measured.facts.push_back({"machine: MD5, one stream", "MB/s", md5_mb_per_s()});
    measured.facts.push_back({"machine: SHA-256, one stream", "MB/s", sha256_mb_per_s()});
    DYAD_TRY_ASSIGN(const double disk, durable_write_mb_per_s(bed.scratch));
    measured.facts.push_back({"machine: disk, durable writes", "MB/s", disk});
    return measured;
  }
};

CaseInfo info_of(std::string name, std::string unit, unsigned kinds) {
  CaseInfo info;
  info.name = std::move(name);
  info.group = "large";
  info.unit = std::move(unit);
  info.kinds = kinds;
  return info;
}

}  // namespace

void add_large_cases(Cases& cases) {
  const unsigned both = ServerKind::dyad | ServerKind::minio;
  cases.push_back(std::make_unique<MachineCase>(
      info_of("machine", "", static_cast<unsigned>(ServerKind::dyad))));
  const auto add = [&](std::string name, LargeCase::Kind kind) {
    cases.push_back(std::make_unique<LargeCase>(info_of(std::move(name), "bytes", both), kind));
  };
  add("PutObject 64 MiB", LargeCase::Kind::put);
  add("PutObject 64 MiB hash signed", LargeCase::Kind::put_hashed);
  add("GetObject 64 MiB", LargeCase::Kind::get);
  cases.push_back(std::make_unique<MultipartCase>(info_of("multipart", "bytes", both)));
}

}  // namespace dyad::bench
