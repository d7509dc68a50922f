#include "gateway/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <span>
#include <sstream>

#include "api/dynamodb/operations.h"
#include "api/s3/operations.h"
#include "api/sts/operations.h"

namespace dyad::gateway {
namespace {

std::vector<std::unique_ptr<OperationCounts>> counts_for(
    std::span<const protocol::Operation* const> operations) {
  std::vector<std::unique_ptr<OperationCounts>> counts(operations.size());
  for (const protocol::Operation* operation : operations) {
    counts[operation->index] = std::make_unique<OperationCounts>();
    counts[operation->index]->operation = operation;
  }
  return counts;
}

using Labels = std::vector<prometheus::ClientMetric::Label>;

void add_requests(prometheus::MetricFamily& family, const OperationCounts& counts,
                  const Labels& labels) {
  for (std::size_t status = 1; status < counts.by_status_class.size(); ++status) {
    const std::uint64_t count = counts.by_status_class[status].load(std::memory_order_relaxed);
    if (count == 0) continue;
    prometheus::ClientMetric metric;
    metric.label = labels;
    metric.label.push_back({"status", std::to_string(status) + "xx"});
    metric.counter.value = static_cast<double>(count);
    family.metric.push_back(std::move(metric));
  }
}

void add_latency(prometheus::MetricFamily& family, const OperationCounts& counts,
                 const Labels& labels) {
  prometheus::ClientMetric metric;
  metric.label = labels;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts.latency.size(); ++i) {
    total += counts.latency[i].load(std::memory_order_relaxed);
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = total;
    bucket.upper_bound = i < OperationCounts::kBucketsUs.size()
                             ? static_cast<double>(OperationCounts::kBucketsUs[i]) / 1e6
                             : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back(bucket);
  }
  if (total == 0) return;
  metric.histogram.sample_count = total;
  metric.histogram.sample_sum =
      static_cast<double>(counts.latency_sum_us.load(std::memory_order_relaxed)) / 1e6;
  family.metric.push_back(std::move(metric));
}

}  // namespace

Metrics::Metrics() {
  services_.push_back({api::s3::kService.name, counts_for(api::s3::operations())});
  services_.push_back({api::dynamodb::kService.name, counts_for(api::dynamodb::operations())});
  services_.push_back({api::sts::kService.name, counts_for(api::sts::operations())});
}

Metrics::~Metrics() = default;

OperationCounts& Metrics::counts_of(const protocol::Operation* operation) {
  if (operation == nullptr) return other_;
  for (Service& service : services_)
    if (service.name == operation->service->name) return *service.operations[operation->index];
  return other_;
}

void Metrics::count(const protocol::Operation* operation, int status, std::int64_t took_us) {
  OperationCounts& counts = counts_of(operation);
  const std::size_t status_class = std::clamp(status / 100, 0, 5);
  counts.by_status_class[status_class].fetch_add(1, std::memory_order_relaxed);
  const auto& bounds = OperationCounts::kBucketsUs;
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), took_us) - bounds.begin();
  counts.latency[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  counts.latency_sum_us.fetch_add(static_cast<std::uint64_t>(took_us), std::memory_order_relaxed);
}

void Metrics::add_gauge(std::string name, std::string help, std::function<double()> read,
                        GaugeLabels labels) {
  gauges_.push_back({std::move(name), std::move(help), std::move(read), std::move(labels)});
}

std::string Metrics::render() const {
  std::vector<prometheus::MetricFamily> families(2);
  families[0].name = "dyad_requests_total";
  families[0].help = "Requests answered, by service, operation and class of status.";
  families[0].type = prometheus::MetricType::Counter;
  families[1].name = "dyad_request_seconds";
  families[1].help = "Time from a request's head to the end of its answer.";
  families[1].type = prometheus::MetricType::Histogram;
  const auto add = [&](const OperationCounts& counts, std::string_view service,
                       std::string_view operation) {
    const Labels labels = {{"service", std::string(service)},
                           {"operation", std::string(operation)}};
    add_requests(families[0], counts, labels);
    add_latency(families[1], counts, labels);
  };
  for (const Service& service : services_)
    for (const auto& counts : service.operations)
      add(*counts, service.name, counts->operation->name);
  add(other_, "none", "none");

  for (const Gauge& gauge : gauges_) {
    prometheus::MetricFamily family;
    family.name = gauge.name;
    family.help = gauge.help;
    family.type = prometheus::MetricType::Gauge;
    prometheus::ClientMetric metric;
    metric.gauge.value = gauge.read();
    for (const auto& [label, value] : gauge.labels) metric.label.push_back({label, value});
    family.metric.push_back(metric);
    families.push_back(std::move(family));
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace dyad::gateway
