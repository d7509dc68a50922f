#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/operation.h"

namespace dyad::gateway {

/// Counts of one operation. Relaxed atomics: a request costs three additions.
struct OperationCounts {
  /// Upper bounds of the latency buckets, in microseconds; one more bucket takes the rest.
  static constexpr std::array<std::int64_t, 14> kBucketsUs = {
      100,    250,    500,     1000,    2500,    5000,      10'000,
      25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 5'000'000};

  const protocol::Operation* operation = nullptr;
  std::array<std::atomic<std::uint64_t>, 6> by_status_class{};  ///< [2]: 2xx ... [5]: 5xx.
  std::array<std::atomic<std::uint64_t>, kBucketsUs.size() + 1> latency{};
  std::atomic<std::uint64_t> latency_sum_us{0};
};

/// What /metrics tells, in the Prometheus text format. Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  void count(const protocol::Operation* operation, int status, std::int64_t took_us);
  using GaugeLabels = std::vector<std::pair<std::string, std::string>>;
  /// A number that is asked for at every scrape. Before the first request.
  void add_gauge(std::string name, std::string help, std::function<double()> read,
                 GaugeLabels labels = {});

  std::string render() const;

 private:
  struct Gauge {
    std::string name;
    std::string help;
    std::function<double()> read;
    GaugeLabels labels;
  };
  /// By service, then Operation::index; the last of each: not an operation.
  struct Service {
    std::string_view name;
    std::vector<std::unique_ptr<OperationCounts>> operations;
  };
  OperationCounts& counts_of(const protocol::Operation* operation);

  std::vector<Service> services_;
  OperationCounts other_;
  std::vector<Gauge> gauges_;
};

}  // namespace dyad::gateway
