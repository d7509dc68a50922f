#include "store/hostile/hostile_store.h"

#include <utility>

#include "store/hostile/hostile_transaction.h"
#include "store/hostile/malice.h"

namespace dyad::store {
namespace {

Error lie() {
  return Error(ErrorCode::not_owner, "not the owner, says the hostile store");
}

class HostileStore final : public Store {
 public:
  HostileStore(std::unique_ptr<Store> inner, Runtime& runtime, std::uint64_t seed,
               HostileOptions options)
      : inner_(std::move(inner)), malice_(runtime, seed, options) {
    traits_.initial_partitions = static_cast<std::uint32_t>(3 + seed % 3);
  }

  Task<Result<Commit>> transact(std::vector<DeclaredKey> declared, Body body,
                                Deadline deadline) override {
    HostileRuns runs;
    const Body hostile = [this, &body, &runs](Transaction& inner) -> Task<Result<>> {
      return run(inner, body, runs);
    };
    co_await malice_.wander();
    Result<Commit> result = co_await inner_->transact(std::move(declared), hostile, deadline);
    co_await malice_.wander();
    co_return std::move(result);
  }

  Task<Result<std::optional<std::string>>> get(PartitionId partition,
                                               std::string_view key) override {
    if (malice_.lies_about(partition)) co_return fail(lie());
    co_await malice_.wander();
    Result<std::optional<std::string>> value = co_await inner_->get(partition, key);
    co_await malice_.wander();
    co_return std::move(value);
  }

  Task<Result<std::vector<std::optional<std::string>>>> get_all(
      PartitionId partition, std::vector<std::string> keys) override {
    if (malice_.lies_about(partition)) co_return fail(lie());
    co_await malice_.wander();
    co_return co_await inner_->get_all(partition, std::move(keys));
  }

  Task<Result<ScanPage>> scan(PartitionId partition, const ScanRange& range,
                              const ScanLimits& limits) override {
    if (malice_.lies_about(partition)) co_return fail(lie());
    co_await malice_.wander();
    const std::optional<ScanLimits> cut = meagre(malice_, limits);
    if (cut) co_return co_await inner_->scan(partition, range, *cut);
    // An error stays an error.
    ScanLimits one = limits;
    one.rows = 1;
    DYAD_CO_TRY(co_await inner_->scan(partition, range, one));
    ScanPage page;
    page.next = range;
    co_return std::move(page);
  }

  Task<Result<LogPage>> read_log(PartitionId partition, Timestamp after,
                                 const LogLimits& limits) override {
    co_await malice_.wander();
    LogLimits one = limits;
    one.entries = 1;
    DYAD_CO_TRY_ASSIGN(LogPage page, co_await inner_->read_log(partition, after, one));
    co_await malice_.wander();
    if (malice_.roll(malice_.options().empty_page_one_in)) {
      page = LogPage();
      page.complete_upto = after;
    }
    co_return std::move(page);
  }

  Task<Result<Timestamp>> trim_log(PartitionId partition, Timestamp upto) override {
    co_await malice_.wander();
    co_return co_await inner_->trim_log(partition, upto);
  }

  Task<Result<std::optional<Timestamp>>> cursor(std::string_view follower,
                                                PartitionId partition) override {
    co_await malice_.wander();
    co_return co_await inner_->cursor(follower, partition);
  }

  Timestamp durable_upto() const override { return inner_->durable_upto(); }
  Result<PartitionInfo> partition(PartitionId id) const override { return inner_->partition(id); }
  std::vector<PartitionInfo> partitions() const override { return inner_->partitions(); }
  Traits traits() const override { return traits_; }
  Task<Result<>> close() override { return inner_->close(); }

 private:
  Task<Result<>> run(Transaction& inner, const Body& body, HostileRuns& runs) {
    HostileTransaction transaction(inner, malice_, runs);
    Result<> outcome = co_await body(transaction);
    co_await malice_.wander();
    if (!outcome) co_return std::move(outcome);
    if (transaction.said_retry()) {
      co_return fail(ErrorCode::retry, "the body overlooked a retry");
    }
    if (runs.forced_left > 0 && malice_.roll(malice_.options().rerun_one_in)) {
      --runs.forced_left;
      co_return fail(ErrorCode::retry, "run again, says the hostile store");
    }
    co_return Result<>();
  }

  const std::unique_ptr<Store> inner_;
  Malice malice_;
  Traits traits_;
};

}  // namespace

std::unique_ptr<Store> make_hostile_store(std::unique_ptr<Store> inner, Runtime& runtime,
                                          std::uint64_t seed, HostileOptions options) {
  return std::make_unique<HostileStore>(std::move(inner), runtime, seed, options);
}

}  // namespace dyad::store
