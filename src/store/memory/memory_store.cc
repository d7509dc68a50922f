#include "store/memory/memory_store.h"

#include <iterator>
#include <utility>

#include "runtime/executor.h"
#include "store/local_store.h"
#include "store/memory/memory_state.h"

namespace dyad::store {
namespace {

class MemoryCursor final : public BaseCursor {
 public:
  explicit MemoryCursor(const MemoryState::Rows& rows) : rows_(rows), at_(rows.end()) {}

  void seek(std::string_view key) override { at_ = rows_.lower_bound(key); }
  void seek_before(std::string_view key) override {
    at_ = rows_.lower_bound(key);
    previous();
  }
  void next() override { ++at_; }
  void previous() override { at_ = at_ == rows_.begin() ? rows_.end() : std::prev(at_); }
  bool valid() const override { return at_ != rows_.end(); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return at_->second; }
  Result<> status() const override { return {}; }

 private:
  const MemoryState::Rows& rows_;
  MemoryState::Rows::const_iterator at_;
};

/// Holds commits off while it lives: from the moment it was taken to the end of the walk, which
/// follows at once on the same thread.
class MemorySnapshot final : public BaseSnapshot {
 public:
  explicit MemorySnapshot(const MemoryState& state) : state_(state), lock_(state.mutex) {}

  Task<Result<ScanPage>> walk(const Walk& walk) override {
    MemoryCursor cursor(state_.rows);
    Result<ScanPage> page = walk(cursor);
    lock_.unlock();
    co_return std::move(page);
  }

 private:
  const MemoryState& state_;
  std::shared_lock<std::shared_mutex> lock_;
};

class MemoryBackend final : public Backend {
 public:
  MemoryBackend(Runtime& runtime, MemoryOptions options)
      : runtime_(runtime), options_(std::move(options)), state_(*options_.state) {}

  Task<Result<std::optional<std::string>>> read(std::string_view physical) override {
    const std::shared_lock lock(state_.mutex);
    co_return value_of(physical);
  }

  Task<Result<std::vector<std::optional<std::string>>>> read_all(
      std::span<const std::string> physical) override {
    std::vector<std::optional<std::string>> values;
    values.reserve(physical.size());
    const std::shared_lock lock(state_.mutex);
    for (const std::string& key : physical) values.push_back(value_of(key));
    co_return std::move(values);
  }

  std::unique_ptr<BaseSnapshot> snapshot() override {
    return std::make_unique<MemorySnapshot>(state_);
  }

  Result<> admit(std::size_t bytes, bool frees) override {
    if (!frees && state_.bytes.load() + bytes > options_.capacity_bytes) {
      return fail(ErrorCode::no_space, "the memory store's capacity is reached");
    }
    return {};
  }

  CommitLine* commit_line() override { return options_.commit_line.get(); }

  Task<Result<>> commit(const CommitBatch& batch) override {
    if (options_.commit_delay_us > 0) {
      co_await SleepUntil(runtime_.clock().steady_us() + options_.commit_delay_us);
    }
    if (options_.flush) DYAD_CO_TRY(options_.flush());
    state_.apply(batch);
    co_return Result<>();
  }

  void reclaim(const PartitionRecord& dropped) override { state_.reclaim(dropped); }

  Task<Result<LogEntries>> read_log(PartitionId partition, Timestamp after, Timestamp upto,
                                    const LogLimits& limits) override {
    co_return state_.read_log(partition, after, upto, limits);
  }

  Task<Result<>> trim_log(PartitionId partition, Timestamp upto) override {
    state_.trim_log(partition, upto);
    co_return Result<>();
  }

  Task<Result<>> close(Timestamp ceiling) override {
    const std::unique_lock lock(state_.mutex);
    state_.ceiling = ceiling;
    co_return Result<>();
  }

 private:
  std::optional<std::string> value_of(std::string_view physical) const {
    const auto at = state_.rows.find(physical);
    if (at == state_.rows.end()) return std::nullopt;
    return at->second;
  }

  Runtime& runtime_;
  const MemoryOptions options_;
  MemoryState& state_;
};

}  // namespace

std::shared_ptr<MemoryState> make_memory_state() {
  return std::make_shared<MemoryState>();
}

std::unique_ptr<Store> make_memory_store(Runtime& runtime, MemoryOptions options) {
  if (!options.state) options.state = make_memory_state();
  Recovered recovered = options.state->recovered();
  return std::make_unique<LocalStore>(
      runtime, std::make_unique<MemoryBackend>(runtime, std::move(options)), std::move(recovered));
}

}  // namespace dyad::store
