#include <fmt/format.h>
#include <unistd.h>

#include "list_driver.h"
#include "load.h"
#include "runtime/sync_wait.h"

namespace dyad::bench {
namespace {

/// A peer lists a tenth, for it is the loading that takes long.
std::uint64_t listed_keys(const Options& options, const Server& server) {
  const std::uint64_t keys =
      server.kind == ServerKind::dyad ? options.list_keys : options.list_keys / 10;
  return std::max<std::uint64_t>(kKeysOfPrefix, keys / kKeysOfPrefix * kKeysOfPrefix);
}

Task<Result<std::unique_ptr<ListDriver>>> open_driver(Bed& bed, const Server& server,
                                                      std::string_view bucket, bool delimited) {
  DYAD_CO_TRY_ASSIGN(std::unique_ptr<HttpConnection> connection,
                     co_await HttpConnection::open(bed.reactor, server.target, s3_form()));
  co_return std::make_unique<ListDriver>(std::move(connection), bucket, delimited);
}

/// Walks over the bucket, one after the other, one connection, pages of a thousand.
class ListCase final : public Case {
 public:
  ListCase(CaseInfo info, bool delimited) : Case(std::move(info)), delimited_(delimited) {}

  Result<> prepare(Bed& bed, Server& server) override {
    DYAD_TRY(ensure_bucket(bed, server, kListedBucketName));
    if (server.loaded.insert("listed objects").second) {
      const std::uint64_t keys = listed_keys(bed.options, server);
      bed.progress.say(fmt::format("{}: loading {} keys to list", server.name, keys));
      DYAD_TRY(load_with(bed, server, *make_put_listed(kListedBucketName), keys));
    }
    return sync_wait(bed.reactor, check_a_walk(bed, server));
  }

  Result<Measurement> measure(Bed& bed, Server& server, std::uint32_t) override {
    Measurement measured;
    DYAD_TRY_ASSIGN(measured.phase, sync_wait(bed.reactor, walk(bed, server)));
    return measured;
  }

 private:
  static constexpr std::uint64_t kPageKeys = 1000;

  Task<Result<Phase>> walk(Bed& bed, const Server& server) {
    DYAD_CO_TRY_ASSIGN(std::unique_ptr<ListDriver> driver,
                       co_await open_driver(bed, server, kListedBucketName, delimited_));
    std::vector<std::unique_ptr<Driver>> drivers;
    drivers.push_back(std::move(driver));
    PhasePlan plan = closed_loop(bed.options);
    plan.subject = server.pid;
    DYAD_CO_TRY_ASSIGN(Phase phase, co_await run_phase(bed.reactor, drivers, plan));
    if (phase.errors > 0) co_return fail(ErrorCode::conflict, phase.first_error);
    co_return phase;
  }

  /// One walk that lists everything once, and ends where it should.
  Task<Result<>> check_a_walk(Bed& bed, const Server& server) {
    DYAD_CO_TRY_ASSIGN(std::unique_ptr<ListDriver> driver,
                       co_await open_driver(bed, server, kListedBucketName, delimited_));
    const std::uint64_t keys = listed_keys(bed.options, server);
    const std::uint64_t expected = delimited_ ? keys / kKeysOfPrefix : keys;
    // A server may answer shorter pages than a thousand, but not forever.
    const std::uint64_t max_pages = 2 * (expected / kPageKeys + 1);
    for (std::uint64_t page = 0; page < max_pages; ++page) {
      DYAD_CO_TRY(co_await driver->operate());
      if (driver->at_end()) break;
    }
    if (!driver->at_end() || driver->in_walk() != expected) {
      co_return fail(ErrorCode::conflict, fmt::format("{}: {} listed, {} there", server.name,
                                                      driver->in_walk(), expected));
    }
    co_return Result<>();
  }

  const bool delimited_;
};

/// The first page of a bucket from which everything was deleted: at once, and when the engine had
/// its time.
class DeletedCase final : public Case {
 public:
  using Case::Case;

  Result<Measurement> measure(Bed& bed, Server& server, std::uint32_t) override {
    DYAD_TRY(ensure_bucket(bed, server, kDeletedBucketName));
    const std::uint64_t keys = bed.options.deleted_keys;
    bed.progress.say(fmt::format("{}: writing and deleting {} keys", server.name, keys));
    DYAD_TRY(load_with(bed, server, *make_put_listed(kDeletedBucketName), keys));
    DYAD_TRY(load_with(bed, server, *make_delete_listed(kDeletedBucketName), keys, "deleting"));
    Measurement measured;
    DYAD_TRY_ASSIGN(const double at_once, sync_wait(bed.reactor, first_page_ms(bed, server)));
    measured.facts.push_back({"first page after deletes, at once", "ms", at_once});
    ::usleep(kSettleUs);
    DYAD_TRY_ASSIGN(const double later, sync_wait(bed.reactor, first_page_ms(bed, server)));
    measured.facts.push_back({"first page after deletes, 8 s later", "ms", later});
    return measured;
  }

 private:
  static constexpr useconds_t kSettleUs = 8'000'000;

  Task<Result<double>> first_page_ms(Bed& bed, const Server& server) {
    DYAD_CO_TRY_ASSIGN(std::unique_ptr<ListDriver> driver,
                       co_await open_driver(bed, server, kDeletedBucketName, false));
    const std::int64_t began_us = bed.reactor.clock().steady_us();
    DYAD_CO_TRY(co_await driver->operate());
    const std::int64_t took_us = bed.reactor.clock().steady_us() - began_us;
    if (driver->units() != 0) co_return fail(ErrorCode::conflict, "deleted keys are listed");
    co_return static_cast<double>(took_us) / 1000;
  }
};

CaseInfo info_of(std::string name, std::string unit, unsigned kinds, bool once = false) {
  CaseInfo info;
  info.name = std::move(name);
  info.group = "list";
  info.unit = std::move(unit);
  info.kinds = kinds;
  info.once = once;
  return info;
}

}  // namespace

void add_list_cases(Cases& cases) {
  const unsigned both = ServerKind::dyad | ServerKind::minio;
  cases.push_back(std::make_unique<ListCase>(info_of("ListObjectsV2", "keys", both), false));
  cases.push_back(
      std::make_unique<ListCase>(info_of("ListObjectsV2+delimiter", "prefixes", both), true));
  cases.push_back(std::make_unique<DeletedCase>(
      info_of("deletes", "", static_cast<unsigned>(ServerKind::dyad), true)));
}

}  // namespace dyad::bench
