#include "store/embedded/compaction_rate.h"

namespace dyad::store::embedded {
namespace {

class CompactionRateLimiter final : public rocksdb::RateLimiter {
 public:
  explicit CompactionRateLimiter(std::int64_t bytes_per_second)
      : limited_(rocksdb::NewGenericRateLimiter(bytes_per_second)) {}

  void SetBytesPerSecond(std::int64_t bytes) override { limited_->SetBytesPerSecond(bytes); }
  using rocksdb::RateLimiter::Request;
  void Request(const std::int64_t bytes, const rocksdb::Env::IOPriority priority,
               rocksdb::Statistics* statistics) override {
    if (priority == rocksdb::Env::IO_LOW) limited_->Request(bytes, priority, statistics);
  }
  std::int64_t GetSingleBurstBytes() const override { return limited_->GetSingleBurstBytes(); }
  std::int64_t GetTotalBytesThrough(const rocksdb::Env::IOPriority priority) const override {
    return limited_->GetTotalBytesThrough(priority);
  }
  std::int64_t GetTotalRequests(const rocksdb::Env::IOPriority priority) const override {
    return limited_->GetTotalRequests(priority);
  }
  std::int64_t GetBytesPerSecond() const override { return limited_->GetBytesPerSecond(); }

 private:
  std::unique_ptr<rocksdb::RateLimiter> limited_;
};

}  // namespace

std::shared_ptr<rocksdb::RateLimiter> make_compaction_rate_limiter(std::uint64_t bytes_per_second) {
  return std::make_shared<CompactionRateLimiter>(static_cast<std::int64_t>(bytes_per_second));
}

}  // namespace dyad::store::embedded
